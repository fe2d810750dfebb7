"""What can happen at the door: one frozen dataclass an event, and what each tells the world."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, ClassVar, TypeAlias

from petdoor.core.species import Species


class Verdict(StrEnum):
    """What the door does about an animal."""

    ADMIT = "admit"
    KEEP_IN = "keep_in"
    REFUSE = "refuse"

    @property
    def message(self) -> str:
        """The sentence the animal hears."""
        return _MESSAGES[self]

    @property
    def past(self) -> str:
        """The word for a log line."""
        return _PAST[self]


_MESSAGES = {
    Verdict.ADMIT: "Doggy come on in!",
    Verdict.KEEP_IN: "Kitty stay inside!",
    Verdict.REFUSE: "You're not a dog! Stay outside!",
}
_PAST = {Verdict.ADMIT: "admitted", Verdict.KEEP_IN: "kept in", Verdict.REFUSE: "refused"}


class LockReason(StrEnum):
    """Why the bolt fell."""

    TIME = "time is up"
    CAP = "longest unlock reached"
    VETO = "a barred animal is in view"
    HEAT = "the coil must cool"
    CAMERA = "camera lost"
    STOP = "petdoor stops"


@dataclass(frozen=True, slots=True)
class AnimalJudged:
    """Enough frames agree on what stands at the door.

    Attributes:
        verdict: what the door does about it.
        species: what the frames agree on.
        confidence: mean probability of that species over the frames that agree, 0..1.
        agree: how many frames agree.
        frames: how many frames were looked at.
        vetoed_by: the barred species in view that keeps a welcome animal outside, if any.
        probabilities: each species' mean probability over the frames looked at.
        visit_seconds: since the first sight of this visit.
    """

    type: ClassVar[str] = "animal_judged"

    verdict: Verdict
    species: Species
    confidence: float
    agree: int
    frames: int
    vetoed_by: Species | None
    probabilities: Mapping[Species, float]
    visit_seconds: float

    def __str__(self) -> str:
        seen = f"{self.species} {self.confidence:.2f} in {self.agree} of {self.frames} frames"
        veto = f", but a {self.vetoed_by} is in view" if self.vetoed_by else ""
        return f"{self.verdict.past}: {seen}{veto}"


@dataclass(frozen=True, slots=True)
class DoorUnlocked:
    """The bolt is drawn, for this species."""

    type: ClassVar[str] = "door_unlocked"

    species: Species

    def __str__(self) -> str:
        return f"unlocked for a {self.species}"


@dataclass(frozen=True, slots=True)
class DoorLocked:
    """The bolt has fallen after ``unlocked_seconds``."""

    type: ClassVar[str] = "door_locked"

    reason: LockReason
    unlocked_seconds: float

    def __str__(self) -> str:
        return f"locked after {self.unlocked_seconds:.1f} s: {self.reason}"


@dataclass(frozen=True, slots=True)
class CoilHot:
    """A welcome animal is there, but the coil must rest for ``wait_seconds`` first."""

    type: ClassVar[str] = "coil_hot"

    wait_seconds: float

    def __str__(self) -> str:
        return f"not unlocked: the coil must cool for {self.wait_seconds:.0f} s"


@dataclass(frozen=True, slots=True)
class CoilCooled:
    """The door may be unlocked again."""

    type: ClassVar[str] = "coil_cooled"

    def __str__(self) -> str:
        return "the coil has cooled: the door may be unlocked again"


@dataclass(frozen=True, slots=True)
class CameraLost:
    """The door is blind, and locked, until frames come again."""

    type: ClassVar[str] = "camera_lost"

    reason: str

    def __str__(self) -> str:
        return f"camera lost, door locked: {self.reason}"


@dataclass(frozen=True, slots=True)
class CameraRecovered:
    """Frames come again after ``outage_seconds``."""

    type: ClassVar[str] = "camera_recovered"

    outage_seconds: float

    def __str__(self) -> str:
        return f"camera is back after {self.outage_seconds:.1f} s"


Event: TypeAlias = (
    AnimalJudged | DoorUnlocked | DoorLocked | CoilHot | CoilCooled | CameraLost | CameraRecovered
)


def payload(event: Event) -> dict[str, Any]:
    """The event as JSON-ready values: its type, its fields, and for a judgement its sentence."""
    told = {"event_type": event_type(event)} | {k: _plain(v) for k, v in asdict(event).items()}
    if isinstance(event, AnimalJudged):
        told["message"] = event.verdict.message
    return told


def event_type(event: Event) -> str:
    """The event's name on the wire: ``animal_admitted``, ``door_locked``, ..."""
    if isinstance(event, AnimalJudged):
        return _JUDGED_TYPES[event.verdict]
    return event.type


_JUDGED_TYPES = {
    Verdict.ADMIT: "animal_admitted",
    Verdict.KEEP_IN: "animal_kept_in",
    Verdict.REFUSE: "animal_refused",
}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value
