"""A contact sheet: some pictures of each class on one PNG, to see at a glance what a data set holds."""

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeVar

import cv2
import numpy as np

from petdoor import pictures
from petdoor.errors import DataError
from petdoor.pictures import Picture
from tools.data.dataset import Dataset
from tools.data.survey import Record
from tools.output import on_trial

T = TypeVar("T")

_SIDE: Final = 96
_GAP: Final = 6
_TEXT_WIDTH: Final = 260
_HEADER_HEIGHT: Final = 44
_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
_INK: Final = (30, 30, 30)
_PALE_INK: Final = (110, 110, 110)
_PAPER: Final = 255


def contact_sheet(
    dataset: Dataset, records: Sequence[Record], path: Path, *, columns: int = 10, rows: int = 40
) -> None:
    """Write the sheet: a row a class, its name and count beside pictures spread evenly over its files.

    Each picture is shown as a network sees it: its middle, squeezed into a square.

    Args:
        dataset: names the classes.
        records: the readable pictures.
        path: the PNG file; an older one is replaced when the new one is whole.
        columns: pictures in a row.
        rows: classes shown at most; of more, some are shown, spread evenly, and the sheet says so.

    Raises:
        DataError: ``path`` is not called ``.png``.
        PictureError: a picture has become unreadable since.
        OSError: the file cannot be written.
    """
    require_png(path)
    members: dict[int, list[Record]] = defaultdict(list)
    for record in records:
        members[record.example.label].append(record)
    shown = _spread(range(len(dataset.classes)), rows)
    sheet = _paper(len(shown), columns)
    _write(sheet, _title(dataset, len(records), len(shown)), (_GAP, 28), scale=0.6, room=sheet.shape[1])
    for row, label in enumerate(shown):
        top = _HEADER_HEIGHT + row * (_SIDE + _GAP)
        _draw_row(sheet, top, dataset.classes[label], members[label], columns)
    with on_trial(path, cv2.imencode(".png", sheet[..., ::-1])[1].tobytes()):
        pass


def require_png(path: Path) -> None:
    """Refuse a sheet of another form, also before the long look at all pictures.

    Raises:
        DataError: ``path`` is not called ``.png``.
    """
    if path.suffix.lower() != ".png":
        raise DataError(f"{path}: the contact sheet is a PNG picture; give it a name that ends in .png")


def _title(dataset: Dataset, count: int, shown: int) -> str:
    classes = len(dataset.classes)
    which = f"{classes} classes" if shown == classes else f"{shown} of its {classes} classes"
    return f"{Path(dataset.source).name}: {count} pictures, {which}"


def _draw_row(sheet: Picture, top: int, name: str, records: Sequence[Record], columns: int) -> None:
    _write(sheet, name, (_GAP, top + 42), scale=0.6, room=_TEXT_WIDTH)
    _write(sheet, f"{len(records)} pictures", (_GAP, top + 66), scale=0.45, room=_TEXT_WIDTH, ink=_PALE_INK)
    for column, record in enumerate(_spread(records, columns)):
        left = _TEXT_WIDTH + column * (_SIDE + _GAP)
        thumbnail = np.empty((_SIDE, _SIDE, 3), np.uint8)
        pictures.resize_into(pictures.read(record.example.path), thumbnail)
        sheet[top : top + _SIDE, left : left + _SIDE] = thumbnail


def _spread(items: Sequence[T], count: int) -> list[T]:
    """Up to ``count`` of the items, evenly spread from the first to the last."""
    chosen = np.linspace(0, len(items) - 1, min(count, len(items))).round().astype(int)
    return [items[index] for index in chosen]


def _paper(rows: int, columns: int) -> Picture:
    width = _TEXT_WIDTH + columns * (_SIDE + _GAP)
    return np.full((_HEADER_HEIGHT + rows * (_SIDE + _GAP), width, 3), _PAPER, np.uint8)


def _write(
    sheet: Picture,
    text: str,
    at: tuple[int, int],
    *,
    scale: float,
    room: int,
    ink: tuple[int, int, int] = _INK,
) -> None:
    """Draw one line, shortened to its room in pixels; OpenCV's own fonts know ASCII only."""
    text = unicodedata.normalize("NFKD", text).encode("ascii", "replace").decode()
    full = text
    while len(text) > 1 and _width(text, scale) > room - 2 * _GAP:
        full = full[:-1]
        text = f"{full}..."
    cv2.putText(sheet, text, at, _FONT, scale, ink, 1, cv2.LINE_AA)


def _width(text: str, scale: float) -> int:
    (width, _), _ = cv2.getTextSize(text, _FONT, scale, 1)
    return width
