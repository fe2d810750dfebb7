"""Measures, once a second, whether the camera's picture can be trusted."""

from collections import deque
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Final, TypeAlias, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from petdoor.core.eyesight import EyesightLimits, Look, is_grey
from petdoor.core.ports import Frame
from petdoor.pictures import Picture

_WIDTH = 320
_VIEW = (80, 60)
_FINE, _COARSE = 1.0, 3.0
_STRONGEST = 95.0
_NOISE = 3.0
"""Grey levels; an edge of this height counts half."""
_PINK = 1.12

_SCENES = 6

LIMITS: Final = EyesightLimits()
"""By these a look is grey, and like another."""

_Grey = NDArray[np.float32]
Edges: TypeAlias = NDArray[np.complex64]
"""Which way the edges run at each point, and how clearly."""


@dataclass(slots=True, eq=False)
class _View:
    """The mean edges of so many looks."""

    edges: Edges
    looks: int = 0

    def add(self, edges: Edges, at_most_looks: int) -> None:
        self.looks = min(self.looks + 1, at_most_looks)
        self.edges += (edges - self.edges) / self.looks


class Views:
    """What is usual: the yard by day and by night, with snow and without, with a car in it and without.

    Each scene has a view in colour and one in grey. A look belongs to the one that it is most like; if it is
    unlike all, and to be learnt all the same, it begins another scene. The longest unseen is forgotten.

    Args:
        learn_looks: over how many looks a view is learnt, until it is known, and forgotten: ten minutes,
            so that neither hands at the start nor a lamp in the first night are taken for the day.
    """

    def __init__(self, *, learn_looks: int = 600) -> None:
        self._learn_looks = learn_looks
        self._scenes: deque[dict[bool, _View]] = deque([{}], maxlen=_SCENES)
        self._recent: _View | None = None
        self._newest: tuple[Edges, bool] | None = None
        self._is_elsewhere = False

    def compare(self, edges: Edges, *, is_grey: bool) -> tuple[float | None, float | None]:
        """Likeness of these edges to what is usual in such light, and to the last minutes."""
        self._newest = edges, is_grey
        steadiness = _likeness(edges, self._recent.edges) if self._recent else None
        self._recent = self._recent or _View(np.zeros_like(edges))
        self._recent.add(edges, self._learn_looks)
        likeness, _ = self._closest(edges, is_grey=is_grey)
        if likeness < LIMITS.likeness and not self._is_known(self._scenes[-1], is_grey=is_grey):
            return None, steadiness
        self._is_elsewhere = likeness < LIMITS.likeness
        return likeness, steadiness

    def learn(self) -> None:
        """What was compared last is usual."""
        if self._newest is None:
            return
        edges, is_grey = self._newest
        likeness, scene = self._closest(edges, is_grey=is_grey)
        if likeness >= LIMITS.likeness:
            self._scenes.remove(scene)
            self._scenes.append(scene)
        elif self._is_elsewhere:
            self._scenes.append({})
            self._is_elsewhere = False
        self._scenes[-1].setdefault(is_grey, _View(np.zeros_like(edges))).add(edges, self._learn_looks)

    def _closest(self, edges: Edges, *, is_grey: bool) -> tuple[float, dict[bool, _View]]:
        """The scene that these edges are most like, of those that are known in such light, and how like."""
        known = [scene for scene in self._scenes if self._is_known(scene, is_grey=is_grey)]
        likenesses = [_likeness(edges, scene[is_grey].edges) for scene in known]
        return max(zip(likenesses, known, strict=True), key=itemgetter(0), default=(-1.0, {}))

    def _is_known(self, scene: dict[bool, _View], *, is_grey: bool) -> bool:
        return is_grey in scene and scene[is_grey].looks >= self._learn_looks


class Eyesight:
    """Looks at a frame now and then, and compares it with what is usual.

    Args:
        every_seconds: how often.
        views: what is usual; None knows nothing yet.
    """

    def __init__(self, *, every_seconds: float = 1.0, views: Views | None = None) -> None:
        self._every_seconds = every_seconds
        self._views = views or Views()
        self._looked_at: float | None = None

    def look(self, frame: Frame) -> Look | None:
        """What this frame shows; None when it is too early to look again."""
        if self._looked_at is not None and 0 <= frame.taken_at - self._looked_at < self._every_seconds:
            return None
        self._looked_at = frame.taken_at
        small = _shrunk(frame.pixels)
        grey = small[..., 1].astype(np.float32)
        darkest, brightest = np.percentile(grey, [5, 99])
        look = Look(
            brightness=float(grey.mean()),
            darkest=float(darkest),
            brightest=float(brightest),
            sharpness=_sharpness(grey),
            likeness=None,
            steadiness=None,
            pink=_pink(small),
            colour=float((small.max(axis=2) - small.min(axis=2)).mean()),
        )
        likeness, steadiness = self._views.compare(_edges(grey), is_grey=is_grey(look, LIMITS))
        return replace(look, likeness=likeness, steadiness=steadiness)

    def learn(self) -> None:
        """The newest look was a healthy one: this is usual."""
        self._views.learn()


def _shrunk(pixels: Picture) -> Picture:
    height, width = pixels.shape[:2]
    size = (_WIDTH, max(1, round(height * _WIDTH / width)))
    return cast("Picture", cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def _slopes(grey: _Grey, sigma: float) -> _Grey:
    """How steep the grey is at each point."""
    smooth = cv2.GaussianBlur(grey, (0, 0), sigma)
    across, down = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    return cast("_Grey", cv2.magnitude(across, down))


def _sharpness(grey: _Grey) -> float:
    """A step that is blurred is as steep at any scale; only where edges are strong noise does not matter."""
    coarse = _slopes(grey, _COARSE)
    strong = coarse >= max(1e-3, float(np.percentile(coarse, _STRONGEST)))
    return float(np.median(_slopes(grey, _FINE)[strong] / coarse[strong])) if strong.any() else 1.0


def _edges(grey: _Grey) -> Edges:
    """Which way the edges run at each point, whatever the light.

    Twice the angle: dark on bright and bright on dark are the same, as a lamp by night makes of them.
    """
    small = cv2.GaussianBlur(cv2.resize(grey, _VIEW, interpolation=cv2.INTER_AREA), (0, 0), 1.0)
    slope = cv2.Sobel(small, cv2.CV_32F, 1, 0) + 1j * cv2.Sobel(small, cv2.CV_32F, 0, 1)
    steep = np.abs(slope)
    return cast("Edges", (slope**2 / (steep + 1e-6) / (steep + 8 * _NOISE)).astype(np.complex64))


def _likeness(edges: Edges, usual: Edges) -> float:
    together = float(np.vdot(usual, edges).real)
    alone = float(np.linalg.norm(edges) * np.linalg.norm(usual))
    return together / alone if alone else 0.0


def _pink(small: Picture) -> float:
    red, green, blue = (small[..., channel].astype(np.float32) for channel in range(3))
    return float(((red > _PINK * green + 4) & (blue > _PINK * green + 4)).mean())
