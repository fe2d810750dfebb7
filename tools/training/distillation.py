"""Learning from another network: what it makes of a photo teaches more than the photo's label."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from petdoor.core.species import imagenet_ranges
from petdoor.pictures import Picture
from tools.training.augment import blended
from tools.training.sources import Kept, Photos, batches

_EVALUATION_BATCH: Final = 64
_FEATURES_WEIGHT: Final = 4.0
"""How much the angle between the features counts beside the divergence of the classes."""
_SPECIES_WEIGHT: Final = 3.0
"""How much telling dog, cat and the rest apart counts beside telling all classes apart."""
_ERASED: Final = 0.35
"""Height and width of the largest patch that the pupil does not see, as a share of the picture."""


@dataclass(frozen=True, slots=True)
class Mixed:
    """Photos of which another one shines through in every third view ("mixup", arXiv:1710.09412).

    Attributes:
        photos: the photos; their seed decides which meets which.
    """

    photos: Photos
    dtype: type[np.generic] = np.uint8

    @property
    def shape(self) -> tuple[int, ...]:
        return self.photos.shape

    @property
    def seed(self) -> int:
        return self.photos.seed

    def __len__(self) -> int:
        return len(self.photos)

    def view(self, index: int, number: int) -> Picture:
        picture = self.photos.view(index, number)
        if number % 3 != 2:
            return picture
        random = np.random.default_rng((self.seed, index, number, 1))
        other = self.photos.view(int(random.integers(len(self))), number)
        share = random.uniform(0, 0.5)
        return blended(picture, other, share)


@dataclass(frozen=True, slots=True)
class Shown:
    """Photos as the pupil sees them: the very crops that the teacher saw, each time a little otherwise.

    Attributes:
        photos: the photos; their seed and least area are those of the teacher.
        views: how many views of each the teacher saw.
    """

    photos: Mixed
    views: int
    dtype: type[np.generic] = np.uint8

    @property
    def shape(self) -> tuple[int, ...]:
        return self.photos.shape

    def __len__(self) -> int:
        return len(self.photos)

    def view(self, index: int, number: int) -> Picture:
        picture = self.photos.view(index, number % self.views)
        if number < self.views:
            return picture
        random = np.random.default_rng((self.photos.seed, index, number))
        return _erased(_tinted(_flipped(picture, random), random), random)


def _flipped(picture: Picture, random: np.random.Generator) -> Picture:
    return np.ascontiguousarray(picture[:, ::-1]) if random.random() < 0.5 else picture


def _tinted(picture: Picture, random: np.random.Generator) -> Picture:
    """In a light of another colour."""
    gains = np.exp(random.normal(0, 0.1, 3)).astype(np.float32)
    tinted: Picture = np.clip(picture * gains, 0, 255).astype(np.uint8)
    return tinted


def _erased(picture: Picture, random: np.random.Generator) -> Picture:
    """Half of the time with a patch of one colour ("random erasing", arXiv:1708.04896)."""
    if random.random() < 0.5:
        return picture
    height, width = picture.shape[:2]
    high, wide = (max(1, round(n * random.uniform(0.1, _ERASED))) for n in (height, width))
    top, left = random.integers(0, height - high + 1), random.integers(0, width - wide + 1)
    picture = picture.copy()
    picture[top : top + high, left : left + wide] = random.integers(0, 256, 3)
    return picture


class Distillation:
    """The task of seeing a photo as the teacher does; answers are the pupil's (class scores, features).

    The loss is the divergence of the class probabilities (Hinton et al., arXiv:1503.02531), once more of
    their sums over dogs, cats and the rest, and the angle between the teacher's features and what the pupil
    makes of its own. Crops are the same for both, and the lesson is long: "a good teacher is patient and
    consistent" (Beyer et al., arXiv:2106.05237).
    """

    verdict = "as the teacher"

    def __init__(
        self, shown: Shown, taught: Kept, classes: keras.Layer, *, held_out: NDArray[np.int64]
    ) -> None:
        """State the task.

        Args:
            shown: the photos for the pupil.
            taught: the teacher's features of each view of them.
            classes: the teacher's dense layer, from features to class scores.
            held_out: which photos are only validated on.
        """
        self._shown, self._taught = shown, taught
        self._held_out = held_out
        self._learnt = np.setdiff1d(np.arange(len(shown)), held_out)
        self._kernel, self._bias = (tf.constant(values) for values in classes.get_weights())
        self._species = tf.constant(_species_of(classes.units))

    def __len__(self) -> int:
        return len(self._learnt)

    @property
    def total_weight(self) -> float:
        return float(len(self._learnt))

    def batches(self, indices: NDArray[np.int64], views: NDArray[np.int64], *, batch: int) -> tf.data.Dataset:
        return self._of(self._learnt[indices], self._shown.views + views, batch)

    def losses(self, answers: Any, targets: Any) -> Any:
        scores, features = (tf.cast(answer, tf.float32) for answer in answers)
        taught = tf.cast(targets, tf.float32)
        truth, guess = self._probabilities(taught), tf.nn.softmax(scores)
        classes = tf.nn.softmax_cross_entropy_with_logits(truth, scores)
        species = keras.losses.categorical_crossentropy(truth @ self._species, guess @ self._species)
        angle = 1 + keras.losses.cosine_similarity(taught, features)
        return classes + _SPECIES_WEIGHT * species + _FEATURES_WEIGHT * angle

    def validate(self, answers: Callable[[Any], Any]) -> tuple[float, float]:
        """Mean loss, and how often both see the same class first, on the plain view of photos held out."""
        losses, agreements = [], []
        for arrays, targets in self._of(self._held_out, np.zeros_like(self._held_out), _EVALUATION_BATCH):
            answer = answers(arrays)
            losses += self.losses(answer, targets).numpy().tolist()
            best = tf.argmax(self._probabilities(tf.cast(targets, tf.float32)), axis=1)
            agreements += (tf.argmax(answer[0], axis=1) == best).numpy().tolist()
        return float(np.mean(losses)), float(np.mean(agreements))

    def _of(self, indices: NDArray[np.int64], views: NDArray[np.int64], batch: int) -> tf.data.Dataset:
        return tf.data.Dataset.zip(
            batches(self._shown, indices, views, batch=batch),
            batches(self._taught, indices, views, batch=batch),
        )

    def _probabilities(self, features: Any) -> Any:
        return tf.nn.softmax(features @ self._kernel + self._bias)


def _species_of(classes: int) -> NDArray[np.float32]:
    """Which of the teacher's classes are which species: classes x species, the last one for the rest."""
    ranges = imagenet_ranges(classes) or {}
    belongs = np.zeros((classes, len(ranges) + 1), np.float32)
    for column, spans in enumerate(ranges.values()):
        for span in spans:
            belongs[span.first : span.last + 1, column] = 1
    belongs[:, -1] = 1 - belongs.sum(axis=1)
    return belongs
