"""Raccoons: a humped grey back, a black mask, and a thick ringed tail."""

from typing import Final

from numpy.random import Generator

from petdoor.scene.quadrupeds import Animal, Build, Coat
from petdoor.scene.solids import Chain, Colour, chain, mixed, scaled, spot

_BLACK: Final = (38.0, 35.0, 36.0)
_PALE: Final = (222.0, 216.0, 204.0)


def raccoon(random: Generator) -> Animal:
    """Some raccoon."""
    main = scaled(mixed((128, 122, 114), (126, 104, 80), random.random()), random.uniform(0.85, 1.12))
    size = random.uniform(0.21, 0.24)
    dark = mixed(main, _BLACK, 0.75)
    build = Build(
        length=random.uniform(0.9, 1.08),
        chest=random.uniform(0.25, 0.29),
        waist=random.uniform(0.30, 0.35),
        legs=random.uniform(0.09, 0.105),
        neck=random.uniform(0.10, 0.16),
        neck_rise=random.uniform(-8, 22),
        head=size,
        tail=random.uniform(0.7, 0.9),
        tail_width=random.uniform(0.10, 0.135),
        tail_rise=random.uniform(-35, 5),
        tail_curl=random.uniform(0, 40),
        arch=random.uniform(0.10, 0.17),
        elbow=0.48,
    )
    light = mixed(main, _PALE, 0.5)
    coat = Coat(main, mixed(main, _PALE, 0.3), scaled(main, 0.8), (main, dark, dark), (light, _BLACK) * 5)
    return Animal(build, coat, _head(main, size), can_sit=False, wag_degrees=7, wags_a_second=0.4)


def _head(main: Colour, size: float) -> tuple[Chain, ...]:
    ball = (0.0, 0.0, 0.0, size)
    marks = [spot(ball, 0, 62, scaled(main, 0.55), size=(9, 22))]
    for side in (1, -1):
        marks.append(spot(ball, side * 42, 34, _PALE, size=(32, 11), tilt=-side * 14))
        marks.append(spot(ball, side * 48, -28, _PALE, size=(30, 12), tilt=side * 10))
        marks.append(spot(ball, side * 42, 5, _BLACK, size=(34, 17), tilt=-side * 14))
    for side in (1, -1):
        marks.append(spot(ball, side * 32, 11, (18, 14, 14), size=(9, 9.5), is_crisp=True))
        marks.append(spot(ball, side * 32 - 3, 15, (246, 246, 246), size=(3.4, 3.4), is_crisp=True))
    skull = chain([ball, (-0.3 * size, 0, 0, size)], main, lift=0.03, marks=marks)
    ears = [_ear(size, side, main) for side in (1, -1)]
    tip = (1.42 * size, 0.0, -0.42 * size, 0.24 * size)
    nose = [
        spot(tip, 0, 16, (24, 20, 22), size=(46, 40), is_crisp=True),
        spot(tip, 8, 36, (150, 148, 150), size=(12, 7), is_crisp=True),
    ]
    snout = chain([(0.5 * size, 0, -0.26 * size, 0.52 * size), tip], _PALE, lift=0.09, marks=nose)
    bridge = chain(
        [(0.75 * size, 0, 0.02 * size, 0.2 * size), (1.3 * size, 0, -0.3 * size, 0.14 * size)],
        scaled(main, 0.5),
        lift=0.12,
    )
    return (*ears, skull, snout, bridge)


def _ear(size: float, side: int, main: Colour) -> Chain:
    ball = (-0.1 * size, side * 0.78 * size, 0.86 * size, 0.30 * size)
    inner = spot(ball, side * 14, 6, _BLACK, size=(38, 38), is_crisp=False)
    return chain(
        [(-0.12 * size, side * 0.6 * size, 0.6 * size, 0.34 * size), ball],
        mixed(main, _PALE, 0.75),
        marks=[inner],
    )
