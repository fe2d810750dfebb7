"""What the tools say while they work: sentences, and how long it will still take."""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

T = TypeVar("T")


class Teller(Protocol):
    """Whom the tools tell how they fare."""

    def say(self, sentence: str) -> None:
        """One line that stays."""

    def track(self, items: Iterable[T], doing: str, *, total: int) -> Iterator[T]:
        """Hand the items on, and show how many of ``total`` are done and the time left."""


def printable(text: object) -> str:
    """The text without what no terminal can show: file names may hold any bytes."""
    return str(text).encode("utf-8", "replace").decode("utf-8")


def first_line(error: Exception) -> str:
    """What a library's error says, without its explanations."""
    return str(error).strip().partition("\n")[0]


class RichTeller:
    """Tells the terminal; on a pipe or in a log the moving bars are left out.

    Bars go to standard error and sentences to standard output, so that results can be piped.
    """

    def __init__(self) -> None:
        self._results = Console(highlight=False, markup=False, soft_wrap=True)
        self._progress = Console(stderr=True)

    def say(self, sentence: str) -> None:
        self._results.print(printable(sentence))

    def track(self, items: Iterable[T], doing: str, *, total: int) -> Iterator[T]:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(
            *columns, console=self._progress, transient=True, disable=not self._progress.is_terminal
        ) as progress:
            yield from progress.track(items, total=total, description=doing)
