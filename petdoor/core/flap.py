"""The flap behind the bolt, as a sensor sees it; a door without a sensor has one that hangs shut for ever."""

from dataclasses import dataclass, replace
from typing import Final

from petdoor.core.contacts import Contacts, Way

_MAX_TRIES: Final = 3
"""A flap that the bolt was drawn for this often in vain is held by something else."""


@dataclass(frozen=True, slots=True)
class Flap:
    """Where the flap hangs, and since when.

    Attributes:
        is_closed: it hangs shut, and nothing stands in its beam.
        since: when it began to.
        stands_open: its own sensor says so; a broken beam alone does not.
        opened: the way the bolt was drawn when it came to stand open; None when it was not drawn.
        is_jammed: it is not closed behind a bolt that has fallen, for too long.
        jammed_at: since when.
        tries: how often the bolt was drawn since then, to let it fall shut.
        retry_at: when it may be once more.
        retry_seconds: how long it was waited for that.
    """

    is_closed: bool = True
    since: float = 0.0
    stands_open: bool = False
    opened: Way | None = None
    is_jammed: bool = False
    jammed_at: float = 0.0
    tries: int = 0
    retry_at: float = 0.0
    retry_seconds: float = 0.0

    def seen(self, contacts: Contacts, now: float, *, drawn: Way | None) -> "Flap":
        """The flap after one more look, with the bolt drawn this way so far."""
        stands_open = not contacts.flap_is_closed
        is_closed = not stands_open and not contacts.beam_is_broken
        since = self.since if is_closed == self.is_closed else now
        opened = self.opened if self.stands_open else drawn
        return replace(
            self,
            is_closed=is_closed,
            since=since,
            stands_open=stands_open,
            opened=opened if stands_open else None,
        )

    def has_settled(self, now: float, settle_seconds: float) -> bool:
        """It hangs shut, and no longer swings."""
        return self.is_closed and now - self.since >= settle_seconds

    def jammed(self, now: float, retry_seconds: float) -> "Flap":
        """It does not close; ``retry_seconds`` is how long to wait before the first attempt to free it."""
        return replace(
            self,
            is_jammed=True,
            jammed_at=now,
            tries=0,
            retry_at=now + retry_seconds,
            retry_seconds=retry_seconds,
        )

    def way_to_free(self, now: float) -> Way | None:
        """The way to draw the bolt now, so that the flap falls shut: the one it was opened.

        None for one that nobody was let through: it was forced, or its wire is cut.
        """
        is_due = self.is_jammed and self.tries < _MAX_TRIES and now >= self.retry_at
        return self.opened if is_due else None

    def tried(self, now: float) -> "Flap":
        """An attempt begins; the next one waits twice as long."""
        wait_seconds = 2 * self.retry_seconds
        return replace(self, tries=self.tries + 1, retry_at=now + wait_seconds, retry_seconds=wait_seconds)

    def freed(self) -> "Flap":
        """It hangs shut again."""
        return replace(self, is_jammed=False)
