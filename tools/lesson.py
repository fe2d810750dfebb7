"""What ``tools distil`` is told, checked before TensorFlow is loaded."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from petdoor.errors import ConfigError, DataError, ModelError
from tools.networks.backbones import Backbone
from tools.output import make_way
from tools.plan import Recipe

PRECISIONS: Final = ("float32", "bfloat16")
HELD_OUT: Final = 32
"""One photo of so many is validated on."""
LEAST_PHOTOS: Final = 2 * HELD_OUT
_SUFFIX: Final = ".weights.h5"


@dataclass(frozen=True, slots=True)
class Lesson:
    """One network teaches another.

    Attributes:
        photos: the files to look at; nobody needs to know what they show.
        names: what teacher and pupil are called.
        teacher: the network that is learnt from.
        weights: its weights file; None for Keras's download.
        pupil: the network that learns, from nothing.
        views: how many different crops of each photo the teacher looks at.
        recipe: how to train.
        precision: one of ``PRECISIONS``; the shorter for processors that have it.
        output: the file for the pupil's weights.
        folder: where a killed run is gone on from; removed when all is done.
    """

    photos: Sequence[Path]
    names: tuple[str, str]
    teacher: Backbone
    weights: Path | None
    pupil: Backbone
    views: int
    recipe: Recipe
    precision: str
    output: Path
    folder: Path

    def check(self) -> None:
        """Refuse to begin what cannot end well.

        Raises:
            ConfigError: Keras writes no weights to a file of this name.
            DataError: there are too few photos.
            ModelError: the teacher knows nothing, or its file is not there.
            OSError: the output cannot be written.
        """
        if not self.output.name.endswith(_SUFFIX):
            raise ConfigError(
                f"--output {self.output}: weights are written to a name that ends in {_SUFFIX}, "
                f"such as petnet{_SUFFIX}"
            )
        if len(self.photos) < LEAST_PHOTOS:
            raise DataError(f"{len(self.photos)} photos: {LEAST_PHOTOS} at least are needed to learn to see")
        if self.weights is not None and not self.weights.is_file():
            raise ModelError(f"{self.weights}: there is no such weights file; the teacher needs one")
        make_way(self.output)
