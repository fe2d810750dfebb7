"""A welcome animal that is not let in: told once, and again later."""

from dataclasses import dataclass, replace
from math import inf

_APART_SECONDS = 20.0
"""An animal that keeps standing there counts again after this long."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """When somebody is told that an animal waits.

    Attributes:
        times: how often it must have stood before the locked door ...
        within_seconds: ... in this time.
        again_seconds: it is told again after this long, if it still waits.

    Raises:
        ValueError: it could never be told; the message begins with the key.
    """

    times: int = 3
    within_seconds: float = 600.0
    again_seconds: float = 1800.0

    def __post_init__(self) -> None:
        if self.times < 1:
            raise ValueError("times: 1 or more")
        if self.within_seconds < self.times * _APART_SECONDS:
            raise ValueError(
                f"within_seconds: {_APART_SECONDS:g} s or more for each of the {self.times} times"
            )


@dataclass(frozen=True, slots=True)
class Waiting:
    """When a welcome animal stood before the locked door, and when that was told.

    Letting one in makes all forgotten.
    """

    seen_at: tuple[float, ...] = ()
    told_at: float = -inf

    def seen(self, now: float, escalation: Escalation) -> "Waiting":
        """It stands there now."""
        if self.seen_at and now - self.seen_at[-1] < _APART_SECONDS:
            return self
        recent = tuple(at for at in self.seen_at if now - at < escalation.within_seconds)
        return replace(self, seen_at=(*recent, now)[-escalation.times :])

    def is_due(self, now: float, escalation: Escalation) -> bool:
        """Whether it is time to tell."""
        enough = len(self.seen_at) >= escalation.times
        return (
            enough and now - self.seen_at[0] < escalation.within_seconds and self._is_silent(now, escalation)
        )

    def _is_silent(self, now: float, escalation: Escalation) -> bool:
        return now - self.told_at >= escalation.again_seconds

    def told(self, now: float) -> "Waiting":
        """Somebody knows now."""
        return replace(self, told_at=now)
