"""Is anything moving? A door that looks only then is quiet, and leaves the processor cold."""

import math
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from petdoor.core.ports import Frame
from petdoor.pictures import Picture

_SMALL = (80, 60)
_FLAT_VARIANCE = 25.0
_THICK = np.ones((5, 5), np.uint8)
"""The smallest patch of points that counts: a sixteenth of the picture's width."""


class BackgroundMotionGate:
    """Compares each frame, small and grey, with a slowly learned background.

    Args:
        level: grey levels (of 255) by which a point must differ to have changed.
        area: share of the points that must have changed, in patches of 5 x 5 of 80 x 60 at least.
        hold_seconds: how long the gate stays open after the last motion.
        adapt_seconds: time constant with which what stays becomes background.
        first_look_seconds: how long the gate is open at the start, for an animal that waits there already;
            too short for the door to turn an empty yard away.
    """

    def __init__(
        self,
        *,
        level: float = 12.0,
        area: float = 0.01,
        hold_seconds: float = 2.0,
        adapt_seconds: float = 60.0,
        first_look_seconds: float = 1.5,
    ) -> None:
        self._level = level
        self._area = area
        self._hold_seconds = hold_seconds
        self._adapt_seconds = adapt_seconds
        self._first_look_seconds = first_look_seconds
        self._background: NDArray[np.float32] | None = None
        self._looked_at = -math.inf
        self._open_until = self._first_look_until = -math.inf

    def is_open(self, frame: Frame) -> bool:
        """Whether something moves in this frame, or did so within ``hold_seconds``."""
        small = _shrunk(frame.pixels)
        if self._background is None:
            self._background = small
            self._first_look_until = frame.taken_at + self._first_look_seconds
        if frame.taken_at < self._first_look_until:
            # The first pictures of a camera may be black or burnt: only the last of them is the background.
            self._background = small
            return True
        if self._has_changed(small, self._background):
            self._open_until = frame.taken_at + self._hold_seconds
        self._background += self._share_learnt(frame.taken_at) * (small - self._background)
        return frame.taken_at < self._open_until

    def _has_changed(self, small: NDArray[np.float32], background: NDArray[np.float32]) -> bool:
        difference = small - _relit(background, small)
        difference -= np.median(difference[::2, ::2])  # every fourth point is as good, and far quicker
        changed = (np.abs(difference) > self._level).astype(np.uint8)
        # Rain and twigs are thin, an animal is not.
        thick = cv2.morphologyEx(changed, cv2.MORPH_OPEN, _THICK)
        return bool(np.count_nonzero(thick) >= self._area * thick.size)

    def _share_learnt(self, now: float) -> float:
        """How much of a new frame becomes background, the more the longer the last one is past."""
        passed, self._looked_at = now - self._looked_at, now
        return 1 - math.exp(-passed / self._adapt_seconds)


def _relit(background: NDArray[np.float32], small: NDArray[np.float32]) -> NDArray[np.float32]:
    """The background in the light of the new frame.

    A cloud, a lamp or the exposure brightens and stretches every point alike; an animal changes some.
    """
    centred = background - background.mean()
    spread = float(np.vdot(centred, centred))
    if spread < _FLAT_VARIANCE * centred.size:
        return background
    gain = float(np.vdot(centred, small)) / spread
    return background * np.float32(min(max(gain, 0.5), 2.0))


def _shrunk(pixels: Picture) -> NDArray[np.float32]:
    # The green channel is grey enough, and free. Few points first, then the blur that quiets noise.
    step = max(1, min(pixels.shape[0] // (2 * _SMALL[1]), pixels.shape[1] // (2 * _SMALL[0])))
    green = np.ascontiguousarray(pixels[::step, ::step, 1])
    small = cv2.resize(green, _SMALL, interpolation=cv2.INTER_AREA)
    return cast("NDArray[np.float32]", cv2.GaussianBlur(small, (3, 3), 0).astype(np.float32))
