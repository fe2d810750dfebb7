"""What the wind moves: boughs that sway, and leaves that blow across the yard."""

from typing import Final

import cv2
import numpy as np

from petdoor.pictures import Picture
from petdoor.scene.solids import Colour, mixed, scaled
from petdoor.scene.yard import Crown

_LEAVES: Final = 26
_AUTUMN: Final[Colour] = (206, 138, 56)


def sway(picture: Picture, crown: Crown, *, seconds: float, strength: float) -> None:
    """Draw the bough over the picture, as the wind (0..1) bends it now."""
    height, width = crown.cover.shape
    phase = crown.left * 0.01
    swing = strength * (0.6 + np.sin(seconds * 5.1 + phase) + 0.4 * np.sin(seconds * 8.3 + 2 * phase))
    lean, bob = 0.16 * swing, 0.05 * strength * np.sin(seconds * 6.4 + phase)
    bent = np.array([[1, lean, 0], [0, 1 + bob, 0]], np.float32)
    colours = cv2.warpAffine(crown.colours, bent, (width, height), borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpAffine(crown.cover, bent, (width, height))
    part = picture[crown.top : crown.top + height, crown.left : crown.left + width]
    cv2.blendLinear(colours, part, cover, 1 - cover, dst=part)


def blow(picture: Picture, leaf: Colour, *, seconds: float, strength: float, seed: int) -> None:
    """Draw leaves that fly by; the stronger the wind (0..1), the more."""
    random = np.random.default_rng([seed, 6])
    way = random.choice([-1, 1])
    for number, traits in enumerate(random.random((_LEAVES, 7)).tolist()):
        share = min(1.0, _LEAVES * strength - number)
        if share > 0:
            _leaf(picture, mixed(leaf, _AUTUMN, traits[6]), traits, seconds=seconds * way, share=share)


def _leaf(picture: Picture, colour: Colour, traits: list[float], *, seconds: float, share: float) -> None:
    height, width = picture.shape[:2]
    speed, row, begin, size, turn, wave, shade = traits
    across = (begin + seconds * (0.35 + 0.5 * speed)) % 1.3 - 0.15
    down = 0.25 + 0.7 * row + 0.06 * np.sin(seconds * (2 + 3 * wave) + 6 * begin)
    spin = 360 * (turn + seconds * (0.4 + wave))
    long = (0.008 + 0.012 * size) * height * share
    thin = long * (0.2 + 0.4 * abs(np.sin(seconds * 4 * (0.5 + turn))))
    centre, axes = (
        (round(across * width * 16), round(down * height * 16)),
        (round(long * 16), round(thin * 16)),
    )
    colour = scaled(colour, 0.75 + 0.4 * shade)
    cv2.ellipse(picture, centre, axes, spin, 0, 360, colour, -1, cv2.LINE_AA, 4)
