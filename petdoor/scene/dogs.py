"""Dogs of many breeds: long snouts, strong legs, ears up or down, a tail that wags."""

from typing import Final

import numpy as np
from numpy.random import Generator

from petdoor.scene.coats import blotch
from petdoor.scene.quadrupeds import Animal, Build, Coat, Patch
from petdoor.scene.solids import Chain, Colour, Mark, chain, line, mixed, scaled, spot

_WHITE: Final = (236.0, 230.0, 220.0)
_BLACK: Final = (48.0, 45.0, 46.0)
_COATS: Final[tuple[tuple[Colour, Colour], ...]] = (
    ((196, 142, 84), (232, 204, 160)),  # golden
    ((150, 92, 50), (196, 142, 92)),  # red
    ((98, 62, 40), (140, 96, 66)),  # chocolate
    ((52, 48, 48), (176, 116, 62)),  # black and tan
    ((60, 58, 60), _WHITE),  # black and white
    (_WHITE, (246, 242, 236)),  # white
    ((214, 184, 140), (240, 226, 200)),  # cream
    ((128, 122, 120), (206, 202, 198)),  # grey
    ((186, 122, 66), _WHITE),  # fawn and white
)
_COLLARS: Final[tuple[Colour, ...]] = ((196, 40, 44), (38, 92, 190), (44, 140, 84), (236, 168, 40))


def dog(random: Generator) -> Animal:
    """Some dog."""
    main, second = _COATS[random.integers(len(_COATS))]
    main = scaled(main, random.uniform(0.88, 1.1))
    pattern = random.choice(["plain", "patched", "saddle", "socks"])
    size = random.uniform(0.21, 0.25)
    coat = _coat(main, second, pattern)
    is_low = random.random() < 0.22
    build = Build(
        length=random.uniform(1.2, 1.4) if is_low else random.uniform(0.78, 1.1),
        chest=random.uniform(0.31, 0.35) if is_low else random.uniform(0.235, 0.30),
        waist=random.uniform(0.26, 0.29) if is_low else random.uniform(0.18, 0.23),
        legs=random.uniform(0.085, 0.115),
        neck=random.uniform(0.24, 0.34),
        neck_rise=random.uniform(48, 66),
        head=size,
        tail=random.uniform(0.35, 0.62),
        tail_width=random.uniform(0.045, 0.085),
        tail_rise=random.uniform(10, 55),
        tail_curl=random.uniform(-20, 150),
    )
    return Animal(
        build,
        coat,
        _head(random, main, second, size, pattern),
        patches=_patches(random, main, pattern),
        collar=_COLLARS[random.integers(len(_COLLARS))] if random.random() < 0.65 else None,
        wag_degrees=random.uniform(15, 34),
        wags_a_second=random.uniform(1.4, 2.4),
    )


def _coat(main: Colour, second: Colour, pattern: str) -> Coat:
    if pattern == "plain":
        return Coat(main, second, mixed(main, second, 0.5), (main, main, mixed(main, second, 0.3)), (main,))
    if pattern == "patched":
        return Coat(_WHITE, _WHITE, None, (_WHITE, _WHITE, _WHITE), (main, main, main, _WHITE))
    tip = second if pattern == "socks" else main
    return Coat(main, second, second, (main, second, second), (main, main, main, main, tip))


def _patches(random: Generator, main: Colour, pattern: str) -> tuple[Patch, ...]:
    if pattern == "saddle":
        colour = scaled(main, 0.5) if sum(main) > 300 else mixed(main, _BLACK, 0.6)
        edge = [[0.12, a] for a in (-60, -20, 20, 60)] + [[0.5, 78], [0.9, 66]]
        edge += [[1.0, a] for a in (20, -20)] + [[0.9, -66], [0.5, -78]]
        return (Patch(np.array(edge), colour),)
    if pattern != "patched":
        return ()
    colour = main if sum(main) < 600 else _BLACK
    return tuple(
        blotch(random, colour, within=110, long=(0.06, 0.2), wide=(18, 50))
        for _ in range(random.integers(4, 9))
    )


