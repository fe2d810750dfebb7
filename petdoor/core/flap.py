"""The flap behind the bolt, as a sensor sees it; a door without a sensor has one that hangs shut for ever."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Flap:
    """Where the flap hangs, and since when.

    Attributes:
        is_closed: it hangs shut.
        since: when it began to.
        is_jammed: it stands open before a bolt that has fallen, for too long.
        jammed_at: since when.
        retry_at: when the bolt is drawn for a moment, to let it fall shut.
        retry_seconds: how long after that once more.
    """

    is_closed: bool = True
    since: float = 0.0
    is_jammed: bool = False
    jammed_at: float = 0.0
    retry_at: float = 0.0
    retry_seconds: float = 0.0

    def seen(self, *, is_closed: bool, now: float) -> "Flap":
        """The flap after one more look."""
        return self if is_closed == self.is_closed else replace(self, is_closed=is_closed, since=now)

    def has_settled(self, now: float, settle_seconds: float) -> bool:
        """It hangs shut, and no longer swings."""
        return self.is_closed and now - self.since >= settle_seconds

    def jammed(self, now: float, retry_seconds: float) -> "Flap":
        """It does not close; ``retry_seconds`` is how long to wait before the first attempt to free it."""
        return replace(
            self, is_jammed=True, jammed_at=now, retry_at=now + retry_seconds, retry_seconds=retry_seconds
        )

    def retried(self, now: float, retry_max_seconds: float) -> "Flap":
        """An attempt begins; the next one waits twice as long."""
        wait_seconds = min(2 * self.retry_seconds, retry_max_seconds)
        return replace(self, retry_at=now + wait_seconds, retry_seconds=wait_seconds)

    def freed(self) -> "Flap":
        """It hangs shut again."""
        return replace(self, is_jammed=False)
