"""Which pictures train, which choose, and which judge."""

import hashlib
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from petdoor.errors import DataError
from tools.data.dataset import Example
from tools.data.survey import Record

_ENOUGH_TO_SHARE: Final = 3


@dataclass(frozen=True, slots=True)
class Split:
    """The three parts, each in the order of the records.

    Attributes:
        train: what the network learns from.
        validation: what chooses the best epoch and the threshold.
        test: what the finished model is judged on, once.
    """

    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]


def split(
    records: Sequence[Record], *, shares: tuple[float, float, float] = (0.8, 0.1, 0.1), seed: int = 0
) -> Split:
    """Deal the pictures out, class by class, by what is in the files.

    Names, folders and order do not matter: the same files, classes and seed give the same parts. Equal
    files always share one part, so that nothing is learnt by heart and then asked; one that lies in
    several classes counts in the first of them. A class with three different pictures or more has one
    at least in each part whose share is above 0; a smaller one only trains. A picture that is added or
    taken away moves at most two others of its class, and none between validation and test.

    Args:
        records: the readable pictures.
        shares: of train, validation and test; they add up to 1.
        seed: another one deals otherwise.

    Raises:
        DataError: the shares make no sense.
    """
    _check(shares)
    first_class: dict[str, int] = {}
    for record in records:
        label = record.example.label
        first_class[record.digest] = min(label, first_class.get(record.digest, label))
    digests: dict[int, list[str]] = defaultdict(list)
    for digest, label in first_class.items():
        digests[label].append(digest)
    part_of = {d: p for one in digests.values() for d, p in _dealt(one, shares, seed).items()}
    parts: tuple[list[Example], ...] = ([], [], [])
    for record in records:
        parts[part_of[record.digest]].append(record.example)
    train, validation, test = map(tuple, parts)
    return Split(train, validation, test)


def _dealt(digests: Sequence[str], shares: tuple[float, float, float], seed: int) -> dict[str, int]:
    """0, 1 or 2 (train, validation, test) for each file of one class.

    Test and validation take from the two ends, so that one more file moves neither into the other.
    """
    shuffled = sorted(digests, key=lambda digest: hashlib.sha256(f"{seed} {digest}".encode()).digest())
    test, validation = _counts(len(shuffled), shares)
    return {
        digest: 2 if rank < test else 1 if rank >= len(shuffled) - validation else 0
        for rank, digest in enumerate(shuffled)
    }


def _counts(total: int, shares: tuple[float, float, float]) -> tuple[int, int]:
    """How many of a class test and validate; one at least is left to train."""
    if total < _ENOUGH_TO_SHARE:
        return 0, 0
    _, validation, test = (max(1, math.floor(total * share + 0.5)) if share else 0 for share in shares)
    while test + validation >= total:  # shares that leave next to nothing to train, in a small class
        test, validation = (test - 1, validation) if test > validation else (test, validation - 1)
    return test, validation


def _check(shares: tuple[float, float, float]) -> None:
    if not (all(0 <= share <= 1 for share in shares) and shares[0] and math.isclose(sum(shares), 1)):
        given = ", ".join(f"{share:g}" for share in shares)
        raise DataError(
            f"shares {given} of train, validation and test must be 0 to 1, add up to 1 and leave some to "
            "train on"
        )
