"""People, who may pass but never come in: they stroll by with a bag or an umbrella, or none.

Their figures are as high as 1.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator

from petdoor.scene.quadrupeds import Pose
from petdoor.scene.solids import Chain, Colour, Figure, Mark, chain, scaled, spot

_SKINS: Final[tuple[Colour, ...]] = ((240, 200, 170), (222, 172, 132), (172, 118, 82), (112, 74, 52))
_HAIRS: Final[tuple[Colour, ...]] = (
    (44, 34, 30),
    (96, 62, 36),
    (190, 146, 80),
    (170, 168, 166),
    (140, 64, 34),
)
_CLOTHES: Final[tuple[Colour, ...]] = (
    *((186, 52, 52), (52, 92, 150), (60, 120, 86), (222, 180, 70), (104, 78, 130)),
    *((220, 216, 208), (70, 74, 84), (214, 122, 70), (110, 160, 180)),
)
_TROUSERS: Final[tuple[Colour, ...]] = (
    (54, 66, 96),
    (64, 60, 58),
    (120, 104, 82),
    (40, 42, 50),
    (150, 140, 124),
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on two legs."""

    skin: Colour
    hair: Colour
    top: Colour
    legs: Colour
    shoes: Colour
    girth: float
    skirt: bool = False
    long_hair: bool = False
    bag: Colour | None = None
    umbrella: Colour | None = None

    def figure(self, pose: Pose) -> Figure:
        """The person in that pose."""
        bob = 0.008 * pose.stride * np.sin(4 * np.pi * pose.step)
        parts = [*(_leg(self, pose, side) for side in (1, -1)), *_trunk(self, bob, pose.breath)]
        parts += [part for side in (1, -1) for part in _arm(self, pose, side)]
        parts += _head(self, bob, pose.look_yaw)
        return Figure(tuple(parts), softness=0.006, fur=0.06)


def person(random: Generator) -> Person:
    """Some person."""

    def one(colours: tuple[Colour, ...]) -> Colour:
        return scaled(colours[random.integers(len(colours))], random.uniform(0.85, 1.1))

    return Person(
        skin=one(_SKINS),
        hair=one(_HAIRS),
        top=one(_CLOTHES),
        legs=one(_TROUSERS),
        shoes=one(((60, 44, 36), (36, 36, 40), (210, 206, 200))),
        girth=random.uniform(0.085, 0.115),
        skirt=bool(random.random() < 0.25),
        long_hair=bool(random.random() < 0.45),
        bag=one(_CLOTHES) if random.random() < 0.45 else None,
        umbrella=one(_CLOTHES) if random.random() < 0.3 else None,
    )


def _leg(who: Person, pose: Pose, side: int) -> Chain:
    turn = 2 * np.pi * (pose.step + (0.5 if side > 0 else 0.0))
    ahead = 0.13 * pose.stride * np.cos(turn)
    lifted = 0.05 * pose.stride * max(0.0, -np.sin(turn))
    y, wide = side * 0.048, who.girth * 0.55
    foot = ahead
    balls = [
        [0, y, 0.49, wide * 1.15],
        [0.5 * ahead + 0.25 * lifted + 0.01, y, 0.27 + 0.3 * lifted, wide * 0.85],
        [foot - 0.6 * lifted, y, 0.055 + lifted, wide * 0.58],
        [foot - 0.5 * lifted, y, 0.026 + lifted, 0.026],
        [foot + 0.062 - 0.5 * lifted, y, 0.022 + lifted * 0.8, 0.022],
    ]
    shin = who.skin if who.skirt else who.legs
    return chain(balls, who.legs, shin, who.shoes, who.shoes)


def _trunk(who: Person, bob: float, breath: float) -> list[Chain]:
    girth = who.girth * (1 + 0.012 * breath)
    chest = [[0, y, 0.77 + bob, girth * 0.80] for y in (-0.055, 0.055)]
    middle = [
        [0, 0, 0.76 + bob, girth * 0.95],
        [0, 0, 0.62 + bob, girth * 0.86],
        [0, 0, 0.53 + bob, girth * 0.98],
    ]
    parts = [chain(chest, who.top), chain(middle, who.top, lift=0.005)]
    if who.skirt:
        hem = [[0, 0, 0.52 + bob, girth], [0, 0, 0.40 + bob, girth * 1.15], [0, 0, 0.33 + bob, girth * 1.3]]
        parts.append(chain(hem, who.legs, lift=0.012))
    return [*parts, chain([[0, 0, 0.82 + bob, 0.042], [0.01, 0, 0.88 + bob, 0.036]], who.skin)]


