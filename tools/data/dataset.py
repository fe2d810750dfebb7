"""Labelled pictures, wherever they come from."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from petdoor.errors import DataError
from tools.data.folders import some, visible_pictures
from tools.data.table import labelled

LIBRARIES: Final = ("keras", "tfds")


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled picture.

    Attributes:
        path: the picture file.
        label: index into the data set's classes.
    """

    path: Path
    label: int


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled pictures and the names of their classes.

    Attributes:
        source: what the user called it.
        classes: the class names, in order.
        examples: the pictures of each source, sorted by path; whether each can be read is not yet known.
    """

    source: str
    classes: tuple[str, ...]
    examples: tuple[Example, ...]


def open_dataset(
    source: str,
    *,
    csv: Path | None = None,
    label_column: str | None = None,
    say: Callable[[str], object] = lambda _: None,
) -> Dataset:
    """Find labelled pictures; none is opened yet.

    Args:
        source: a folder of class folders, the picture folder of ``csv``, or a set that a library
            downloads: ``keras:fashion_mnist``, ``tfds:cats_vs_dogs``.
        csv: a table with a header, a column ``id`` that names the pictures and one that labels them.
        label_column: the labelling column; None for ``label``, ``breed`` or the only one beside ``id``.
        say: told before something takes long.

    Raises:
        DataError: there is no such thing, or it is not what it should be.
    """
    library, colon, _ = source.partition(":")
    if csv is None and label_column is not None:
        raise DataError("--label-column names a column of the table that --csv names; give both")
    if colon and library in LIBRARIES:
        if csv is not None:
            raise DataError(f"{source} brings its own labels; --csv goes with a folder of pictures")
        from tools.data.named import named_folder

        return _of_class_folders(source, named_folder(source, say=say))
    folder = _checked_folder(source)
    if csv is None:
        return _of_class_folders(source, folder)
    return _assembled(source, labelled(csv, folder, label_column=label_column))


def open_datasets(
    sources: Sequence[str],
    *,
    csv: Path | None = None,
    label_column: str | None = None,
    say: Callable[[str], object] = lambda _: None,
) -> Dataset:
    """Open each source as ``open_dataset`` does, and make one data set of them.

    Raises:
        DataError: one cannot be opened, or a table is to label several.
    """
    if csv is not None and len(sources) > 1:
        raise DataError(f"--csv labels the pictures of one folder: give one --data, not {len(sources)}")
    opened = [open_dataset(source, csv=csv, label_column=label_column, say=say) for source in sources]
    return merged(opened)


def merged(datasets: Sequence[Dataset]) -> Dataset:
    """One data set of several, in their order; classes of the same name are the same class."""
    classes = in_order(name for dataset in datasets for name in dataset.classes)
    index = {name: i for i, name in enumerate(classes)}
    examples = (
        Example(example.path, index[dataset.classes[example.label]])
        for dataset in datasets
        for example in dataset.examples
    )
    return Dataset(" and ".join(dataset.source for dataset in datasets), classes, tuple(examples))


def require_two_classes(dataset: Dataset) -> None:
    """Training learns to tell classes apart: one alone is refused.

    Raises:
        DataError: there is one class only.
    """
    if len(dataset.classes) < 2:
        raise DataError(
            f"{dataset.source}: there is one class only, {dataset.classes[0]!r}; training needs two at "
            "least, for example 'dog' and 'other'"
        )


def in_order(classes: Iterable[str]) -> tuple[str, ...]:
    """Class names, each once: as numbers when all are whole numbers, else by the alphabet."""
    names = set(classes)
    if all(name.isascii() and name.isdecimal() for name in names):
        return tuple(sorted(names, key=lambda name: (int(name), name)))
    return tuple(sorted(names))


def _checked_folder(source: str) -> Path:
    folder = Path(source)
    if folder.is_dir():
        return folder
    if folder.exists():
        raise DataError(f"{source}: this is a file; name the folder that holds the pictures")
    raise DataError(
        f"{source}: there is no such folder; name one that holds a folder of pictures for each class, "
        "or a set like keras:cifar10 or tfds:cats_vs_dogs"
    )


def _of_class_folders(source: str, folder: Path) -> Dataset:
    found = {
        path.name: visible_pictures(path)
        for path in sorted(folder.iterdir())
        if path.is_dir() and not path.name.startswith(".")
    }
    if not any(found.values()):
        raise DataError(f"{source}: {_what_is_missing(folder)}")
    empty = [name for name, paths in found.items() if not paths]
    if empty:
        raise DataError(
            f"{source}: no pictures in {len(empty)} of {len(found)} class folders ({some(empty)}); "
            "fill them or take them away"
        )
    return _assembled(source, {path: name for name, paths in found.items() for path in paths})


def _what_is_missing(folder: Path) -> str:
    loose = visible_pictures(folder)
    if loose:
        return (
            f"the {len(loose)} pictures lie loose; put them into a folder for each class, such as dog/ "
            "and other/, or name the table of their labels with --csv"
        )
    return "no pictures here; put some into a folder for each class, such as dog/ and other/"


def _assembled(source: str, labels: dict[Path, str]) -> Dataset:
    classes = in_order(labels.values())
    index = {name: i for i, name in enumerate(classes)}
    return Dataset(source, classes, tuple(Example(path, index[labels[path]]) for path in sorted(labels)))
