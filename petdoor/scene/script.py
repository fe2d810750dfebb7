"""Who comes to the door, and when: what is true of every moment of a scene."""

import itertools
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

GAP_SECONDS: Final = (6.0, 8.0)
"""A visit at the door ends 5 s after it: the gate closes after 2 s, and then nothing is seen for 3 s."""
VISIT_SECONDS: Final = (5.0, 7.0)


class Character(StrEnum):
    """The cast, in the order in which it first appears."""

    DOG = "dog"
    CAT = "cat"
    RACCOON = "raccoon"
    DOG_AND_CAT = "dog_and_cat"
    PERSON = "person"
    WIND = "wind"

    @property
    def all_species(self) -> frozenset[str]:
        """Every species that is there to be seen: ``dog``, ``cat``, ``other``; none where nobody is."""
        return _SPECIES[self]

    @property
    def species(self) -> str | None:
        """What one picture of it is called: a cat goes before a dog, because a cat in view bars the door."""
        return min(self.all_species, default=None)


_SPECIES: Final[dict[Character, frozenset[str]]] = {
    Character.DOG: frozenset({"dog"}),
    Character.CAT: frozenset({"cat"}),
    Character.RACCOON: frozenset({"other"}),
    Character.DOG_AND_CAT: frozenset({"dog", "cat"}),
    Character.PERSON: frozenset({"other"}),
    Character.WIND: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Visit:
    """One character's coming, waiting and going, in seconds of scene time."""

    character: Character
    begins_at: float
    ends_at: float
    seed: int

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return self.ends_at - self.begins_at


@dataclass(frozen=True, slots=True)
class Truth:
    """What is so at one moment.

    Attributes:
        visit: the visit that is going on; None in the empty yard.
        is_near: whether the visitor waits before the door, in full view.
    """

    visit: Visit | None = None
    is_near: bool = False

    @property
    def character(self) -> Character | None:
        """Who is about; the wind counts."""
        return self.visit.character if self.visit else None

    @property
    def species(self) -> str | None:
        """What a right door sees: ``dog``, ``cat``, ``other``; None where nobody is."""
        return self.visit.character.species if self.visit else None


COMING_SHARE: Final = 0.24
GOING_SHARE: Final = 0.24
"""Shares of a visit that coming and going take; the wait between them lasts 2.6 s or longer."""


@dataclass(frozen=True, slots=True)
class Script:
    """All visits of a scene, in order."""

    visits: tuple[Visit, ...]
    duration_seconds: float

    def at(self, seconds: float) -> Truth:
        """What is true ``seconds`` after the scene began."""
        number = self.begun(seconds) - 1
        if number < 0 or seconds >= self.visits[number].ends_at:
            return Truth()
        visit = self.visits[number]
        share = (seconds - visit.begins_at) / visit.seconds
        return Truth(visit, is_near=COMING_SHARE <= share <= 1 - GOING_SHARE)

    def begun(self, seconds: float) -> int:
        """How many visits have begun by then."""
        return bisect_right(self.visits, seconds, key=lambda visit: visit.begins_at)


def script(seed: int, visits: int) -> Script:
    """A script of so many visits: everyone once in the cast's order, then in seeded rounds."""
    random = np.random.default_rng([seed, 1])
    seconds = random.uniform(*GAP_SECONDS)
    planned = []
    for character in itertools.islice(_rounds(random), visits):
        ends_at = seconds + random.uniform(*VISIT_SECONDS)
        planned.append(Visit(character, seconds, ends_at, int(random.integers(2**31))))
        seconds = ends_at + random.uniform(*GAP_SECONDS)
    return Script(tuple(planned), seconds)


def _rounds(random: np.random.Generator) -> Iterator[Character]:
    cast = list(Character)
    yield from cast
    while True:
        yield from (cast[index] for index in random.permutation(len(cast)))
