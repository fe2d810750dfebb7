"""What can happen at the door: one frozen dataclass an event, and what each tells the world."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final, TypeAlias, get_args

from petdoor.core.contacts import Way
from petdoor.core.modes import Hold
from petdoor.core.species import CAT, Species


class Verdict(StrEnum):
    """What the door does about an animal."""

    ADMIT = "admit"
    KEEP_IN = "keep_in"
    REFUSE = "refuse"
    HOLD = "hold"

    def sentence(self, species: Species) -> str:
        """What the animal hears; empty where there is nothing true to say: a cat let in is no doggy."""
        is_cat_let_in = self is Verdict.ADMIT and species == CAT
        return "" if is_cat_let_in else _SENTENCES[self]

    @property
    def past(self) -> str:
        """The word for a log line."""
        return _PAST[self]


_SENTENCES = {
    Verdict.ADMIT: "Doggy come on in!",
    Verdict.KEEP_IN: "Kitty stay inside!",
    Verdict.REFUSE: "You're not a dog! Stay outside!",
    Verdict.HOLD: "",
}
_PAST = {
    Verdict.ADMIT: "admitted",
    Verdict.KEEP_IN: "kept in",
    Verdict.REFUSE: "refused",
    Verdict.HOLD: "held back",
}


class LockReason(StrEnum):
    """Why the bolt fell."""

    TIME = "time is up"
    CAP = "longest unlock reached"
    PASSAGE = "the flap has closed behind somebody"
    VETO = "a barred animal is in view"
    COMMAND = "told to lock"
    HOLD = "it is no longer to be open"
    HEAT = "the coil must cool"
    CAMERA = "camera lost"
    EYESIGHT = "the camera cannot be trusted"
    STOP = "petdoor stops"


class Cause(StrEnum):
    """Why the bolt was drawn."""

    ANIMAL = "animal"
    BUTTON = "button"
    COMMAND = "command"
    EMERGENCY = "emergency"
    JAM = "jam"


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
        held_by: why a welcome animal is held back, if it is.
        observed: it is only told; the bolt is not moved.
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
    held_by: Hold | None = None
    observed: bool = False

    def __str__(self) -> str:
        seen = f"{self.species} {self.confidence:.2f} in {self.agree} of {self.frames} frames"
        veto = f", but a {self.vetoed_by} is in view" if self.vetoed_by else ""
        hold = f", by the {self.held_by}" if self.held_by else ""
        would = "only observed, would be " if self.observed else ""
        return f"{would}{self.verdict.past}: {seen}{veto}{hold}"


_CAUSES = {
    Cause.BUTTON: "the button",
    Cause.COMMAND: "command",
    Cause.EMERGENCY: "the emergency",
}


@dataclass(frozen=True, slots=True)
class DoorUnlocked:
    """The bolt is drawn: why, which way the door opens, and for which species, if for one."""

    type: ClassVar[str] = "door_unlocked"

    cause: Cause
    way: Way = Way.IN
    species: Species | None = None

    def __str__(self) -> str:
        if self.cause is Cause.JAM:
            return "unlocked for a moment, so that the flap falls shut"
        if self.cause is Cause.ANIMAL:
            return f"unlocked for a {self.species}"
        return f"unlocked by {_CAUSES[self.cause]}, the way {self.way}"


@dataclass(frozen=True, slots=True)
class DoorLocked:
    """The bolt has fallen after ``unlocked_seconds``."""

    type: ClassVar[str] = "door_locked"

    reason: LockReason
    unlocked_seconds: float

    def __str__(self) -> str:
        return f"locked after {self.unlocked_seconds:.1f} s: {self.reason}"


@dataclass(frozen=True, slots=True)
class FlapJammed:
    """The bolt has fallen, but the flap stands open, for ``open_seconds`` by now."""

    type: ClassVar[str] = "flap_jammed"

    open_seconds: float

    def __str__(self) -> str:
        return f"JAMMED: the bolt has fallen, but the flap has been open for {self.open_seconds:.0f} s"


@dataclass(frozen=True, slots=True)
class FlapFreed:
    """The flap hangs shut again, ``jammed_seconds`` after it was found jammed."""

    type: ClassVar[str] = "flap_freed"

    jammed_seconds: float

    def __str__(self) -> str:
        return f"the flap is closed again, after {self.jammed_seconds:.0f} s"


@dataclass(frozen=True, slots=True)
class Emergency:
    """An emergency is called: it holds the door open for ``hold_seconds``, as far as the coil bears it."""

    type: ClassVar[str] = "emergency"

    hold_seconds: float

    def __str__(self) -> str:
        return f"EMERGENCY: called for {self.hold_seconds:.0f} s"


@dataclass(frozen=True, slots=True)
class AnimalWaiting:
    """A welcome animal has stood before the locked door so many times in ``within_seconds``."""

    type: ClassVar[str] = "animal_waiting"

    species: Species
    times: int
    within_seconds: float

    def __str__(self) -> str:
        seen = f"seen {self.times} times within {self.within_seconds:.0f} s"
        return f"WAITING: a {self.species} is not let in, {seen}"


@dataclass(frozen=True, slots=True)
class CoilHot:
    """Somebody is to be let through, but the coil must rest for ``wait_seconds`` first."""

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


@dataclass(frozen=True, slots=True)
class ProblemFound:
    """Something is not as it should be; the door goes on, or stays locked, as its settings say."""

    type: ClassVar[str] = "problem_found"

    part: str
    reason: str

    def __str__(self) -> str:
        return f"PROBLEM: {self.part}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ProblemSolved:
    """It is as it should be again, after ``problem_seconds``."""

    type: ClassVar[str] = "problem_solved"

    part: str
    problem_seconds: float

    def __str__(self) -> str:
        return f"solved: {self.part}, after {self.problem_seconds:.0f} s"


@dataclass(frozen=True, slots=True)
class ClockJumped:
    """The time of day was set; no duration of the door's depends on it."""

    type: ClassVar[str] = "clock_jumped"

    jump_seconds: float

    def __str__(self) -> str:
        way = "forwards" if self.jump_seconds > 0 else "back"
        return f"the clock was set {way} by {abs(self.jump_seconds):.0f} s; the door counts on"


