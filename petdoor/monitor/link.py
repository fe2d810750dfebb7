"""What a reader hands on: a message, how the way to the broker is, and that all it kept is told."""

from dataclasses import dataclass
from datetime import datetime

from petdoor.monitor.text import age, printable


@dataclass(frozen=True, slots=True)
class Message:
    """A message, as the broker handed it over.

    Attributes:
        topic: the whole topic.
        payload: its bytes.
        retained: the broker had kept it from earlier.
        received: when it came, UTC.
        at: the same in monotonic seconds.
    """

    topic: str
    payload: bytes
    retained: bool
    received: datetime
    at: float

    def told(self, base: str) -> tuple[str, str]:
        """The door's id, and the topic below it."""
        door_id, _, topic = self.topic.removeprefix(f"{base}/").partition("/")
        return door_id, topic


@dataclass(frozen=True, slots=True)
class Link:
    """How the way to the broker is.

    Attributes:
        is_up: messages come.
        since: since when it is so, in monotonic seconds.
        was_up: it was up before.
        reason: why it is not up, as far as that is known.
    """

    is_up: bool
    since: float
    was_up: bool = False
    reason: str = ""

    def words(self, now: float) -> str:
        """The same in a sentence for people."""
        if self.is_up:
            return "connected"
        reason = f": {printable(self.reason)}" if self.reason else ""
        if self.was_up:
            return f"broker lost {age(now - self.since)} ago, trying again{reason}"
        return f"broker not reached for {age(now - self.since)}, trying again{reason}"


@dataclass(frozen=True, slots=True)
class Settled:
    """All that the broker had kept has been told."""
