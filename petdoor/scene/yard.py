"""The yard before the door, without anybody: sky, trees, a fence, a lawn and the patio."""

import itertools
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, cast

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from petdoor.pictures import Picture
from petdoor.scene.solids import Colour, mixed, scaled

_FENCES: Final[tuple[Colour, ...]] = (
    (150, 112, 78),
    (176, 150, 118),
    (122, 92, 70),
    (196, 190, 178),
    (110, 118, 112),
)
_LAWNS: Final[tuple[Colour, ...]] = ((98, 136, 62), (118, 146, 74), (84, 122, 66), (140, 146, 84))
_LEAVES: Final[tuple[Colour, ...]] = ((66, 108, 50), (84, 124, 56), (52, 92, 58), (128, 122, 50))
_STONES: Final[tuple[Colour, ...]] = ((172, 164, 152), (190, 168, 144), (148, 146, 146), (178, 140, 118))
_FINE: Final = 2  # painted larger, then shrunk: smooth edges


@dataclass(frozen=True, slots=True)
class Crown:
    """A leafy bough that the wind moves: RGB, its cover (0..1), and its top left corner in pixels."""

    colours: Picture
    cover: NDArray[np.float32]
    left: int
    top: int


@dataclass(frozen=True, slots=True)
class Yard:
    """A yard painted once: the still part, what sways before it, and where sky and lawn meet."""

    still: Picture
    crowns: tuple[Crown, ...]
    horizon: float
    leaf: Colour


@lru_cache(maxsize=96)  # a door paints one; who draws portraits comes back to each
def yard(seed: int, size: tuple[int, int]) -> Yard:
    """The yard of that seed at (height, width)."""
    random = np.random.default_rng([seed, 2])
    height, width = size[0] * _FINE, size[1] * _FINE
    horizon = random.uniform(0.46, 0.54)
    leaf = _any(random, _LEAVES)
    canvas = _sky(random, height, width)
    ground = int(horizon * height)
    _far_trees(random, canvas, ground, leaf)
    cv2.GaussianBlur(canvas, (0, 0), 2.5 * height / 960, dst=canvas)  # far away, not quite in focus
    _fence(random, canvas, ground)
    _lawn(random, canvas, ground)
    _trunk(random, canvas, ground)
    _bushes(random, canvas, ground, leaf)
    _patio(random, canvas, int((horizon + random.uniform(0.16, 0.24)) * height))
    _textured(random, canvas)
    still = cast(Picture, cv2.resize(canvas, (size[1], size[0]), interpolation=cv2.INTER_AREA))
    crowns = tuple(_crown(random, size, scaled(leaf, random.uniform(0.8, 1.1)), side) for side in (0, 1))
    return Yard(still, crowns, horizon, leaf)


def _any(random: Generator, colours: tuple[Colour, ...]) -> Colour:
    return scaled(colours[random.integers(len(colours))], random.uniform(0.9, 1.1))


def _sky(random: Generator, height: int, width: int) -> Picture:
    top: Colour = mixed((150, 186, 220), (196, 204, 210), random.random())
    share = np.linspace(0, 1, height)[:, None, None]
    sky = np.array(top) * (1 - share) + np.array((238.0, 236, 226)) * share
    return np.ascontiguousarray(np.broadcast_to(sky, (height, width, 3)).astype(np.uint8))


def _leafy(
    random: Generator,
    canvas: Picture,
    centre: tuple[float, float],
    *,
    reach: tuple[float, float],
    colour: Colour,
    size: float,
) -> None:
    """A mass of foliage: dark below and behind, light tufts above."""
    for share in np.linspace(0, 1, 130):
        angle, far = random.uniform(0, 2 * np.pi), np.sqrt(random.random()) * (1 - 0.25 * share)
        x = centre[0] + reach[0] * far * np.cos(angle) - reach[0] * 0.08 * share
        y = centre[1] + reach[1] * far * np.sin(angle) - reach[1] * 0.22 * share
        light = 0.55 + 0.5 * share + random.uniform(-0.06, 0.06)
        tuft = size * random.uniform(0.6, 1.2) * (1 - 0.55 * share)
        axes = (int(tuft), int(tuft * random.uniform(0.6, 0.95)))
        shade, tilt = scaled(colour, light), random.uniform(0, 180)
        cv2.ellipse(canvas, (int(x), int(y)), axes, tilt, 0, 360, shade, -1, cv2.LINE_AA)


