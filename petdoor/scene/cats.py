"""Cats: round heads, short muzzles, pointed ears, whiskers, and a long slim tail."""

from typing import Final

import numpy as np
from numpy.random import Generator

from petdoor.scene.coats import blotch
from petdoor.scene.quadrupeds import Animal, Build, Coat, Patch
from petdoor.scene.solids import Chain, Colour, Mark, chain, line, mixed, scaled, spot

_WHITE: Final = (240.0, 236.0, 230.0)
_PINK: Final = (222.0, 142.0, 140.0)
_TABBIES: Final[tuple[tuple[Colour, Colour], ...]] = (
    ((206, 134, 66), (156, 84, 32)),  # ginger
    ((150, 128, 100), (72, 58, 44)),  # brown
    ((150, 150, 152), (78, 78, 82)),  # silver
    ((222, 190, 146), (188, 142, 92)),  # cream
)
_PLAINS: Final[tuple[Colour, ...]] = ((46, 44, 48), (238, 234, 228), (112, 118, 128), (206, 140, 74))
_MUZZLE_WHITENESS: Final = {"plain": 0.0, "calico": 0.0, "tabby": 0.55, "tuxedo": 0.9, "tabby_white": 0.9}
_EYES: Final[tuple[Colour, ...]] = ((150, 190, 70), (222, 184, 60), (206, 138, 40), (110, 176, 200))


def cat(random: Generator) -> Animal:
    """Some cat."""
    pattern = random.choice(
        ["tabby", "plain", "calico", "tuxedo", "tabby_white"], p=[0.34, 0.22, 0.16, 0.14, 0.14]
    )
    main, dark = _TABBIES[random.integers(len(_TABBIES))]
    if pattern in {"plain", "tuxedo"}:
        main = (
            _PLAINS[random.integers(len(_PLAINS))] if pattern == "plain" else _PLAINS[2 * random.integers(2)]
        )
        dark = scaled(main, 0.75)
    main, dark = (
        scaled(colour, shade) for colour, shade in zip((main, dark), random.uniform(0.9, 1.1, 2), strict=True)
    )
    size = random.uniform(0.235, 0.27)
    build = Build(
        length=random.uniform(0.92, 1.12),
        chest=random.uniform(0.225, 0.27),
        waist=random.uniform(0.20, 0.25),
        legs=random.uniform(0.088, 0.105),
        neck=random.uniform(0.13, 0.18),
        neck_rise=random.uniform(42, 56),
        head=size,
        tail=random.uniform(0.95, 1.2),
        tail_width=random.uniform(0.045, 0.062),
        tail_rise=random.uniform(35, 75),
        tail_curl=random.uniform(-50, 110),
        arch=random.uniform(0.0, 0.05),
    )
    return Animal(
        build,
        _coat(main, dark, pattern),
        _head(random, main, dark, size, pattern),
        patches=_patches(random, dark, pattern),
        collar=(190, 50, 70) if random.random() < 0.2 else None,
        wag_degrees=random.uniform(8, 22),
        wags_a_second=random.uniform(0.3, 0.7),
    )


def _coat(main: Colour, dark: Colour, pattern: str) -> Coat:
    rings = (main, dark) * 5 + (dark, dark)
    if pattern == "tabby":
        pale = mixed(main, _WHITE, 0.4)
        return Coat(main, pale, pale, (main, main, pale), rings)
    if pattern == "plain":
        return Coat(main, main, None, (main, main, main), (main,))
    if pattern == "calico":
        return Coat(_WHITE, _WHITE, None, (_WHITE, _WHITE, _WHITE), (main, main, (60, 52, 50)))
    tail = rings if pattern == "tabby_white" else (main,)
    return Coat(main, _WHITE, _WHITE, (main, main if pattern == "tuxedo" else _WHITE, _WHITE), tail)


def _patches(random: Generator, dark: Colour, pattern: str) -> tuple[Patch, ...]:
    if pattern == "calico":
        orange, black = (206, 128, 62), (58, 52, 52)
        return tuple(
            blotch(random, colour, within=85, long=(0.08, 0.17), wide=(22, 48))
            for colour in (black, orange, black, orange, black, orange, black)
        )
    if pattern not in {"tabby", "tabby_white"}:
        return ()
    at = np.linspace(0.1, 0.95, random.integers(6, 9))
    stripes = [_stripe(random, along, side, dark) for along in at for side in (1, -1)]
    spine = Patch(np.array([[0, -9], [0, 9], [1, 9], [1, -9]], float), dark)
    return (spine, *stripes)


