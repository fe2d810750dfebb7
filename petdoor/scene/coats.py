"""What coats of fur have in common."""

from typing import TypeAlias

import numpy as np
from numpy.random import Generator

from petdoor.scene.quadrupeds import Patch
from petdoor.scene.solids import Colour

Span: TypeAlias = tuple[float, float]


def blotch(random: Generator, colour: Colour, *, within: float, long: Span, wide: Span) -> Patch:
    """A patch of uneven outline somewhere on the trunk.

    Args:
        random: decides where and of which shape.
        colour: of the patch.
        within: how far from the spine its middle lies at most, in degrees around the trunk.
        long: its least and greatest reach along the trunk, as shares of that.
        wide: the same around the trunk, in degrees.
    """
    turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    size = random.uniform(0.7, 1.25, 12)
    along = random.uniform(0, 1) + random.uniform(*long) * size * np.cos(turn)
    around = random.uniform(-within, within) + random.uniform(*wide) * size * np.sin(turn)
    return Patch(np.stack([along, around], axis=1), colour)
