"""What quantising cost: the float network and the door's integer one on the same pictures."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from petdoor.adapters.classifier import TFLiteClassifier
from petdoor.errors import ModelError
from petdoor.pictures import Picture

Floats: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Parity:
    """Float against integer.

    Attributes:
        pictures: how many were compared.
        agreement: the share on which both find the same class most probable.
        shared_probability: the share of probability both put on the same classes, on average.
        float_accuracy, integer_accuracy: the share each judges rightly.
        float_bytes, integer_bytes: what the weights and the file weigh.
    """

    pictures: int
    agreement: float
    shared_probability: float
    float_accuracy: float
    integer_accuracy: float
    float_bytes: int
    integer_bytes: int

    @property
    def drop_points(self) -> float:
        """How many of a hundred pictures quantising costs; below zero where it helps."""
        return 100 * (self.float_accuracy - self.integer_accuracy)

    def check(self, max_drop: float) -> None:
        """Refuse a drop above ``max_drop`` points.

        Raises:
            ModelError: it is larger.
        """
        # Of few pictures a single one is more than a point, and no more than chance.
        is_more_than_one = self.drop_points * self.pictures > 150
        if is_more_than_one and not self.drop_points <= max_drop:
            raise ModelError(
                f"quantising costs {self.drop_points:.1f} points of accuracy on {self.pictures} pictures, "
                f"more than --max-drop {max_drop:g}: nothing was written. More and more varied "
                "pictures to calibrate with may help"
            )

    def in_words(self) -> str:
        """One line for a person."""
        return (
            f"{self.agreement:.1%} of {self.pictures} pictures judged as by the float network; "
            f"right {self.integer_accuracy:.1%}, float {self.float_accuracy:.1%}; "
            f"{self.integer_bytes / 1e6:.1f} MB, float {self.float_bytes / 1e6:.1f} MB"
        )


def by_both(
    model: keras.Model, classifier: TFLiteClassifier, pictures: Iterable[Picture]
) -> tuple[Floats, Floats]:
    """Class probabilities of each picture, by the float network and by the door's classifier.

    Args:
        model: raw RGB 0..255 in, logits out.
        classifier: the door's own, with the quantised model.
        pictures: of the model's input size; one at a time is held.
    """
    # As one graph a network of many small layers is several times faster.
    run = tf.function(lambda pixels: keras.ops.softmax(model(pixels, training=False)))
    rows = [(_judged_by(run, picture), classifier.probabilities(picture)) for picture in pictures]
    expected, judged = zip(*rows, strict=True)
    return np.array(expected, np.float32), np.array(judged, np.float32)


def compare(
    expected: Floats,
    judged: Floats,
    *,
    truths: Sequence[int],
    float_bytes: int,
    integer_bytes: int,
) -> Parity:
    """How alike the probabilities of ``by_both`` are, and how right."""
    tops = expected.argmax(axis=1), judged.argmax(axis=1)
    right = [float((top == np.asarray(truths)).mean()) for top in tops]
    return Parity(
        pictures=len(judged),
        agreement=float((tops[0] == tops[1]).mean()),
        shared_probability=shared_probability(expected, judged),
        float_accuracy=right[0],
        integer_accuracy=right[1],
        float_bytes=float_bytes,
        integer_bytes=integer_bytes,
    )


def shared_probability(expected: Floats, judged: Floats) -> float:
    """The share of probability that both put on the same classes, on average, 0..1."""
    return float(np.minimum(expected, judged).sum(axis=1).mean())


def _judged_by(run: Callable[[Any], Any], picture: Picture) -> Floats:
    row: Floats = np.asarray(run(picture[np.newaxis].astype(np.float32)))[0]
    return row
