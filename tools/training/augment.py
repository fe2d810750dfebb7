"""A photo as a door's camera might have seen it: near or far, skewed, dim, blurred, noisy, by night.

Every change is drawn from the generator that is handed in, so that a run repeats itself.
"""

from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from petdoor.pictures import Picture, resized

Random = np.random.Generator
_Floats = NDArray[np.float32]

LEAST_AREA: Final = 0.6
_ROTATION_DEGREES: Final = 6.0
_LUMA: Final = np.array((0.299, 0.587, 0.114), np.float32)


def augmented(
    picture: Picture, size: tuple[int, int], random: Random, *, least_area: float = LEAST_AREA
) -> Picture:
    """A changed copy of an RGB picture, at ``size`` (height, width), of ``least_area`` of it at least."""
    cut = resized(_flipped(_cropped(picture, random, least_area), random), size)
    light = _night_grey(_exposed(_rotated(cut, random).astype(np.float32), random), random)
    return np.clip(_noisy(_blurred(light, random), random), 0, 255).astype(np.uint8)


def blended(picture: Picture, other: Picture, share: float) -> Picture:
    """A picture with ``share`` of another one, 0..1, shining through."""
    return cast(Picture, cv2.addWeighted(picture, 1 - share, other, share, 0))


def _cropped(picture: Picture, random: Random, least_area: float) -> Picture:
    """A part of the picture, somewhere, of nearly the same shape."""
    scale, stretch = np.sqrt(random.uniform(least_area, 1)), np.exp(random.uniform(-0.15, 0.15))
    height, width = picture.shape[:2]
    high = max(1, min(height, round(height * scale * stretch)))
    wide = max(1, min(width, round(width * scale / stretch)))
    top, left = random.integers(0, height - high + 1), random.integers(0, width - wide + 1)
    return picture[top : top + high, left : left + wide]


def _flipped(picture: Picture, random: Random) -> Picture:
    return np.ascontiguousarray(picture[:, ::-1]) if random.random() < 0.5 else picture


def _rotated(picture: Picture, random: Random) -> Picture:
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), random.normal(0, _ROTATION_DEGREES), 1)
    return cast(Picture, cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REFLECT_101))


def _exposed(pixels: _Floats, random: Random) -> _Floats:
    contrast, exposure = np.exp(random.normal(0, 0.15)), np.exp(random.normal(0, 0.25))
    return cast(_Floats, ((pixels - 128) * np.float32(contrast) + 128) * np.float32(exposure))


def _night_grey(pixels: _Floats, random: Random) -> _Floats:
    """Infra-red light has no colour."""
    if random.random() >= 0.15:
        return pixels
    return np.repeat((pixels @ _LUMA)[..., np.newaxis], 3, axis=2)


def _blurred(pixels: _Floats, random: Random) -> _Floats:
    if random.random() >= 0.2:
        return pixels
    return cast(_Floats, cv2.GaussianBlur(pixels, (0, 0), random.uniform(0.5, 2)))


def _noisy(pixels: _Floats, random: Random) -> _Floats:
    if random.random() >= 0.3:
        return pixels
    deviation = np.float32(random.uniform(2, 12))
    return pixels + deviation * random.standard_normal(pixels.shape, np.float32)
