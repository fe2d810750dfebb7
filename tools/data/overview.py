"""What a data set holds, as figures and as text."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from tools.data.dataset import Dataset, Example
from tools.data.split import split
from tools.data.survey import Record, Survey, conflicts, duplicates, near_duplicates
from tools.data.taxonomy import labels_of

_LISTED_AT_MOST: Final = 10
_PARTS: Final = ("train", "validation", "test")


def overview(dataset: Dataset, found: Survey, species: Sequence[str]) -> dict[str, Any]:
    """The figures: classes, sizes, doubles and unreadable files, ready for JSON.

    Args:
        dataset: what was looked at.
        found: what came of it.
        species: of each class.
    """
    parts = split(found.records)
    counts = [_per_class(part) for part in (parts.train, parts.validation, parts.test)]
    equal, near = duplicates(found.records), near_duplicates(found.records)
    return {
        "source": dataset.source,
        "pictures": len(found.records),
        "classes": [
            {
                "name": name,
                "label": label,
                "species": species[index],
                "pictures": sum(count[index] for count in counts),
                **{part: count[index] for part, count in zip(_PARTS, counts, strict=True)},
            }
            for index, (name, label) in enumerate(
                zip(dataset.classes, labels_of(dataset.classes), strict=True)
            )
        ],
        "sizes": _sizes(found.records),
        "equal": _paths(equal),
        "near": _paths(near),
        "conflicts": _paths(conflicts((*equal, *near))),
        "unreadable": [{"path": str(path), "reason": reason} for path, reason in found.unreadable],
    }


def as_text(figures: dict[str, Any]) -> str:
    """The figures for people."""
    return "\n".join(
        [
            f"{figures['source']}: {figures['pictures']} pictures in {len(figures['classes'])} classes",
            "",
            *_table(figures["classes"]),
            "",
            "width x height: " + ", ".join(f"{name} {w}x{h}" for name, (w, h) in figures["sizes"].items()),
            *_groups("the same file more than once", figures["equal"]),
            *_groups("different files that look the same", figures["near"]),
            *_groups("doubles in different classes", figures["conflicts"]),
            *_listed(
                "cannot be read and are left out",
                [f"{entry['path']}: {entry['reason']}" for entry in figures["unreadable"]],
            ),
            *_warning(figures["classes"]),
        ]
    )


def _per_class(part: Sequence[Example]) -> Counter[int]:
    return Counter(example.label for example in part)


def _sizes(records: Sequence[Record]) -> dict[str, tuple[int, int]]:
    """The widths and heights of the smallest, the middle and the largest picture, by its area."""
    ranked = sorted(((r.width, r.height) for r in records), key=lambda size: (size[0] * size[1], size))
    return {"smallest": ranked[0], "median": ranked[len(ranked) // 2], "largest": ranked[-1]}


def _paths(groups: Sequence[tuple[Record, ...]]) -> list[list[str]]:
    return [[str(record.example.path) for record in group] for group in groups]


def _table(classes: Sequence[dict[str, Any]]) -> Iterator[str]:
    shown = [c["name"] if c["label"] == c["name"] else f"{c['name']} {c['label']}" for c in classes]
    wide = max(map(len, ("all", *shown)))
    kind = max(map(len, ("species", *(c["species"] for c in classes))))
    yield f"{'class':{wide}}  {'species':{kind}}  pictures   train  validation    test"
    for name, row in zip(shown, classes, strict=True):
        yield f"{name:{wide}}  {row['species']:{kind}}  {_numbers(row)}"
    total = {column: sum(row[column] for row in classes) for column in ("pictures", *_PARTS)}
    yield f"{'all':{wide}}  {'':{kind}}  {_numbers(total)}"


def _numbers(row: dict[str, Any]) -> str:
    return f"{row['pictures']:8}  {row['train']:6}  {row['validation']:10}  {row['test']:6}"


def _groups(what: str, groups: Sequence[Sequence[str]]) -> Iterator[str]:
    return _listed(what, [" = ".join(group) for group in groups])


def _listed(what: str, lines: Sequence[str]) -> Iterator[str]:
    """A heading with the count, the first lines, and how many more there are."""
    yield f"{what}: {len(lines) or 'none'}"
    yield from (f"    {line}" for line in lines[:_LISTED_AT_MOST])
    if len(lines) > _LISTED_AT_MOST:
        yield f"    and {len(lines) - _LISTED_AT_MOST} more; --json lists all"


def _warning(classes: Sequence[dict[str, Any]]) -> Iterator[str]:
    if len(classes) == 1:
        yield "there is one class only: training needs two at least"
    unseen = [row["name"] for row in classes if not row["pictures"]]
    if unseen:
        yield f"without one readable picture: {', '.join(unseen)}"
