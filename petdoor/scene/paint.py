"""Paints figures into a picture: soft shading, smooth edges, a shadow on the ground."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from petdoor.pictures import Picture
from petdoor.scene.solids import Chain, Colour, Figure, Floats, Mark, scaled

Pixels: TypeAlias = NDArray[np.int32]

_SHIFT: Final = 4  # OpenCV draws at sixteenths of a pixel
_ARC: Final = 9
_TONES: Final = ((1.0, 0.0, 0.60), (0.88, 0.11, 0.80), (0.66, 0.26, 0.97), (0.36, 0.42, 1.10))
"""For each coat of paint: its share of the radius, its shift to the light in radii, its brightness."""
_TONES_OVER_UNDERSIDE: Final = ((1.0, 0.0, 0.80), (0.97, 0.22, 0.74), (0.80, 0.26, 0.92), (0.5, 0.45, 1.06))
_LIGHT: Final = np.array([-0.3, -0.95])
_NEARER: Final = 0.10  # how much a body's near side is enlarged, per unit of depth
_ELEVATION: Final = np.radians(9.0)
_GRAIN_SIZE: Final = 1024


@dataclass(frozen=True, slots=True)
class Place:
    """Where a figure stands in the picture.

    Attributes:
        x, y: the pixel on the ground below its origin.
        scale: pixels a unit of its own length.
        yaw: degrees; 0 faces right, 90 the camera, 180 left.
    """

    x: float
    y: float
    scale: float
    yaw: float


@dataclass(frozen=True, slots=True)
class Outline:
    """A figure's bounds in pixels, also where they leave the picture."""

    left: float
    top: float
    right: float
    bottom: float


def seen(points: Floats, place: Place) -> Floats:
    """Points (n x 3) as the camera sees them: n x 3: pixel column, pixel row, nearness."""
    eye = seen_directions(points, place.yaw)
    grow = place.scale * (1 + _NEARER * eye[:, 2])
    return np.stack([place.x + grow * eye[:, 0], place.y - grow * eye[:, 1], eye[:, 2]], axis=1)


def seen_directions(vectors: Floats, yaw: float) -> Floats:
    """Vectors (n x 3) in the camera's axes: right, up, towards the camera."""
    cos, sin = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    right = vectors[:, 0] * cos + vectors[:, 1] * sin
    towards = vectors[:, 0] * sin - vectors[:, 1] * cos
    up, depth = np.cos(_ELEVATION), np.sin(_ELEVATION)
    return np.stack(
        [right, vectors[:, 2] * up - towards * depth, towards * up + vectors[:, 2] * depth], axis=1
    )


def outline(figure: Figure, place: Place) -> Outline:
    """The bounds of a figure where it stands."""
    discs = _discs(np.vstack([part.balls for part in figure.chains]), place)
    low, high = (discs[:, :2] - discs[:, 3:]).min(axis=0), (discs[:, :2] + discs[:, 3:]).max(axis=0)
    return Outline(low[0], low[1], high[0], high[1])


def paint(picture: Picture, figure: Figure, place: Place) -> None:
    """Draw the figure over the picture, with its shadow."""
    bounds = outline(figure, place)
    height, width = picture.shape[:2]
    left, right = max(0, int(bounds.left) - 4), min(width, int(bounds.right) + 5)
    top, bottom = max(0, int(bounds.top) - 4), min(height, int(bounds.bottom) + 5)
    _shade_ground(picture, figure, place)
    if left >= right or top >= bottom:
        return
    part = picture[top:bottom, left:right]
    here = Place(place.x - left, place.y - top, place.scale, place.yaw)
    colours, cover = _layer(figure, here, part.shape[0], part.shape[1])
    weight = cover.astype(np.float32) * np.float32(1 / 255)
    cv2.blendLinear(colours, part, weight, 1 - weight, dst=part)