@dataclass(frozen=True, slots=True)
class SettingChanged:
    """The owner has set something from afar; it holds on until it is set again."""

    type: ClassVar[str] = "setting_changed"

    setting: str
    value: str

    def __str__(self) -> str:
        return f"{self.setting}: {self.value}, as told"


@dataclass(frozen=True, slots=True)
class EventsDropped:
    """So many events could not be kept until somebody heard them."""

    type: ClassVar[str] = "events_dropped"

    count: int

    def __str__(self) -> str:
        return f"{self.count} events were dropped before anybody heard of them"


@dataclass(frozen=True, slots=True)
class SettingsRefused:
    """New settings hold faults; the old ones hold on."""

    type: ClassVar[str] = "settings_refused"

    reason: str

    def __str__(self) -> str:
        return f"the new settings are refused, the old ones go on: {self.reason}"


Event: TypeAlias = (
    AnimalJudged
    | AnimalWaiting
    | DoorUnlocked
    | DoorLocked
    | FlapJammed
    | FlapFreed
    | Emergency
    | CoilHot
    | CoilCooled
    | CameraLost
    | CameraRecovered
    | ProblemFound
    | ProblemSolved
    | ClockJumped
    | SettingChanged
    | SettingsRefused
    | EventsDropped
)


def payload(event: Event) -> dict[str, Any]:
    """The event as JSON-ready values: its type, its fields, and for a judgement its sentence."""
    told = {"event_type": event_type(event)} | {k: _plain(v) for k, v in asdict(event).items()}
    if isinstance(event, AnimalJudged):
        told["message"] = event.verdict.sentence(event.species)
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
    Verdict.HOLD: "animal_held_back",
}
EVENT_TYPES: Final = (
    *_JUDGED_TYPES.values(),
    *(kind.type for kind in get_args(Event) if kind is not AnimalJudged),
)
"""Every name an event may have on the wire."""


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value