def _head(random: Generator, main: Colour, second: Colour, size: float, pattern: str) -> tuple[Chain, ...]:
    face = main if pattern != "patched" or random.random() < 0.6 else _WHITE
    ears = main if sum(main) < 560 or pattern != "patched" else _BLACK
    blaze = second if pattern in {"patched", "socks"} else None
    muzzle = mixed(face, second, random.uniform(0.2, 1))
    if random.random() < 0.25:
        muzzle = mixed(face, _BLACK, 0.75)
    reach = size * random.uniform(1.3, 1.85)
    thick = size * random.uniform(0.46, 0.6)
    ball = (0.0, 0.0, 0.0, size)
    marks = [
        *(_eye(ball, side) for side in (1, -1)),
        *(_glint(ball, side) for side in (1, -1)),
    ]
    if blaze:
        marks.insert(0, spot(ball, 0, 42, blaze, size=(13, 46)))
    skull = chain([ball, (-0.35 * size, 0, -0.05 * size, size * 0.92)], face, lift=0.03, marks=marks)
    return (skull, _snout(size, reach, thick, muzzle), *_ears(random, size, ears))


def _eye(ball: tuple[float, ...], side: int) -> Mark:
    return spot(ball, side * 33, 20, (34, 22, 16), size=(10.5, 11.5), is_crisp=True)


def _glint(ball: tuple[float, ...], side: int) -> Mark:
    return spot(ball, side * 33 - 3, 25, (240, 240, 240), size=(3, 3), is_crisp=True)


def _snout(size: float, reach: float, thick: float, colour: Colour) -> Chain:
    drop = -0.32 * size
    tip = (reach, 0.0, drop, thick * 0.8)
    marks = [
        spot(tip, 0, 24, (28, 24, 26), size=(42, 32), is_crisp=True),
        spot(tip, 8, 36, (150, 146, 150), size=(10, 6), is_crisp=True),
        *(
            line(
                [
                    (reach + thick * 0.62, side * 0.1 * thick, drop - 0.38 * thick),
                    (reach + thick * 0.2, side * 0.72 * thick, drop - 0.42 * thick),
                    (reach - thick * 0.7, side * 0.98 * thick, drop - 0.30 * thick),
                    (reach + thick * 0.2, side * 0.7 * thick, drop - 0.52 * thick),
                ],
                (52, 34, 32),
                normal=np.array([0.55, side * 0.83, 0.0]),
            )
            for side in (1, -1)
        ),
    ]
    jaw = (size * 0.35, 0.0, drop * 0.85, thick * 1.35)
    return chain([jaw, tip], colour, lift=0.08, marks=marks)


def _ears(random: Generator, size: float, colour: Colour) -> list[Chain]:
    shape = random.choice(["floppy", "pointed", "folded"], p=[0.5, 0.27, 0.23])
    if shape == "pointed":
        long, wide = random.uniform(0.85, 1.15), random.uniform(0.38, 0.46)
        balls = [
            (-0.2, 0.52, 0.62, wide),
            (-0.24, 0.66, 0.62 + long * 0.6, wide * 0.6),
            (-0.24, 0.7, 0.7 + long, 0.05),
        ]
    elif shape == "folded":
        balls = [
            (-0.2, 0.6, 0.7, 0.34),
            (-0.15, 0.95, 1.0, 0.3),
            (0.08, 1.2, 0.62, 0.2),
            (0.14, 1.24, 0.5, 0.1),
        ]
    else:
        long, wide = random.uniform(0.8, 1.6), random.uniform(0.26, 0.36)
        balls = [
            (-0.25, 0.68, 0.58, 0.26),
            (-0.28, 1.0, 0.3, wide),
            (-0.2, 1.12, 0.25 - long * 0.6, wide * 1.12),
            (-0.12, 1.08, 0.2 - long, wide * 0.7),
        ]
    dark = scaled(colour, 0.8)
    return [
        chain([[x * size, side * y * size, z * size, r * size] for x, y, z, r in balls], dark, lift=0.06)
        for side in (1, -1)
    ]