def _layer(figure: Figure, place: Place, height: int, width: int) -> tuple[Picture, Picture]:
    discs = _all_discs(figure, place)
    order = np.argsort(
        [part.lift + d[:, 2].mean() for part, d in zip(figure.chains, discs, strict=True)], kind="stable"
    )
    base = np.median([part.colours[0] for part in figure.chains], axis=0)
    colours = np.full((height, width, 3), base, np.uint8)
    cover = np.zeros((height, width), np.uint8)
    strokes, marks = _strokes(figure, discs), _corners(figure, place)
    for number in order.tolist():
        for stroke in strokes[number]:
            if stroke.is_outer:
                cv2.fillConvexPoly(cover, stroke.corners, 255, cv2.LINE_AA, _SHIFT)
            cv2.fillConvexPoly(colours, stroke.corners, stroke.colour, cv2.LINE_8, _SHIFT)
        for corners, mark in marks[number]:
            if not mark.is_crisp:
                cv2.fillPoly(colours, [corners], mark.colour, cv2.LINE_8, _SHIFT)
    soft = _softened(colours, figure, place)
    for number in order.tolist():
        for corners, mark in marks[number]:
            if mark.is_crisp:
                cv2.fillPoly(soft, [corners], mark.colour, cv2.LINE_AA, _SHIFT)
    return soft, cover


def _softened(colours: Picture, figure: Figure, place: Place) -> Picture:
    size = max(3, int(place.scale * figure.softness) | 1)
    soft = cast(Picture, cv2.blur(cv2.blur(colours, (size, size)), (3, 3)))
    grain = _grain()[: soft.shape[0], : soft.shape[1]]
    if grain.shape != soft.shape:
        return soft
    return cast(Picture, cv2.addWeighted(soft, 1.0, grain, figure.fur, -128 * figure.fur))


def _all_discs(figure: Figure, place: Place) -> list[Floats]:
    counts = np.cumsum([len(part.balls) for part in figure.chains])[:-1]
    every = _discs(np.vstack([part.balls for part in figure.chains]), place)
    return np.split(every, counts)


def _discs(balls: Floats, place: Place) -> Floats:
    """Balls as n x 4: column, row, nearness, radius in pixels."""
    points = seen(balls[:, :3], place)
    radii = balls[:, 3] * place.scale * (1 + _NEARER * points[:, 2])
    return np.hstack([points, radii[:, None]])


@dataclass(frozen=True, slots=True)
class _Stroke:
    corners: Pixels
    colour: Colour
    is_outer: bool


def _strokes(figure: Figure, discs: list[Floats]) -> list[list[_Stroke]]:
    """For each chain its links, coat of paint over coat of paint; all corners reckoned at once."""
    first, second, shares, shifts, paints = [], [], [], [], []
    for number, (part, balls) in enumerate(zip(figure.chains, discs, strict=True)):
        starts, stops = (balls[:-1], balls[1:]) if len(balls) > 1 else (balls, balls)
        for coat, (share, shift, brightness) in enumerate(_tones(part, balls)):
            first.append(starts)
            second.append(stops)
            shares += [share] * len(starts)
            shifts += [shift] * len(starts)
            paints += [(number, coat, _paint(part, link, coat, brightness)) for link in range(len(starts))]
    hulls = _hulls(np.vstack(first), np.vstack(second), np.array(shares), np.array(shifts))
    strokes: list[list[_Stroke]] = [[] for _ in figure.chains]
    for (number, coat, colour), hull in zip(paints, hulls, strict=True):
        strokes[number].append(_Stroke(hull, colour, is_outer=coat == 0))
    return strokes


def _tones(part: Chain, discs: Floats) -> tuple[tuple[float, float, float], ...]:
    if part.under:
        return _TONES_OVER_UNDERSIDE
    return _TONES if discs[:, 3].max() > 5 else _TONES[::2]


def _paint(part: Chain, link: int, coat: int, brightness: float) -> Colour:
    colour = part.colours[min(link, len(part.colours) - 1)]
    return scaled(part.under if part.under and coat == 0 else colour, brightness)


