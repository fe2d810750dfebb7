"""Where training gets its arrays from: photos read anew each time, or what the frozen part made of them."""

import math
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from petdoor import pictures
from petdoor.errors import ConfigError, PictureError
from tools.console import Teller, first_line
from tools.training.augment import LEAST_AREA, augmented

_BATCH: Final = 8
_PREFETCHED_BATCHES: Final = 2
Array = NDArray[Any]


class Source(Protocol):
    """Arrays by number, each in many views: view 0 is the example as the door would see it."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one array."""

    @property
    def dtype(self) -> type[np.generic]:
        """The type of all arrays."""

    def __len__(self) -> int: ...

    def view(self, index: int, number: int) -> Array:
        """An example as another day would show it; the same number shows the same day."""


@dataclass(frozen=True, slots=True)
class Photos:
    """Photos, read from disk each time: memory does not grow with their number.

    Attributes:
        paths: the files.
        size: height and width to bring them to.
        seed: decides what view 1 and the others look like.
        least_area: how much of a photo they show at least.
    """

    paths: Sequence[Path]
    size: tuple[int, int]
    seed: int = 0
    least_area: float = LEAST_AREA
    dtype: type[np.generic] = np.uint8

    @property
    def shape(self) -> tuple[int, ...]:
        return (*self.size, 3)

    def __len__(self) -> int:
        return len(self.paths)

    def view(self, index: int, number: int) -> Array:
        picture = pictures.read(self.paths[index])
        if number == 0:
            return pictures.resized(picture, self.size)
        random = np.random.default_rng((self.seed, index, number))
        return augmented(picture, self.size, random, least_area=self.least_area)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a network made of each example, a file of half floats a view.

    Rows are read one by one, so that memory does not grow with their number.
    """

    files: Sequence[Path]
    shape: tuple[int, ...]
    count: int
    dtype: type[np.generic] = np.float16

    def __len__(self) -> int:
        return self.count

    def view(self, index: int, number: int) -> Array:
        values = math.prod(self.shape)
        file = self.files[number % len(self.files)]
        return np.fromfile(file, self.dtype, values, offset=2 * index * values).reshape(self.shape)


def keep(
    network: keras.Model, source: Source, folder: Path, *, views: int, doing: str, teller: Teller
) -> Kept:
    """Run ``network`` over ``views`` views of each example, and keep what it yields in ``folder``.

    A view whose file is whole is not made again, so that a run that was killed goes on.

    Raises:
        ConfigError: the disk has no room for that.
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"view-{view}" for view in range(views)]
    todo = [view for view in range(views) if not files[view].exists()]
    _check_room(folder, 2 * len(todo) * len(source) * math.prod(network.output.shape[1:]))
    run = tf.function(lambda arrays: network(tf.cast(arrays, tf.float32), training=False))
    made = (batch for view in todo for batch in _rows(run, source, view, files[view]))
    for _ in teller.track(made, doing, total=len(todo) * math.ceil(len(source) / _BATCH)):
        pass
    return Kept(files, tuple(network.output.shape[1:]), len(source))


def _check_room(folder: Path, needed_bytes: int) -> None:
    free_bytes = shutil.disk_usage(folder).free
    if needed_bytes > free_bytes:
        raise ConfigError(
            f"{folder}: what the frozen layers make of the photos takes {needed_bytes / 1e9:.2g} GB, and "
            f"{free_bytes / 1e9:.2g} GB are free: fewer --views or --layers take less, or --work another disk"
        )


def _rows(run: Callable[[Any], Any], source: Source, view: int, target: Path) -> Iterator[None]:
    part = target.with_suffix(".part")
    indices = np.arange(len(source))
    try:
        with part.open("wb") as file:
            for batch in batches(source, indices, np.full_like(indices, view), batch=_BATCH):
                file.write(_halves(run(batch).numpy()).tobytes())
                yield
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _halves(values: NDArray[np.float32]) -> NDArray[np.float16]:
    """Half floats; what is too large for them becomes the largest."""
    limit = np.finfo(np.float16).max
    return np.clip(values, -limit, limit).astype(np.float16)


def batches(
    source: Source, indices: NDArray[np.int64], views: NDArray[np.int64], *, batch: int
) -> tf.data.Dataset:
    """Batches of arrays, made on several threads and always in the order of ``indices``.

    Args:
        source: where the arrays come from.
        indices: which examples.
        views: which view of each.
        batch: how many at a time; the last may hold fewer.
    """

    def array(index: Any, view: Any) -> Any:
        return source.view(int(index), int(view))

    def tensor(index: Any, view: Any) -> Any:
        made = tf.numpy_function(array, [index, view], source.dtype, stateful=False)
        return tf.ensure_shape(made, source.shape)

    return (
        tf.data.Dataset.from_tensor_slices((indices, views))
        .map(tensor, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        .batch(batch)
        .prefetch(_PREFETCHED_BATCHES)
    )


@contextmanager
def plain_words() -> Iterator[None]:
    """A picture that cannot be read any more is named; TensorFlow wraps it in its own error."""
    try:
        yield
    except tf.errors.OpError as error:
        line = next((line for line in error.message.splitlines() if "Error:" in line), first_line(error))
        raise PictureError(line.strip()) from error
