"""Sends what lies in the outbox, in order, a few at a time, until the broker has it."""

import json
import time
from bisect import bisect_left
from collections.abc import Callable
from typing import Final

from petdoor.mqtt import topics
from petdoor.mqtt.outbox import Entry, Outbox

_IN_FLIGHT: Final = 20
"""So many events the broker may owe an acknowledgement."""
_FRESH_SECONDS: Final = 10.0
"""What waits longer for a broker that has stalled is no news any more."""


class Mail:
    """The way of events from the outbox to the broker.

    What lay there before the broker could be reached, or has waited for it since, is old news: it is told
    apart, and marked, so that nothing acts on it late.

    Args:
        outbox: where they lie.
        clock: monotonic seconds.
        again: called, on another thread, when ``send`` is worth another try.
    """

    def __init__(
        self,
        outbox: Outbox,
        clock: Callable[[], float] = time.monotonic,
        *,
        again: Callable[[], object] = lambda: None,
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._again = again
        self._edition = outbox.edition
        self._sent_up_to = self._old_up_to = 0
        self._in_flight: dict[int, int] = {}
        self._noticed: list[tuple[int, float]] = []
        """The newest number at some moments, both growing."""

    @property
    def is_idle(self) -> bool:
        """Whether the broker owes nothing."""
        return not self._in_flight

    def begin(self) -> None:
        """The broker is there anew, or the outbox is: what was not acknowledged is told again, as old."""
        self._edition = self._outbox.edition
        self._in_flight.clear()
        self._noticed.clear()
        self._sent_up_to = 0
        self._old_up_to = self._outbox.newest

    def send(self, publish: Callable[[str, str], int]) -> None:
        """Send what may be sent now.

        Args:
            publish: takes a topic and a payload, gives the number that acknowledges it; 0 when it was not
                sent, for this broker takes nothing so large: then it waits for another one.
        """
        self._notice()
        for entry in self._waiting():
            is_old = self._is_old(entry.number)
            topic = topics.REPLAYED if is_old else topics.EVENT
            mid = publish(topic, json.dumps({**entry.payload, "replayed": is_old}))
            self._sent_up_to = entry.number
            if mid:
                self._in_flight[mid] = entry.number

    def acknowledged(self, mid: int, *, taken: bool = True) -> bool:
        """The broker has heard it: whether that was an event, and made room for the next.

        One that it will not have stays in the outbox, for a broker that will.
        """
        number = self._in_flight.pop(mid, None)
        if number is not None and taken:
            self._outbox.remove(number, edition=self._edition)
        return number is not None

    def _waiting(self) -> list[Entry]:
        """What comes next, as far as the broker may owe it, by the numbers that there are now."""
        while True:
            entries = self._outbox.after(self._sent_up_to, _IN_FLIGHT - len(self._in_flight), self._again)
            if self._edition == self._outbox.edition:
                return entries
            self.begin()

    def _notice(self) -> None:
        """Remember since when the newest event is there."""
        newest = self._outbox.newest
        self._noticed = [(number, at) for number, at in self._noticed if number > self._sent_up_to]
        if newest > (self._noticed[-1][0] if self._noticed else self._old_up_to):
            self._noticed.append((newest, self._clock()))

    def _is_old(self, number: int) -> bool:
        if number <= self._old_up_to:
            return True
        place = bisect_left(self._noticed, (number, 0.0))
        return place < len(self._noticed) and self._clock() - self._noticed[place][1] > _FRESH_SECONDS
