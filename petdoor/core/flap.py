"""The flap behind the bolt, as a sensor sees it; a door without a sensor has one that hangs shut for ever."""

from dataclasses import dataclass, replace
from math import inf
from typing import Final

from petdoor.core.contacts import Contacts, Way

_MAX_TRIES: Final = 3
"""A flap that the bolt was drawn for this often in vain is held by something else."""


@dataclass(frozen=True, slots=True)
class Flap:
    """Where the flap hangs, and since when.

    Attributes:
        stands_open: its own sensor says so; a broken beam alone does not.
        stands_since: when that began to say what it says.
        is_blocked: something stands in its beam.
        entered_at: when it last came to stand open, or something into its beam.
        closed_at: when it last came to hang shut, with nothing in its beam.
        left_at: when the bolt first fell behind it as it stands open, or some time before it did.
        opened: the way the bolt was drawn when it came to stand open; None when it was not drawn.
        is_jammed: it stands open behind a bolt that has fallen, for too long.
        jammed_at: since when.
        tries: how often the bolt was drawn since then, to let it fall shut.
        retry_at: when it may be once more.
        retry_seconds: how long it was waited for that.
    """

    stands_open: bool = False
    stands_since: float = 0.0
    is_blocked: bool = False
    entered_at: float = -inf
    closed_at: float = 0.0
    left_at: float = -inf
    opened: Way | None = None
    is_jammed: bool = False
    jammed_at: float = 0.0
    tries: int = 0
    retry_at: float = 0.0
    retry_seconds: float = 0.0

    @property
    def is_closed(self) -> bool:
        """It hangs shut, and nothing stands in its beam: the bolt may fall."""
        return not self.stands_open and not self.is_blocked

    def seen(self, contacts: Contacts, now: float, *, drawn: Way | None) -> "Flap":
        """The flap after one more look, with the bolt drawn this way so far."""
        flap = replace(self, stands_open=not contacts.flap_is_closed, is_blocked=contacts.beam_is_broken)
        opens = flap.stands_open and not self.stands_open
        if opens or (flap.is_blocked and not self.is_blocked):
            flap = replace(flap, entered_at=now)
        if flap.stands_open != self.stands_open:
            flap = replace(flap, stands_since=now, opened=drawn if opens else None)
        if flap.is_closed and not self.is_closed:
            flap = replace(flap, closed_at=now)
        return flap

    def left(self, now: float) -> "Flap":
        """The bolt falls; whoever is in the flap then has to come out of it."""
        is_first = self.stands_open and self.left_at < self.stands_since
        return replace(self, left_at=now) if is_first else self

    def hung_seconds(self, now: float) -> float:
        """For how long it has said what it says, or has stood open since the bolt first fell behind it."""
        return now - max(self.stands_since, self.left_at)

    def has_settled(self, now: float, settle_seconds: float) -> bool:
        """It hangs shut, and no longer swings."""
        return self.is_closed and now - self.closed_at >= settle_seconds

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