def _far_trees(random: Generator, canvas: Picture, ground: int, leaf: Colour) -> None:
    height, width = canvas.shape[:2]
    hazy = mixed(leaf, (190, 204, 206), 0.45)
    for x in np.linspace(0, width, 6) + random.uniform(-60, 60, 6):
        top = ground - height * random.uniform(0.26, 0.42)
        _leafy(
            random,
            canvas,
            (x, top + 0.1 * height),
            reach=(0.16 * width, 0.14 * height),
            colour=hazy,
            size=0.045 * height,
        )


def _fence(random: Generator, canvas: Picture, ground: int) -> None:
    height, width = canvas.shape[:2]
    wood = _any(random, _FENCES)
    tall, plank = random.uniform(0.2, 0.3) * height, random.uniform(0.035, 0.06) * height
    is_pointed = random.random() < 0.5
    for rail in (0.25, 0.75):
        y = int(ground - tall * rail)
        cv2.rectangle(canvas, (0, y), (width, int(y + 0.022 * height)), scaled(wood, 0.6), -1)
    for x in np.arange(-random.uniform(0, plank), width, plank * 1.06):
        shade = scaled(wood, random.uniform(0.84, 1.1))
        top, right = ground - tall * random.uniform(0.98, 1.02), x + plank
        peak = top - (plank * 0.35 if is_pointed else 0)
        corners = [(x, ground), (x, top), ((x + right) / 2, peak), (right, top), (right, ground)]
        cv2.fillPoly(canvas, [np.array(corners, np.int32)], shade, cv2.LINE_AA)
        cv2.line(canvas, (int(x), ground), (int(x), int(top)), scaled(shade, 1.15), 2, cv2.LINE_AA)
        cv2.line(canvas, (int(right), ground), (int(right), int(top)), scaled(shade, 0.5), 2, cv2.LINE_AA)
    _darken(canvas, ground - int(0.09 * height), ground, 0.62)


def _darken(canvas: Picture, top: int, bottom: int, least: float) -> None:
    """Rows get darker from ``top`` to ``bottom``."""
    part = canvas[top:bottom]
    part[:] = part * np.linspace(1, least, bottom - top)[:, None, None]


def _lawn(random: Generator, canvas: Picture, ground: int) -> None:
    height, width = canvas.shape[:2]
    grass = _any(random, _LAWNS)
    share = np.linspace(0, 1, height - ground)[:, None, None]
    canvas[ground:] = np.array(scaled(grass, 0.72)) * (1 - share) + np.array(scaled(grass, 1.12)) * share
    for _ in range(2600):
        down = random.random() ** 1.4
        x, y = random.uniform(0, width), ground + down * (height - ground)
        long = (0.006 + 0.03 * down) * height
        tip = (int(x + random.uniform(-0.5, 0.5) * long), int(y - long))
        shade = scaled(grass, random.uniform(0.72, 1.2) * (0.78 + 0.3 * down))
        cv2.line(canvas, (int(x), int(y)), tip, shade, 1 + int(2.5 * down), cv2.LINE_AA)


def _trunk(random: Generator, canvas: Picture, ground: int) -> None:
    height, width = canvas.shape[:2]
    bark: Colour = mixed((92, 72, 58), (120, 108, 96), random.random())
    x, wide = width * random.choice([random.uniform(0.05, 0.2), random.uniform(0.8, 0.95)]), 0.032 * height
    foot = ground + 0.03 * height
    for share in np.linspace(0, 1, 9):
        left, right = x - wide * (1 - share), x + wide * (1 - share * 0.4)
        corners = [
            (left, 0),
            (right, 0),
            (right + 0.25 * wide, foot),
            (left - 0.25 * wide * (1 - share), foot),
        ]
        cv2.fillPoly(
            canvas,
            [np.array(corners, np.int32)],
            scaled(bark, 0.55 + 0.6 * share * (1.4 - share)),
            cv2.LINE_AA,
        )


