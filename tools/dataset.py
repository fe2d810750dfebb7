"""Labelled pictures, wherever they come from."""

from dataclasses import dataclass
from pathlib import Path


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
        examples: the pictures, sorted by path; whether each can be read is not yet known.
    """

    source: str
    classes: tuple[str, ...]
    examples: tuple[Example, ...]
