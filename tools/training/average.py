"""An average of a model's weights over the last steps (Polyak's), beside the ones that learn."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import tensorflow as tf


class Average:
    """Follows the variables of a model, and can stand in for them."""

    def __init__(self, variables: Sequence[Any], memory: float) -> None:
        """Follow ``variables``; ``memory`` is the share of the average that stays at each step."""
        self._followed = [v for v in variables if v.dtype.startswith("float")]
        self._averages = [tf.Variable(v.value, trainable=False) for v in self._followed]
        self._steps = tf.Variable(0.0, trainable=False)
        self._memory = float(memory)

    @property
    def variables(self) -> list[Any]:
        """What a checkpoint must hold."""
        return [*self._averages, self._steps]

    def update(self) -> None:
        """Take one step's weights in. Early steps count more, so that the beginning is soon forgotten."""
        self._steps.assign_add(1.0)
        memory = tf.minimum(self._memory, self._steps / (self._steps + 10.0))
        for average, followed in zip(self._averages, self._followed, strict=True):
            average.assign(memory * average + (1.0 - memory) * followed.value)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Within, the model has the averaged weights."""
        learning = [variable.numpy() for variable in self._followed]
        for average, followed in zip(self._averages, self._followed, strict=True):
            followed.assign(average)
        try:
            yield
        finally:
            for value, followed in zip(learning, self._followed, strict=True):
                followed.assign(value)