def _bushes(random: Generator, canvas: Picture, ground: int, leaf: Colour) -> None:
    height, width = canvas.shape[:2]
    for _ in range(random.integers(2, 5)):
        x, size = random.uniform(0, width), random.uniform(0.05, 0.1) * height
        colour = mixed(leaf, (70, 120, 70), random.random())
        _leafy(
            random, canvas, (x, ground - 0.4 * size), reach=(1.5 * size, size), colour=colour, size=0.3 * size
        )
        if random.random() < 0.6:
            bloom = _any(random, ((230, 120, 140), (240, 220, 110), (240, 240, 240), (170, 130, 210)))
            for _ in range(26):
                at = (
                    int(x + random.normal(0, 0.8) * size),
                    int(ground - 0.4 * size + random.normal(0, 0.45) * size),
                )
                cv2.circle(canvas, at, int(random.uniform(2, 6) * height / 960), bloom, -1, cv2.LINE_AA)


def _patio(random: Generator, canvas: Picture, edge: int) -> None:
    """Slabs that grow towards the camera."""
    height, width = canvas.shape[:2]
    stone = _any(random, _STONES)
    rows = edge + (height * 1.06 - edge) * np.linspace(0, 1, 6) ** 1.5
    middle, shift = width / 2, random.uniform(0, 1)
    canvas[edge - int(0.008 * height) : edge] = scaled(stone, 0.5)
    for top, bottom in itertools.pairwise(rows):
        canvas[int(top) : int(bottom)] = scaled(stone, 0.62)
        for slab in np.arange(-7, 8) + (shift := (shift + 0.5) % 1):
            wide = [0.24 * width * (0.62 + 0.6 * (y - edge) / (height - edge)) for y in (top, bottom)]
            gap = 0.012
            xs = [middle + (slab + gap) * wide[0], middle + (slab + 1 - gap) * wide[0]]
            xs += [middle + (slab + 1 - gap) * wide[1], middle + (slab + gap) * wide[1]]
            joint = 0.03 * (bottom - top)
            corners = np.array(
                list(zip(xs, (top + joint, top + joint, bottom - joint, bottom - joint), strict=True)),
                np.int32,
            )
            cv2.fillPoly(canvas, [corners], scaled(stone, random.uniform(0.88, 1.07)), cv2.LINE_AA)
    _darken(canvas, int(height * 0.8), height, 0.82)


def _textured(random: Generator, canvas: Picture) -> None:
    rough = np.zeros(canvas.shape[:2], np.float32)
    for sigma, depth in ((1.5, 20), (8, 90), (40, 500)):
        noise = random.standard_normal((canvas.shape[0] // 4, canvas.shape[1] // 4), np.float32)
        soft = cv2.GaussianBlur(noise, (0, 0), max(0.5, sigma / 4)) * (depth / 4)
        rough += cv2.resize(soft, canvas.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    canvas[:] = np.clip(canvas + 0.6 * rough[..., None], 0, 255)


def _crown(random: Generator, size: tuple[int, int], leaf: Colour, side: int) -> Crown:
    """A bough that hangs into the picture from above, at its left (0) or right (1)."""
    height, width = int(0.34 * size[0]), int(random.uniform(0.3, 0.42) * size[1])
    canvas = np.zeros((height * _FINE, width * _FINE, 3), np.uint8)
    canvas[:] = scaled(leaf, 0.6)
    mask = np.zeros_like(canvas)
    reach = (width * _FINE * 0.42, height * _FINE * 0.42)
    at = (width * _FINE * (0.4 + 0.2 * side), height * _FINE * 0.2)
    for _ in range(420):
        angle, far = random.uniform(0, 2 * np.pi), np.sqrt(random.random())
        x, y = at[0] + reach[0] * far * np.cos(angle), at[1] + reach[1] * far * np.sin(angle) * 1.3
        axes = (int(size[0] * 0.032), int(size[0] * 0.014))
        tilt, light = random.uniform(0, 180), random.uniform(0.5, 1.2)
        cv2.ellipse(canvas, (int(x), int(y)), axes, tilt, 0, 360, scaled(leaf, light), -1, cv2.LINE_AA)
        cv2.ellipse(mask, (int(x), int(y)), axes, tilt, 0, 360, (255, 255, 255), -1, cv2.LINE_AA)
    colours = cast(Picture, cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA))
    cover = cv2.resize(mask[..., 0], (width, height), interpolation=cv2.INTER_AREA) / np.float32(255)
    return Crown(colours, cover.astype(np.float32), 0 if side == 0 else size[1] - width, 0)
