"""From class names to species: which of a data set's classes are dogs, which cats."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from itertools import groupby
from typing import Final

from petdoor.core.species import CAT, DOG, IMAGENET_CLASSES, IMAGENET_RANGES, OTHER
from petdoor.errors import DataError
from petdoor.modelfile import imagenet_labels

_PLAIN_NAMES: Final = {
    **dict.fromkeys(("dog", "dogs"), DOG),
    **dict.fromkeys(("cat", "cats"), CAT),
    **dict.fromkeys(("other", "others", "none", "background"), OTHER),
}
_ALIKE: Final = str.maketrans("_-'", "   ")


def species_of(classes: Sequence[str], given: Mapping[str, Sequence[str]] | None = None) -> tuple[str, ...]:
    """The species of each class, in the order of the classes.

    The first of these that applies decides:

    1. ``given`` names the class; or one of its patterns fits (``*``, ``?`` and ``[...]`` as in a shell).
    2. All classes are whole numbers below 1000: they are ImageNet's, dogs 151..268, cats 281..285 and
       ``other`` for the rest.
    3. The class is called dog, cat or other, or an ImageNet name of a dog or a cat; case does not count,
       and ``_``, ``-`` and ``'`` count as blanks.
    4. Any class was decided by now: this one is ``other``.
    5. None was: each class is a species of its own, so that any set of classes makes a door.

    Args:
        classes: the class names.
        given: class names or patterns of each species, such as ``{"dog": ["*"]}``.

    Raises:
        DataError: ``given`` names no class, or one class in two ways.
    """
    known: list[str | None] = list(_given(classes, given or {}))
    derive = _by_number if are_imagenet_numbers(classes) else _by_name
    known = [species or derive(name) for species, name in zip(known, classes, strict=True)]
    if any(known):
        return tuple(species or OTHER for species in known)
    return tuple(classes)


def ranges_of(species: Sequence[str]) -> dict[str, list[list[int]]]:
    """The class indices of each species as runs, both ends included; ``other`` is left out.

    The form of ``species`` in ``petdoor.json``: ``{"dog": [[0, 1], [3, 3]], "cat": [[2, 2]]}``.
    """
    ranges: dict[str, list[list[int]]] = {}
    for name, run in groupby(enumerate(species), key=lambda item: item[1]):
        indices = [index for index, _ in run]
        if name != OTHER:
            ranges.setdefault(name, []).append([indices[0], indices[-1]])
    return ranges


def labels_of(classes: Sequence[str]) -> tuple[str, ...]:
    """The class names for people: the numbers of ImageNet classes become their names."""
    if not are_imagenet_numbers(classes):
        return tuple(classes)
    return tuple(imagenet_labels()[int(name)] for name in classes)


def _given(classes: Sequence[str], given: Mapping[str, Sequence[str]]) -> Iterable[str | None]:
    _check_used(classes, given)
    for name in classes:
        exact = [species for species, wanted in given.items() if name in wanted]
        fitting = exact or [s for s, wanted in given.items() if any(fnmatchcase(name, p) for p in wanted)]
        if len(fitting) > 1:
            raise DataError(f"class {name!r} cannot be {' and '.join(fitting)} at once; name it once only")
        yield fitting[0] if fitting else None


def _check_used(classes: Sequence[str], given: Mapping[str, Sequence[str]]) -> None:
    """Refuse what names nothing: a typing error would quietly make ``other`` of a dog."""
    faults = []
    for pattern in (pattern for wanted in given.values() for pattern in wanted):
        if not any(name == pattern or fnmatchcase(name, pattern) for name in classes):
            near = difflib.get_close_matches(pattern, classes, n=3) or list(classes[:3])
            names = ", ".join(map(repr, near))
            faults.append(f"there is no class {pattern!r}; there is {names}")
    if faults:
        raise DataError("; ".join(faults))


def are_imagenet_numbers(classes: Sequence[str]) -> bool:
    """Whether all names are whole numbers below 1000, as in folders of ImageNet."""
    return all(name.isascii() and name.isdecimal() and int(name) < IMAGENET_CLASSES for name in classes)


def _by_number(name: str) -> str:
    return next((s for s, spans in IMAGENET_RANGES.items() if any(int(name) in r for r in spans)), OTHER)


def _by_name(name: str) -> str | None:
    return _PLAIN_NAMES.get(_plain(name)) or _imagenet_pets().get(_plain(name))


def _plain(name: str) -> str:
    return " ".join(name.casefold().translate(_ALIKE).split())


@cache
def _imagenet_pets() -> Mapping[str, str]:
    labels = imagenet_labels()
    return {
        _plain(labels[index]): species
        for species, spans in IMAGENET_RANGES.items()
        for span in spans
        for index in range(span.first, span.last + 1)
    }
