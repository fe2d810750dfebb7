"""Was the clock on the wall set?"""

from dataclasses import dataclass

_NEGLIGIBLE_SECONDS = 2.0
"""Less is a clock that is drawn to the right time, or a loop that took its time."""


@dataclass(frozen=True, slots=True)
class WallClock:
    """How far the time of day is ahead of the seconds that have passed."""

    ahead_seconds: float | None = None

    def compared(self, wall_seconds: float, passed_seconds: float) -> tuple["WallClock", float]:
        """The clock after one more look, and by how much it was set since the last: 0 for not at all."""
        ahead = wall_seconds - passed_seconds
        jump = 0.0 if self.ahead_seconds is None else ahead - self.ahead_seconds
        return WallClock(ahead), jump if abs(jump) >= _NEGLIGIBLE_SECONDS else 0.0
