"""Labels from a table: the form of Kaggle's dog breeds, ``id,breed`` beside a folder of pictures."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from petdoor.errors import DataError
from tools.data.folders import some, visible_pictures

_ID: Final = "id"
_USUAL_LABELS: Final = ("label", "breed")


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    id: str
    label: str


def labelled(table: Path, folder: Path, *, label_column: str | None) -> dict[Path, str]:
    """The label of each picture that the table names.

    Args:
        table: CSV in UTF-8 with a header row and a column ``id``: a picture's path within ``folder``,
            with or without its suffix.
        folder: where the pictures are; those the table does not name are left alone.
        label_column: the column of labels; None for ``label``, ``breed`` or the only other one.

    Raises:
        DataError: the table cannot be read, or names what is not there; all its faults at once.
    """
    rows = _rows(table, label_column)
    found = _by_id(folder)
    faults = [*_faults_within(rows, found), *_missing(rows, found, folder)]
    if faults:
        raise DataError(f"{table}: {'; '.join(faults)}")
    return {found[row.id]: row.label for row in rows}


def _rows(table: Path, label_column: str | None) -> list[_Row]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file)
            header = [name.strip() for name in next(lines, [])]
            at, labels_at = _columns(table, header, label_column)
            rows = [
                _Row(lines.line_num, _field(fields, at), _field(fields, labels_at))
                for fields in lines
                if fields
            ]
    except OSError as error:
        raise DataError(f"{table}: cannot read the table of labels: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{table}: this is no text in UTF-8; save the table as CSV in UTF-8") from error
    except csv.Error as error:
        raise DataError(f"{table}: this is no CSV table: {error}") from error
    if not rows:
        raise DataError(f"{table}: the table has no rows below its header")
    return rows


def _columns(table: Path, header: Sequence[str], label_column: str | None) -> tuple[int, int]:
    """Where the ids and the labels stand."""
    if not any(header):
        raise DataError(f"{table}: the table is empty; its first line names the columns, as in id,label")
    faults = []
    if _ID not in header:
        faults.append("a column 'id' that names the pictures is missing")
    others = [name for name in header if name != _ID]
    usual = [name for name in _USUAL_LABELS if name in others]
    label = label_column or next(iter(usual or (others if len(others) == 1 else [])), None)
    if label is None:
        faults.append("no column is called 'label' or 'breed'; --label-column names another")
    elif label not in others:
        faults.append(f"there is no column {label!r} as --label-column says")
    if faults or label is None:
        columns = ", ".join(map(repr, header))
        hint = "; its columns seem to be separated by ';': save it with commas" if ";" in columns else ""
        raise DataError(f"{table}: {'; '.join(faults)}; its columns are {columns}{hint}")
    return header.index(_ID), header.index(label)


def _field(fields: Sequence[str], at: int) -> str:
    """One field without surplus blanks or line breaks: a class name is one line everywhere."""
    return " ".join(fields[at].split()) if at < len(fields) else ""


def _by_id(folder: Path) -> dict[str, Path]:
    """Each picture under its path within the folder, with its suffix and without."""
    found: dict[str, Path] = {}
    for path in visible_pictures(folder):
        within = path.relative_to(folder)
        found[within.as_posix()] = path
        found.setdefault(within.with_suffix("").as_posix(), path)
    return found


def _faults_within(rows: Sequence[_Row], found: Mapping[str, Path]) -> Iterator[str]:
    incomplete = [str(row.line) for row in rows if not (row.id and row.label)]
    if incomplete:
        yield f"{_count(incomplete, 'row lacks', 'rows lack')} an id or a label (line {some(incomplete)})"
    counts = Counter(found.get(row.id, row.id) for row in rows if row.id)
    twice = list(dict.fromkeys(r.id for r in rows if r.id and counts[found.get(r.id, r.id)] > 1))
    if twice:
        yield f"{_count(twice, 'id comes', 'ids come')} more than once ({some(twice)})"


def _missing(rows: Sequence[_Row], found: Mapping[str, Path], folder: Path) -> Iterator[str]:
    missing = list(dict.fromkeys(row.id for row in rows if row.id and row.id not in found))
    if missing:
        yield f"{_count(missing, 'id has', 'ids have')} no picture in {folder} ({some(missing)})"


def _count(things: Sequence[str], one: str, many: str) -> str:
    return f"{len(things)} {one if len(things) == 1 else many}"
