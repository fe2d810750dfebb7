"""From class probabilities to a species: the class-range rule.

The 1000 ImageNet classes are ordered so that 151..268 are dogs (Chihuahua to Mexican hairless) and
281..285 are domestic cats (tabby to Egyptian cat); 269 is the timber wolf, 286 the cougar. Models
with 1001 outputs put a background class in front and shift every index by one.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

Species: TypeAlias = str
DOG: Final[Species] = "dog"
CAT: Final[Species] = "cat"
OTHER: Final[Species] = "other"
"""Whatever no range claims; no range may bear this name."""

IMAGENET_CLASSES: Final = 1000


@dataclass(frozen=True, slots=True)
class ClassRange:
    """Consecutive class indices, both ends included.

    Raises:
        ValueError: the range is empty or begins below zero.
    """

    first: int
    last: int

    def __post_init__(self) -> None:
        whole = isinstance(self.first, int) and isinstance(self.last, int)
        if not (whole and 0 <= self.first <= self.last):
            span = f"{self.first!r}..{self.last!r}"
            raise ValueError(f"class range {span} must satisfy 0 <= first <= last in whole numbers")

    def __contains__(self, index: int) -> bool:
        return self.first <= index <= self.last

    def shifted(self, offset: int) -> "ClassRange":
        return ClassRange(self.first + offset, self.last + offset)

    def mass(self, probabilities: Sequence[float]) -> float:
        """The share of probability that falls into this range."""
        return math.fsum(probabilities[self.first : self.last + 1])


Ranges: TypeAlias = Mapping[Species, tuple[ClassRange, ...]]

IMAGENET_RANGES: Final[Ranges] = {DOG: (ClassRange(151, 268),), CAT: (ClassRange(281, 285),)}


def imagenet_ranges(width: int) -> Ranges | None:
    """The dog and cat ranges for a model of ``width`` outputs; None when ImageNet does not explain it."""
    offset = width - IMAGENET_CLASSES
    if offset not in (0, 1):
        return None
    return {species: tuple(r.shifted(offset) for r in ranges) for species, ranges in IMAGENET_RANGES.items()}


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one frame shows.

    Attributes:
        species: the species the rule settled on.
        confidence: the probability of that species, 0..1.
        probabilities: each species' probability, ``other`` included.
    """

    species: Species
    confidence: float
    probabilities: Mapping[Species, float]

    def probability(self, species: Species) -> float:
        return self.probabilities.get(species, 0.0)


@dataclass(frozen=True, slots=True)
class MassRule:
    """A species is seen when the probabilities over its ranges add up to the threshold.

    Summing beats looking at the top class alone: a dog spread over thirty breeds is still a dog, and
    a raccoon that happens to look most like one breed is not.
    """

    ranges: Ranges
    threshold: float = 0.5

    def sighting(self, probabilities: Sequence[float]) -> Sighting:
        """Judge one vector of class probabilities (length: the model's number of classes)."""
        masses = _masses(self.ranges, probabilities)
        best = max(self.ranges, key=masses.__getitem__)
        species = best if masses[best] >= self.threshold else OTHER
        return Sighting(species, masses[species], masses)


@dataclass(frozen=True, slots=True)
class Top1Rule:
    """The original rule: the species whose range holds the most probable class, however probable."""

    ranges: Ranges

    def sighting(self, probabilities: Sequence[float]) -> Sighting:
        """Judge one vector of class probabilities (length: the model's number of classes)."""
        top = max(range(len(probabilities)), key=probabilities.__getitem__)
        species = next((s for s, ranges in self.ranges.items() if any(top in r for r in ranges)), OTHER)
        masses = _masses(self.ranges, probabilities)
        return Sighting(species, masses[species], masses)


SpeciesRule: TypeAlias = MassRule | Top1Rule


def _masses(ranges: Ranges, probabilities: Sequence[float]) -> dict[Species, float]:
    # A quantised softmax adds up to one only roughly: no species may pass one, and other not fall below 0.
    masses = {
        species: min(1.0, sum(r.mass(probabilities) for r in spans)) for species, spans in ranges.items()
    }
    masses[OTHER] = max(0.0, 1.0 - sum(masses.values()))
    return masses
