"""Measures, once a second, whether the camera's picture can be trusted."""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from petdoor.core.eyesight import Look
from petdoor.core.ports import Frame
from petdoor.pictures import Picture

_WIDTH = 320
_VIEW = (80, 60)
_FINE, _COARSE = 1.0, 3.0
_STRONGEST = 95.0
_NOISE = 3.0
"""Grey levels; an edge of this height counts half."""
_PINK = 1.12

_Grey = NDArray[np.float32]


class Eyesight:
    """Looks at a frame now and then, and compares it with the usual view.

    Args:
        every_seconds: how often.
        learn_looks: over how many looks the usual view is learnt, and forgotten.
    """

    def __init__(self, *, every_seconds: float = 1.0, learn_looks: int = 600) -> None:
        self._every_seconds = every_seconds
        self._learn_looks = learn_looks
        self._looked_at: float | None = None
        self._usual: NDArray[np.complex64] | None = None
        self._learnt = 0
        self._newest: NDArray[np.complex64] | None = None

    def look(self, frame: Frame) -> Look | None:
        """What this frame shows; None when it is too early to look again."""
        if self._looked_at is not None and 0 <= frame.taken_at - self._looked_at < self._every_seconds:
            return None
        self._looked_at = frame.taken_at
        small = _shrunk(frame.pixels)
        grey = small[..., 1].astype(np.float32)
        darkest, brightest = np.percentile(grey, [5, 99])
        self._newest = _edges(grey)
        return Look(
            brightness=float(grey.mean()),
            darkest=float(darkest),
            brightest=float(brightest),
            sharpness=_sharpness(grey),
            likeness=None if self._usual is None else _likeness(self._newest, self._usual),
            pink=_pink(small),
            colour=float((small.max(axis=2) - small.min(axis=2)).mean()),
        )

    def learn(self) -> None:
        """The newest look was a healthy one: this is the usual view."""
        if self._newest is None:
            return
        self._learnt = min(self._learnt + 1, self._learn_looks)
        if self._usual is None:
            self._usual = self._newest.copy()
        self._usual += (self._newest - self._usual) / self._learnt


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


def _edges(grey: _Grey) -> NDArray[np.complex64]:
    """Which way the edges run at each point, whatever the light.

    Twice the angle: dark on bright and bright on dark are the same, as a lamp by night makes of them.
    """
    small = cv2.GaussianBlur(cv2.resize(grey, _VIEW, interpolation=cv2.INTER_AREA), (0, 0), 1.0)
    slope = cv2.Sobel(small, cv2.CV_32F, 1, 0) + 1j * cv2.Sobel(small, cv2.CV_32F, 0, 1)
    steep = np.abs(slope)
    return cast(
        "NDArray[np.complex64]", (slope**2 / (steep + 1e-6) / (steep + 8 * _NOISE)).astype(np.complex64)
    )


def _likeness(edges: NDArray[np.complex64], usual: NDArray[np.complex64]) -> float:
    together = float(np.vdot(usual, edges).real)
    alone = float(np.linalg.norm(edges) * np.linalg.norm(usual))
    return together / alone if alone else 0.0


def _pink(small: Picture) -> float:
    red, green, blue = (small[..., channel].astype(np.float32) for channel in range(3))
    return float(((red > _PINK * green + 4) & (blue > _PINK * green + 4)).mean())
