"""What a coil can bear: so many energised seconds within a sliding window, its duty cycle.

A longest single unlock is not enough: coils were burnt by unlocks that were each short, one after another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from petdoor.core.contacts import Way


class Spell(NamedTuple):
    """Seconds from and until which the coil was energised, and the way it drew the bolt, if known."""

    since: float
    until: float
    way: Way | None = None


@dataclass(frozen=True, slots=True)
class HeatBudget:
    """A coil's rating.

    Attributes:
        duty_cycle: the share of the window in which it may be energised, 0..1: 0.25 for "25 % ED".
        window_seconds: the time the share is meant of; ten minutes is the usual one (DIN VDE 0580).

    Raises:
        ValueError: there is nothing to spend; the message begins with the key.
    """

    duty_cycle: float = 0.25
    window_seconds: float = 600.0

    def __post_init__(self) -> None:
        if not 0 < self.duty_cycle <= 1:
            raise ValueError("duty_cycle: more than 0, and 1 at most")
        if self.window_seconds <= 0:
            raise ValueError("window_seconds: more than 0")

    @property
    def energised_seconds(self) -> float:
        """How long the coil may be energised within any window."""
        return self.duty_cycle * self.window_seconds

    def left_seconds(self, spells: Sequence[Spell], now: float) -> float:
        """How long it may still be energised, were it so from ``now`` on; 0 or less when all is spent."""
        opened = now - self.window_seconds
        return self.energised_seconds - sum(
            max(0.0, spell.until - max(spell.since, opened)) for spell in spells
        )

    def wait_seconds(self, spells: Sequence[Spell], now: float, wanted: float) -> float:
        """How long the coil must rest until ``wanted`` seconds are left, ``energised_seconds`` at most."""
        missing = wanted - self.left_seconds(spells, now)
        opened = now - self.window_seconds
        for since, until, _ in spells:
            if missing <= 0:
                break
            begun = max(since, opened)
            regained = max(0.0, until - begun)
            if regained >= missing:
                return begun + missing - opened
            missing -= regained
        return 0.0

    def recent(self, spells: Sequence[Spell], now: float) -> tuple[Spell, ...]:
        """Those that still count."""
        return tuple(spell for spell in spells if spell.until > now - self.window_seconds)
