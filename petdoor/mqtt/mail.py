"""Sends what lies in the outbox, in order, a few at a time, until the broker has it."""

import json
from collections.abc import Callable
from typing import Final

from petdoor.mqtt import topics
from petdoor.mqtt.outbox import Outbox

_IN_FLIGHT: Final = 20
"""So many the broker may owe an acknowledgement; paho itself sends no more at once."""


class Mail:
    """The way of events from the outbox to the broker.

    What lay there before the broker could be reached is old news: it is told apart, and marked, so that
    nothing acts on it late.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._sent_up_to = self._old_up_to = 0
        self._in_flight: dict[int, int] = {}

    def begin(self) -> None:
        """The broker is there anew, and has nothing that it has not acknowledged."""
        self._in_flight.clear()
        self._sent_up_to = 0
        self._old_up_to = self._outbox.newest

    def send(self, publish: Callable[[str, str], int]) -> None:
        """Send what may be sent now.

        Args:
            publish: takes a topic and a payload, gives the number that acknowledges it.
        """
        for entry in self._outbox.after(self._sent_up_to, _IN_FLIGHT - len(self._in_flight)):
            is_old = entry.number <= self._old_up_to
            topic = topics.REPLAYED if is_old else topics.EVENT
            mid = publish(topic, json.dumps({**entry.payload, "replayed": is_old}))
            self._in_flight[mid] = self._sent_up_to = entry.number

    def acknowledged(self, mid: int, *, taken: bool = True) -> bool:
        """The broker has heard it: whether that was an event, and made room for the next.

        One that it will not have stays in the outbox, for a broker that will.
        """
        number = self._in_flight.pop(mid, None)
        if number is not None and taken:
            self._outbox.remove(number)
        return number is not None
