"""What strangers send, made fit to be shown: in one line, without control characters or absurd figures."""

import json
import math
import unicodedata
from typing import Any, Final

_LONGEST: Final = 200
_LARGEST: Final = 1e12


def printable(text: str, *, longest: int = _LONGEST) -> str:
    """The text in one line of at most ``longest`` characters, without what steers a terminal.

    Control, format and bidirectional characters, lone surrogates and unassigned ones are left out.
    """
    head = text[: 4 * longest]
    shown = "".join(" " if character.isspace() else character for character in head if _is_shown(character))
    shown = " ".join(shown.split())
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def _is_shown(character: str) -> bool:
    return character.isspace() or not unicodedata.category(character).startswith("C")


def number(value: Any) -> float:
    """A figure as it was sent.

    Raises:
        ValueError: it is none, or none that a door can mean.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r:.40} is no number")  # noqa: TRY004 -- a payload without sense
    if not abs(value) <= _LARGEST or math.isnan(value):
        raise ValueError("no figure a door can mean")
    return float(value)


def parsed(text: str) -> Any:
    """The JSON in a text.

    Raises:
        ValueError: it is none, is nested too deeply, or holds what JSON does not know: NaN, Infinity.
    """
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def age(seconds: float) -> str:
    """A duration in the two largest units that say something: 100 s, 4 min, 2 h 5 min, 3 d 4 h."""
    whole = max(0, int(seconds))
    if whole < 120:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"
