"""Data sets by name: what Keras and TensorFlow Datasets download becomes a folder of class folders."""

import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from petdoor.errors import DataError
from tools.console import first_line
from tools.quiet import quiet

_CIFAR100: Final = (
    "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly "
    "camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup "
    "dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower "
    "leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid "
    "otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray "
    "road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar "
    "sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle "
    "wardrobe whale willow_tree wolf woman worm"
)
KERAS_CLASSES: Final[Mapping[str, tuple[str, ...]]] = {
    "mnist": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "fashion_mnist": (
        *("T-shirt", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    "cifar10": (
        *("airplane", "automobile", "bird", "cat", "deer"),
        *("dog", "frog", "horse", "ship", "truck"),
    ),
    "cifar100": tuple(_CIFAR100.split()),
}
_NAME: Final = re.compile(r"[A-Za-z0-9]\w*([/:][\w.-]+)*", re.ASCII)
_SUFFIXES: Final = {b"\xff\xd8": ".jpg", b"\x89P": ".png"}


class Labelled(NamedTuple):
    """A picture as it will lie on the disk: its class, its suffix and the file's content."""

    class_name: str
    suffix: str
    content: bytes


def named_folder(source: str, *, say: Callable[[str], object]) -> Path:
    """The folder of class folders that holds a library's data set; made on its first use.

    It lies in ``$XDG_CACHE_HOME/petdoor/datasets`` and holds all parts of the set (training, test).
    Delete it to have it made anew.

    Args:
        source: ``keras:NAME`` or ``tfds:NAME``.
        say: told before the download.

    Raises:
        DataError: there is no such set, the library is not installed, or cannot fetch it.
        OSError: the folder cannot be written.
    """
    library, _, name = source.partition(":")
    if not _NAME.fullmatch(name):
        raise DataError(
            f"{source}: {name!r} is no name of a data set; try keras:cifar10 or tfds:cats_vs_dogs"
        )
    if library == "keras" and name not in KERAS_CLASSES:
        raise DataError(f"{source}: Keras has no such set of pictures; it has {', '.join(KERAS_CLASSES)}")
    folder = _cache() / f"{library}-{re.sub('[/:]', '-', name)}"
    if not folder.is_dir():
        say(f"{source}: fetching it into {folder}; this takes its time, once")
        with quiet():
            write(folder, _of_keras(name) if library == "keras" else _of_tfds(name))
    return folder


def write(folder: Path, labelled: Iterable[Labelled]) -> None:
    """Write class folders; ``folder`` gets its name when all is there, and not before."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    growing = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        counts: Counter[str] = Counter()
        for class_name, suffix, content in labelled:
            home = growing / class_name.replace("/", "-")
            home.mkdir(exist_ok=True)
            (home / f"{counts[class_name]:06}{suffix}").write_bytes(content)
            counts[class_name] += 1
        growing.chmod(0o755)
        growing.rename(folder)
    except BaseException:
        shutil.rmtree(growing, ignore_errors=True)
        raise


def from_arrays(
    images: NDArray[np.uint8], labels: NDArray[Any], classes: Sequence[str]
) -> Iterator[Labelled]:
    """PNG files of what Keras loads.

    Args:
        images: number x height x width, grey, or number x height x width x 3, RGB.
        labels: number or number x 1, indices into the classes.
        classes: the class names.
    """
    for image, label in zip(images, labels.reshape(-1), strict=True):
        bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
        yield Labelled(classes[int(label)], ".png", cv2.imencode(".png", bgr)[1].tobytes())


def worded(classes: Sequence[str]) -> tuple[str, ...]:
    """Class names of which none is a bare number: petdoor would take those for ImageNet's classes."""
    if not all(name.isdecimal() for name in classes):
        return tuple(classes)
    digits = max(map(len, classes))
    return tuple(f"class {name:0>{digits}}" for name in classes)


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "petdoor" / "datasets"


def _of_keras(name: str) -> Iterator[Labelled]:
    try:
        import keras

        parts = getattr(keras.datasets, name).load_data()
    except ImportError as error:
        raise DataError(f"keras:{name}: {error}: pip install 'petdoor[host]'") from error
    except Exception as error:  # Keras raises the bare Exception when a download fails
        raise DataError(
            f"keras:{name}: Keras could not load it ({first_line(error)}); load it once on a connected "
            "machine and copy ~/.keras/datasets from there, or name its folder with KERAS_HOME"
        ) from error
    for images, labels in parts:
        yield from from_arrays(images, labels, KERAS_CLASSES[name])


def _of_tfds(name: str) -> Iterator[Labelled]:
    try:
        import tensorflow_datasets as tfds

        yield from _prepared(tfds, name)
    except DataError:
        raise
    except ImportError as error:
        raise DataError(f"tfds:{name}: {error}: pip install 'petdoor[tfds]'") from error
    except Exception as error:  # each of its hundreds of builders fails in its own way
        raise DataError(
            f"tfds:{name}: TensorFlow Datasets could not load it ({first_line(error)}); load it once "
            "on a connected machine and copy ~/tensorflow_datasets from there, or name its folder with "
            "TFDS_DATA_DIR"
        ) from error


def _prepared(tfds: Any, name: str) -> Iterator[Labelled]:
    """The pictures of all parts as they are stored, JPEG or PNG, never decoded on the way."""
    try:
        builder = tfds.builder(name)
    except tfds.core.DatasetNotFoundError as error:
        raise DataError(
            f"tfds:{name}: TensorFlow Datasets knows no such set; its catalogue is at "
            "https://www.tensorflow.org/datasets/catalog"
        ) from error
    features = builder.info.features
    if not {"image", "label"} <= set(features) or not hasattr(features["label"], "names"):
        raise DataError(
            f"tfds:{name}: its pictures have no single label each; petdoor learns from those only"
        )
    builder.download_and_prepare()
    classes = worded(features["label"].names)
    stored = {"image": tfds.decode.SkipDecoding()}
    for part in builder.info.splits:
        for item in builder.as_dataset(split=part, decoders=stored).as_numpy_iterator():
            if item["label"] >= 0:  # some test parts keep their labels to themselves
                content = bytes(item["image"])
                yield Labelled(classes[int(item["label"])], _SUFFIXES[content[:2]], content)
