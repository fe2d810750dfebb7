"""What was found when one part was looked at."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from petdoor.errors import PetDoorError


class Level(StrEnum):
    """How a part fares."""

    OK = "ok"
    NOTE = "note"
    """It works, or is not needed; but somebody should know."""
    FAIL = "fail"
    SKIP = "skip"
    """There is nothing to look at on this machine."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How one part fares, the sentence that says so, and what to do about it."""

    part: str
    level: Level
    detail: str
    advice: str = ""


def tried(part: str, attempt: Callable[[], str], advice: str = "") -> Finding:
    """What came of an attempt; ``advice`` is for when it fails with what petdoor knows."""
    try:
        return Finding(part, Level.OK, attempt())
    except PetDoorError as error:
        return Finding(part, Level.FAIL, str(error), advice)