def _arm(who: Person, pose: Pose, side: int) -> list[Chain]:
    turn = 2 * np.pi * (pose.step + (0.0 if side > 0 else 0.5))
    swing = 0.09 * pose.stride * np.cos(turn)
    shoulder, wide = [0, side * (0.06 + who.girth * 0.62), 0.79], who.girth * 0.36
    if who.umbrella and side < 0:
        hand = [0.12, shoulder[1] * 0.9, 0.68]
        return [
            _limb(who, shoulder, [0.03, shoulder[1] * 1.1, 0.63, wide], hand),
            *_umbrella(who.umbrella, hand),
        ]
    elbow = [swing * 0.5 - 0.01, shoulder[1] * 1.12, 0.63, wide * 0.9]
    hand = [swing + 0.03, shoulder[1] * 1.1, 0.49]
    parts = [_limb(who, shoulder, elbow, hand)]
    if who.bag and side > 0:
        x, y, z = hand
        parts.append(
            chain([[x - 0.04, y, z - 0.09, 0.05], [x + 0.05, y, z - 0.09, 0.05]], who.bag, lift=0.03)
        )
        parts.append(
            chain([[x, y, z, 0.008], [x - 0.03, y, z - 0.07, 0.008]], scaled(who.bag, 0.6), lift=0.02)
        )
    return parts


def _limb(who: Person, shoulder: list[float], elbow: list[float], hand: list[float]) -> Chain:
    wide = elbow[3]
    wrist = [*hand[:2], hand[2] + 0.03, wide * 0.62]
    return chain([[*shoulder, wide * 1.2], elbow, wrist, [*hand, 0.026]], who.top, who.top, who.skin)


def _umbrella(colour: Colour, hand: list[float]) -> list[Chain]:
    x, y, z = hand
    top = z + 0.42
    rim = [
        chain(
            [
                [x, y, top, 0.02],
                [x + 0.13 * np.cos(turn), y + 0.13 * np.sin(turn), top - 0.03, 0.045],
                [x + 0.24 * np.cos(turn), y + 0.24 * np.sin(turn), top - 0.10, 0.03],
            ],
            colour if number % 2 else scaled(colour, 0.82),
            lift=0.2,
        )
        for number, turn in enumerate(np.linspace(0, 2 * np.pi, 14, endpoint=False))
    ]
    return [chain([[x, y, z - 0.04, 0.007], [x, y, top, 0.006]], (70, 66, 64)), *rim]


def _head(who: Person, bob: float, look: float) -> list[Chain]:
    ball = (0.015, 0.0, 0.935 + bob, 0.062)
    marks: list[Mark] = []
    for side in (1, -1):
        marks.append(spot(ball, look + side * 24, 4, (40, 30, 28), size=(6, 6), is_crisp=True))
        marks.append(spot(ball, look + side * 25, 20, scaled(who.hair, 0.8), size=(11, 2.5), is_crisp=True))
    marks.append(spot(ball, look, -30, (170, 84, 78), size=(14, 4), is_crisp=True))
    x, _, z, _ = ball
    face = chain([ball, (0.022, 0, z - 0.022, 0.052)], who.skin, lift=0.02, marks=marks)
    hair = chain([(x - 0.02, 0, z + 0.022, 0.064), (x - 0.028, 0, z - 0.01, 0.056)], who.hair, lift=0.005)
    fringe = chain(
        [(x + 0.012, -0.03, z + 0.046, 0.03), (x + 0.012, 0.03, z + 0.046, 0.03)], who.hair, lift=0.05
    )
    nose = chain([(x + 0.06, 0, z - 0.008, 0.011)], who.skin, lift=0.06)
    parts = [face, hair, fringe, nose]
    if who.long_hair:
        fall = [(x - 0.035, 0, z - 0.02, 0.055), (x - 0.05, 0, z - 0.12, 0.045)]
        parts.append(chain(fall, who.hair, lift=0.0))
    return parts
