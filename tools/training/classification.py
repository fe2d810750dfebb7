"""Learning from labels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tools.training.sources import Source, batches

_EVALUATION_BATCH: Final = 64
_TEMPERATURES: Final = np.arange(0.5, 4, 0.1)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A source and the class of each of its arrays (int64).

    Attributes:
        source: the arrays.
        labels: their classes.
        views: how many views of each to validate on; more of them tell two epochs apart more surely.
    """

    source: Source
    labels: NDArray[np.int64]
    views: int = 1


class Classification:
    """The task of finding an array's class; answers are logits."""

    verdict = "right"

    def __init__(
        self,
        train: Labelled,
        validation: Labelled,
        *,
        class_weights: Sequence[float],
        label_smoothing: float = 0.0,
    ) -> None:
        """State the task.

        Args:
            train: what is learnt from.
            validation: what is not.
            class_weights: what a mistake on each class costs.
            label_smoothing: the share of certainty taken from the true class.
        """
        self._train, self._validation = train, validation
        self._class_weights = np.asarray(class_weights, np.float32)
        self._loss = keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=label_smoothing, reduction=None
        )

    def __len__(self) -> int:
        return len(self._train.labels)

    @property
    def total_weight(self) -> float:
        return float(self._class_weights[self._train.labels].sum())

    def batches(self, indices: NDArray[np.int64], views: NDArray[np.int64], *, batch: int) -> tf.data.Dataset:
        arrays = batches(self._train.source, indices, views, batch=batch)
        labels = tf.data.Dataset.from_tensor_slices(self._train.labels[indices]).batch(batch)
        return tf.data.Dataset.zip(arrays, labels)

    def losses(self, answers: Any, targets: Any) -> Any:
        one_hot = tf.one_hot(targets, len(self._class_weights))
        return self._loss(one_hot, answers) * tf.gather(self._class_weights, targets)

    def validate(self, answers: Callable[[Any], Any]) -> tuple[float, float]:
        """Mean log loss over all views, and accuracy on the plain ones.

        Each class weighs the same as in training. The loss is taken at the temperature at which it is
        least: a network grows too sure of itself long before it stops judging better.
        """
        validation = self._validation
        count = len(validation.labels)
        indices, labels = (np.tile(a, validation.views) for a in (np.arange(count), validation.labels))
        views = np.repeat(np.arange(validation.views), count)
        arrays = batches(validation.source, indices, views, batch=_EVALUATION_BATCH)
        logits = np.concatenate([answers(batch).numpy() for batch in arrays]).astype(np.float64)
        weights = self._class_weights[labels]
        loss = min(_log_loss(logits / warmth, labels, weights) for warmth in _TEMPERATURES)
        plain_are_right = logits[:count].argmax(axis=1) == validation.labels
        return loss, float(plain_are_right.mean())


def _log_loss(logits: NDArray[Any], labels: NDArray[np.int64], weights: NDArray[Any]) -> float:
    logits = logits - logits.max(axis=1, keepdims=True)
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(labels)), labels]
    return float(np.average(losses, weights=weights))
