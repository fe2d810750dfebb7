"""A scripted scene of a yard, frame by frame; and single pictures of it to learn from."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.random import Generator

from petdoor.pictures import MAX_SQUEEZE, Picture
from petdoor.scene import breeze
from petdoor.scene.paint import outline, paint
from petdoor.scene.script import Character, Script, Truth, Visit, script
from petdoor.scene.stage import Presence, presences
from petdoor.scene.weather import Air, Weather, air, expose, passing, some_weather
from petdoor.scene.yard import Yard, yard

_CHANGE_SECONDS: Final = 3.0
_YARDS: Final = 80
_VISIBLE_ENOUGH: Final = 0.6
_BREATH_OF_AIR: Final = 0.12  # where shadows move, so do the boughs that throw them


class Scene:
    """A yard with visits; the same seed gives the same scene.

    Args:
        seed: of the yard, the visits, the visitors and the weather.
        visits: how many.
        size: height and width of the pictures.
        weather: one for the whole scene; by default each visit has its own.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        visits: int = 6,
        size: tuple[int, int] = (480, 640),
        weather: Weather | None = None,
    ) -> None:
        self.script: Script = script(seed, visits)
        self._seed = seed
        self._yard = yard(seed, size)
        random = np.random.default_rng([seed, 3])
        chosen = [weather or some_weather(random) for _ in range(max(1, visits))]
        self._airs = [air(one) for one in chosen]

    @property
    def duration_seconds(self) -> float:
        """How long it lasts: up to the end of the empty yard after the last visit."""
        return self.script.duration_seconds

    def truth(self, seconds: float) -> Truth:
        """What is true at that time."""
        return self.script.at(seconds)

    def picture(self, seconds: float) -> Picture:
        """The yard at that time: height x width x 3, uint8, RGB."""
        moment = _Moment(self._yard, self.script.at(seconds).visit, seconds)
        return moment.picture(self._air(seconds), self._seed)

    def _air(self, seconds: float) -> Air:
        """The weather changes slowly, in the middle of the pauses."""
        visits = self.script.visits
        number = self.script.begun(seconds) - 1
        if number < 0 or number + 1 == len(visits):
            return self._airs[max(0, number)]
        middle = (visits[number].ends_at + visits[number + 1].begins_at) / 2
        share = min(1.0, max(0.0, (seconds - middle) / _CHANGE_SECONDS + 0.5))
        return passing(self._airs[number], self._airs[number + 1], share)


@dataclass(frozen=True, slots=True)
class Portrait:
    """A picture to learn from.

    Attributes:
        picture: height x width x 3, uint8, RGB.
        species: ``dog``, ``cat`` or ``other``: what a right door sees.
        visible: the share of the animal that is within the part of the picture a classifier sees;
            1 where there is none.
    """

    picture: Picture
    species: str
    visible: float


def portrait(
    character: Character | None,
    random: Generator,
    *,
    size: tuple[int, int] = (480, 640),
    weather: Weather | None = None,
) -> Portrait:
    """Some moment of some visit in some yard; None is an empty yard.

    Most show the visitor near the door; some on its way, some partly outside of the picture. Only
    where three fifths of it are visible do they bear its species; a visible cat goes before a dog.
    """
    place = yard(int(random.integers(_YARDS)) + 1_000_000, size)
    visit = Visit(character or Character.WIND, 0.0, random.uniform(5, 7), int(random.integers(2**31)))
    share = random.uniform(0.24, 0.76) if random.random() < 0.75 else random.uniform(0.03, 0.97)
    seconds, aside = share * visit.seconds, 0.0
    if random.random() < 0.35:
        aside = float(random.normal(0, 0.18))
    exposure = air(weather or some_weather(random))
    moment = _Moment(place, visit if character else None, seconds, aside)
    visible = {one.species: _visible(one, size) for one in moment.everybody()}
    species = next((name for name in ("cat", "dog") if visible.get(name, 0) >= _VISIBLE_ENOUGH), "other")
    return Portrait(moment.picture(exposure, visit.seed), species, min(visible.values(), default=1.0))


@dataclass(frozen=True, slots=True)
class _Moment:
    """A yard at one moment of a visit; ``aside`` moves everybody by that share of the width."""

    yard: Yard
    visit: Visit | None
    seconds: float
    aside: float = 0.0

    def everybody(self) -> tuple[Presence, ...]:
        if self.visit is None:
            return ()
        height, width = self.yard.still.shape[:2]
        present = presences(self.visit, self.seconds, size=(height, width), horizon=self.yard.horizon)
        return tuple(
            replace(one, place=replace(one.place, x=one.place.x + self.aside * width)) for one in present
        )

    def picture(self, exposure: Air, seed: int) -> Picture:
        picture = self.yard.still.copy()
        for one in self.everybody():
            paint(picture, one.figure, one.place)
        gust = self._gust()
        strength = max(gust, _BREATH_OF_AIR * min(1.0, exposure.shadows / 0.2))
        for crown in self.yard.crowns:
            breeze.sway(picture, crown, seconds=self.seconds, strength=strength)
        breeze.blow(picture, self.yard.leaf, seconds=self.seconds, strength=gust, seed=seed)
        return expose(picture, exposure, seconds=self.seconds, seed=seed)

    def _gust(self) -> float:
        if self.visit is None or self.visit.character is not Character.WIND:
            return 0.0
        share = (self.seconds - self.visit.begins_at) / self.visit.seconds
        return float(max(0.0, np.sin(np.pi * share)) ** 0.7)


def _visible(one: Presence, size: tuple[int, int]) -> float:
    """The share of its bounds within the middle of the picture, which is what a classifier gets."""
    bounds = outline(one.figure, one.place)
    margin = max(0.0, (size[1] - size[0] * MAX_SQUEEZE) / 2)
    wide = min(bounds.right, size[1] - margin) - max(bounds.left, margin)
    high = min(bounds.bottom, size[0]) - max(bounds.top, 0)
    whole = (bounds.right - bounds.left) * (bounds.bottom - bounds.top)
    return max(0.0, wide) * max(0.0, high) / whole
