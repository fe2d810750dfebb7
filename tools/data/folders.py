"""Which pictures a folder holds, and how a few of many names are told."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from petdoor import pictures

_NAMED_AT_MOST: Final = 5


def visible_pictures(folder: Path) -> list[Path]:
    """The pictures below a folder, sorted, without hidden files and what lies in hidden folders."""
    return [
        path
        for path in pictures.find(str(folder))
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def some(names: Sequence[str]) -> str:
    """The first few names, and that there are more."""
    shown = ", ".join(names[:_NAMED_AT_MOST])
    return f"{shown}, ..." if len(names) > _NAMED_AT_MOST else shown
