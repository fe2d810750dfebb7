"""Bodies made of balls strung together, with marks painted on them.

A body's own axes: x forward, y to its left, z up; its feet stand at z = 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Colour: TypeAlias = tuple[float, float, float]
"""Red, green and blue, 0..255."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A flat patch that lies on balls: a spot, a stripe, an eye.

    Attributes:
        anchors: n x 4, for each corner the centre and radius of the ball it lies on.
        normals: n x 3, for each corner the direction in which it lies.
        is_crisp: drawn last and sharply (eyes), not as part of the fur.
    """

    anchors: Floats
    normals: Floats
    colour: Colour
    is_crisp: bool = False


@dataclass(frozen=True, slots=True)
class Chain:
    """Balls joined into one tapering body part.

    Attributes:
        balls: n x 4: x, y, z and radius.
        colours: one, or one a link.
        under: the colour of its underside, where that is another.
        lift: how much nearer to the eye it counts than it is, when parts cover each other.
    """

    balls: Floats
    colours: tuple[Colour, ...]
    under: Colour | None = None
    lift: float = 0.0
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """Parts that make somebody.

    Attributes:
        softness: how far their colours run into each other, in its own lengths.
        fur: how hairy it is, 0..1.
    """

    chains: tuple[Chain, ...]
    softness: float = 0.022
    fur: float = 0.27


def chain(
    balls: Sequence[Sequence[float]],
    *colours: Colour,
    under: Colour | None = None,
    lift: float = 0.0,
    marks: Sequence[Mark] = (),
) -> Chain:
    """A chain of (x, y, z, radius)."""
    return Chain(np.array(balls, float), colours, under, lift, tuple(marks))


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """The first colour with ``share`` of the other."""
    red, green, blue = (a + (b - a) * share for a, b in zip(one, other, strict=True))
    return red, green, blue


def scaled(colour: Colour, factor: float) -> Colour:
    """The colour brighter or darker."""
    red, green, blue = (min(255.0, part * factor) for part in colour)
    return red, green, blue


def direction(yaw: float, pitch: float) -> Floats:
    """Where one looks who turns by ``yaw`` to the left, then ``pitch`` up (degrees)."""
    yaw, pitch = np.radians(yaw), np.radians(pitch)
    return np.array([np.cos(yaw) * np.cos(pitch), np.sin(yaw) * np.cos(pitch), np.sin(pitch)])


def spot(
    ball: Sequence[float],
    yaw: float,
    pitch: float,
    colour: Colour,
    *,
    size: tuple[float, float],
    tilt: float = 0.0,
    is_crisp: bool = False,
) -> Mark:
    """A round mark on a ball where ``yaw`` and ``pitch`` point; ``size``: degrees sideways, up and down."""
    turn = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    lean = np.radians(tilt)
    across, along = size[0] * np.cos(turn), size[1] * np.sin(turn)
    centre = direction(yaw, pitch)
    right, up = direction(yaw + 90, 0), direction(yaw, pitch + 90)
    wide = np.radians(across * np.cos(lean) - along * np.sin(lean))
    high = np.radians(across * np.sin(lean) + along * np.cos(lean))
    normals = centre + np.outer(wide, right) + np.outer(high, up)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return Mark(np.tile(np.array(ball, float), (len(turn), 1)), normals, colour, is_crisp)


def line(points: Sequence[Sequence[float]], colour: Colour, *, normal: Floats) -> Mark:
    """A sharp polygon in space, to be seen from where ``normal`` points."""
    anchors = np.array([[*point, 0.0] for point in points])
    return Mark(anchors, np.tile(normal, (len(anchors), 1)), colour, is_crisp=True)


def wrapped(spine: Floats, outline: Floats, colour: Colour) -> Mark:
    """A mark on a chain's balls: ``outline`` is n x 2, where along it (0..1), and degrees from its top."""
    place = np.clip(outline[:, 0], 0, 1) * (len(spine) - 1)
    balls = np.stack([np.interp(place, np.arange(len(spine)), spine[:, axis]) for axis in range(4)], axis=1)
    along = spine[0, :3] - spine[-1, :3]
    along /= np.linalg.norm(along)
    left = np.array([0.0, 1.0, 0.0])
    up = np.cross(along, left)
    turn = np.radians(outline[:, 1])[:, None]
    return Mark(balls, np.cos(turn) * up + np.sin(turn) * left, colour)


def moved(part: Chain, turn: Floats, shift: Floats) -> Chain:
    """The chain with its marks, turned by a 3 x 3 matrix, then shifted."""
    marks = tuple(
        replace(mark, anchors=_moved(mark.anchors, turn, shift), normals=mark.normals @ turn.T)
        for mark in part.marks
    )
    return replace(part, balls=_moved(part.balls, turn, shift), marks=marks)


def turned(yaw: float, pitch: float) -> Floats:
    """The matrix that turns to the left by ``yaw`` after looking up by ``pitch`` (degrees)."""
    cos, sin = np.cos(np.radians([yaw, pitch])), np.sin(np.radians([yaw, pitch]))
    around = np.array([[cos[0], -sin[0], 0], [sin[0], cos[0], 0], [0, 0, 1]])
    upward = np.array([[cos[1], 0, -sin[1]], [0, 1, 0], [sin[1], 0, cos[1]]])
    product: Floats = around @ upward
    return product


def _moved(balls: Floats, turn: Floats, shift: Floats) -> Floats:
    return np.hstack([balls[:, :3] @ turn.T + shift, balls[:, 3:]])