def _stripe(random: Generator, along: float, side: int, colour: Colour) -> Patch:
    lean, wide, low = random.uniform(-0.04, 0.08), random.uniform(0.022, 0.034), random.uniform(80, 115)
    edge = [[along - wide, 8], [along + wide, 8], [along + wide + lean, low * 0.6], [along + lean * 1.4, low]]
    edge.append([along - wide + lean, low * 0.6])
    return Patch(np.array(edge) * (1, side), colour)


def _head(random: Generator, main: Colour, dark: Colour, size: float, pattern: str) -> tuple[Chain, ...]:
    face = _WHITE if pattern == "calico" else main
    ball = (0.0, 0.0, 0.0, size)
    marks = list(_face_pattern(ball, dark, pattern))
    eye = _EYES[random.integers(len(_EYES))]
    for side in (1, -1):
        marks += _eye(ball, side, eye)
    skull = chain([ball, (-0.2 * size, 0, 0, size * 0.95)], face, lift=0.03, marks=marks)
    cheeks = [
        chain(
            [(0.35 * size, 0.3 * s * size, -0.35 * size, 0.55 * size)], mixed(face, _WHITE, 0.15), lift=0.02
        )
        for s in (1, -1)
    ]
    ears = [part for side in (1, -1) for part in _ear(size, side, _ear_colour(face, pattern, side))]
    muzzle = mixed(face, _WHITE, _MUZZLE_WHITENESS[pattern])
    return (*ears, skull, *cheeks, _muzzle(size, muzzle))


def _ear_colour(face: Colour, pattern: str, side: int) -> Colour:
    if pattern == "calico":
        return (206, 128, 62) if side > 0 else (58, 52, 52)
    return face


def _face_pattern(ball: tuple[float, ...], dark: Colour, pattern: str) -> list[Mark]:
    if pattern == "calico":
        return [
            spot(ball, 38, 42, (206, 128, 62), size=(28, 34)),
            spot(ball, -38, 46, (58, 52, 52), size=(26, 34)),
        ]
    if not pattern.startswith("tabby"):
        return []
    bars = [spot(ball, yaw, 60, dark, size=(4.5, 19), tilt=-yaw * 0.4) for yaw in (-26, 0, 26)]
    return bars + [spot(ball, side * 68, -2, dark, size=(18, 4), tilt=side * 10) for side in (1, -1)]


def _eye(ball: tuple[float, ...], side: int, colour: Colour) -> list[Mark]:
    yaw, pitch = side * 33, 14
    return [
        spot(ball, yaw, pitch, (40, 32, 28), size=(16.5, 14), tilt=side * 12, is_crisp=True),
        spot(ball, yaw, pitch, colour, size=(13.5, 11.5), tilt=side * 12, is_crisp=True),
        spot(ball, yaw, pitch, (18, 16, 16), size=(4.6, 11), is_crisp=True),
        spot(ball, yaw - 4, pitch + 5, (250, 250, 250), size=(3, 3), is_crisp=True),
    ]


def _ear(size: float, side: int, colour: Colour) -> list[Chain]:
    base, tip = (-0.12, 0.6, 0.62), (-0.1, 0.86, 1.55)
    outer = [[base[0] * size, side * base[1] * size, base[2] * size, 0.4 * size]]
    outer.append([tip[0] * size, side * tip[1] * size, tip[2] * size, 0.05 * size])
    inner = [
        (0.16 * size, side * 0.42 * size, 0.82 * size),
        (0.16 * size, side * 0.80 * size, 0.70 * size),
        (0.02 * size, side * 0.84 * size, 1.36 * size),
    ]
    mark = line(inner, mixed(_PINK, colour, 0.3), normal=np.array([1.0, 0.0, 0.0]))
    return [chain(outer, colour, lift=0.0, marks=[mark])]


def _muzzle(size: float, colour: Colour) -> Chain:
    ball = (0.72 * size, 0.0, -0.3 * size, 0.42 * size)
    marks = [spot(ball, 0, 26, _PINK, size=(17, 11), is_crisp=True)]
    marks += [
        spot(ball, s * 16, -4, (110, 74, 72), size=(15, 2.6), tilt=-s * 30, is_crisp=True) for s in (1, -1)
    ]
    ahead = np.array([1.0, 0.0, 0.1])
    for side in (1, -1):
        for rise in (-0.16, 0.0, 0.18):
            root = (0.95 * size, side * 0.25 * size, -0.36 * size)
            end = (0.75 * size, side * 1.6 * size, (-0.36 + rise * 1.6) * size)
            low = (root[0], root[1], root[2] - 0.035 * size)
            marks.append(line([root, end, low], (246, 244, 240), normal=ahead))
    return chain([(0.6 * size, 0, -0.28 * size, 0.44 * size), ball], colour, lift=0.1, marks=marks)