def _hulls(first: Floats, second: Floats, shares: Floats, shifts: Floats) -> list[Pixels]:
    """For each pair of discs the polygon around both."""
    one, two = first[:, 3] * shares, second[:, 3] * shares
    start = first[:, :2] + _LIGHT * (first[:, 3] * shifts)[:, None]
    stop = second[:, :2] + _LIGHT * (second[:, 3] * shifts)[:, None]
    way = stop - start
    far = np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-6)
    lean = np.arccos(np.clip((one - two) / far, -1, 1))[:, None]
    ahead = np.arctan2(way[:, 1], way[:, 0])[:, None]
    steps = np.linspace(-1, 1, _ARC)
    front, back = ahead + lean * steps, ahead + np.pi + (np.pi - lean) * steps
    rim_front = stop[:, None] + two[:, None, None] * np.stack([np.cos(front), np.sin(front)], axis=2)
    rim_back = start[:, None] + one[:, None, None] * np.stack([np.cos(back), np.sin(back)], axis=2)
    corners = np.concatenate([rim_front, rim_back], axis=1) * 2**_SHIFT
    return list(np.rint(corners).astype(np.int32))


def _corners(figure: Figure, place: Place) -> list[list[tuple[Pixels, Mark]]]:
    """For each chain the marks that are seen, and their corners; all reckoned at once."""
    marks = [(number, mark) for number, part in enumerate(figure.chains) for mark in part.marks]
    found: list[list[tuple[Pixels, Mark]]] = [[] for _ in figure.chains]
    if not marks:
        return found
    cuts = np.cumsum([len(mark.anchors) for _, mark in marks])[:-1]
    normals = seen_directions(np.vstack([mark.normals for _, mark in marks]), place.yaw)
    facing = np.split(normals[:, 2].copy(), cuts)
    # What lies beyond the body's edge ends at the edge.
    normals[normals[:, 2] < 0, 2] = 0
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    discs = _discs(np.vstack([mark.anchors for _, mark in marks]), place)
    corners = np.rint((discs[:, :2] + normals[:, :2] * (1, -1) * discs[:, 3:]) * 2**_SHIFT).astype(np.int32)
    for (number, mark), turned, polygon in zip(marks, facing, np.split(corners, cuts), strict=True):
        if turned.mean() > (0.12 if mark.is_crisp else -0.15):
            found[number].append((polygon, mark))
    return found


def _shade_ground(picture: Picture, figure: Figure, place: Place) -> None:
    """A soft shadow where the body stands: deepest under the feet."""
    balls = np.vstack([part.balls for part in figure.chains])
    radius = 0.36 * place.scale * float(balls[:, 3].max())
    low = balls[balls[:, 2] - balls[:, 3] < 0.5 * balls[:, 2].max()]
    ground = seen(low[:, :3] * (1, 1, 0), place)
    left, right = ground[:, 0].min() - 2 * radius, ground[:, 0].max() + 3 * radius
    top, bottom = ground[:, 1].min() - radius, ground[:, 1].max() + 1.5 * radius
    height, width = picture.shape[:2]
    x0, x1, y0, y1 = max(0, int(left)), min(width, int(right)), max(0, int(top)), min(height, int(bottom))
    if x0 >= x1 or y0 >= y1:
        return
    across = (np.arange(x0, x1) - (left + right) / 2) / ((right - left) / 2)
    down = (np.arange(y0, y1) - (top + bottom) / 2) / ((bottom - top) / 2)
    depth = np.clip(1 - across**2 - down[:, None] ** 2, 0, 1).astype(np.float32)
    weight = (1 - 0.55 * np.sqrt(depth) * depth).astype(np.float32)
    part = picture[y0:y1, x0:x1]
    cv2.blendLinear(part, np.zeros_like(part), weight, 1 - weight, dst=part)


@lru_cache(maxsize=1)
def _grain() -> Picture:
    random = np.random.default_rng(7)
    hair = random.normal(0, 60, (_GRAIN_SIZE, _GRAIN_SIZE)).astype(np.float32)
    soft = cv2.GaussianBlur(hair, (0, 0), sigmaX=1.0, sigmaY=2.5) * 2
    return cast(Picture, cv2.cvtColor(np.clip(soft + 128, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2RGB))
