"""Where on the broker a door tells what, and where it listens."""

from dataclasses import dataclass
from typing import Final

ONLINE: Final = "online"
OFFLINE: Final = "offline"
ON: Final = "ON"
OFF: Final = "OFF"

AVAILABILITY: Final = "availability"
CAMERA: Final = "camera/availability"
PROBLEM_REASONS: Final = "problem/attributes"
INFO: Final = "info"
RECENT: Final = "recent"
EVENT: Final = "event"
REPLAYED: Final = "event/replayed"
SNAPSHOT: Final = "snapshot"
LAST_SNAPSHOT: Final = "snapshot/last"
STATS: Final = "stats"


def state(thing: str) -> str:
    """Where the state of a thing is told: ``lock/state``."""
    return f"{thing}/state"


def command(thing: str) -> str:
    """Where orders for a thing are heard: ``lock/set``."""
    return f"{thing}/set"


def response(verb: str) -> str:
    """Where requests of this kind are answered."""
    return f"response/{verb}"


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one door, below ``<base>/<door_id>``."""

    base: str
    door_id: str

    def __call__(self, name: str) -> str:
        """The whole topic."""
        return f"{self.base}/{self.door_id}/{name}"

    def name(self, topic: str) -> str:
        """What of the topic is below this door; empty for any other topic."""
        prefix = self("")
        return topic.removeprefix(prefix) if topic.startswith(prefix) else ""

    @property
    def heard(self) -> tuple[str, ...]:
        """What the door subscribes to."""
        return self("+/set"), self("request/+")
