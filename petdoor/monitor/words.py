"""What is known of a door, in words: for the live view, for plain lines and for ``--once``."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Final, TypeAlias

from petdoor.monitor.happenings import Fact, Happening
from petdoor.monitor.text import age
from petdoor.monitor.watched import Door, Figures


class Tone(Enum):
    """How something is meant; the screen gives each a colour."""

    GOOD = auto()
    BARRED = auto()
    CARE = auto()
    ALARM = auto()
    QUIET = auto()


@dataclass(frozen=True, slots=True)
class Told:
    """An event in words: what happened, to whom or how long, and why."""

    what: str
    whom: str
    why: str
    tone: Tone

    def __str__(self) -> str:
        said = f"{self.what} {self.whom}".strip()
        return f"{said}: {self.why}" if self.why else said


@dataclass(frozen=True, slots=True)
class _Facts:
    """The facts of an event, each as a text or a figure whatever came."""

    facts: Mapping[str, Fact]

    def text(self, name: str) -> str:
        figure = self.figure(name)
        return str(self.facts.get(name) or "") if figure is None else f"{figure:g}"

    def figure(self, name: str) -> float | None:
        value = self.facts.get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def seconds(self, name: str) -> str:
        value = self.figure(name)
        if value is None:
            return ""
        return f"{value:.1f} s" if abs(value) < 10 else age(abs(value))

    def is_true(self, name: str) -> bool:
        return self.facts.get(name) is True

    def animal(self) -> str:
        confidence = self.figure("confidence")
        return self.text("species") if confidence is None else f"{self.text('species')} {confidence:.2f}"


_Line: TypeAlias = tuple[str, Tone, Callable[[_Facts], tuple[str, str]]]


def told(happening: Happening) -> Told:
    """The event in words; one of a kind not known here is called by its type."""
    facts = _Facts(happening.facts)
    unknown: _Line = (happening.kind.replace("_", " "), Tone.QUIET, lambda f: ("", f.text("reason")))
    what, tone, rest = _LINES.get(happening.kind, unknown)
    whom, why = rest(facts)
    tone = Tone.QUIET if facts.is_true("observed") else tone
    late = "told late" if happening.replayed else ""
    return Told(what, whom, ", ".join(filter(None, [late, why])), tone)


def _judged(facts: _Facts) -> tuple[str, str]:
    return facts.animal(), ", ".join(filter(None, _reasons(facts)))


def _reasons(facts: _Facts) -> Iterator[str]:
    if facts.text("vetoed_by"):
        yield f"vetoed by {facts.text('vetoed_by')}"
    if facts.text("held_by"):
        yield f"by {facts.text('held_by')}"
    if facts.is_true("observed"):
        yield "only observed"
    if facts.text("agree") and facts.text("frames"):
        yield f"{facts.text('agree')} of {facts.text('frames')} frames"
    if facts.text("latency_ms"):
        yield f"{facts.text('latency_ms')} ms"


def _unlocked(facts: _Facts) -> tuple[str, str]:
    cause, way = facts.text("cause"), facts.text("way")
    if cause == "animal":
        return facts.text("species"), f"way {way}" if way else ""
    return facts.text("species"), f"by {cause}" if cause else ""


def _waiting(facts: _Facts) -> tuple[str, str]:
    within = facts.seconds("within_seconds")
    return facts.text("species"), f"seen {facts.text('times')} times" + (
        f" within {within}" if within else ""
    )


def _clock(facts: _Facts) -> tuple[str, str]:
    return facts.seconds("jump_seconds"), "back" if (facts.figure("jump_seconds") or 0) < 0 else "forwards"


_LINES: Final[Mapping[str, _Line]] = {
    "animal_admitted": ("admitted", Tone.GOOD, _judged),
    "animal_kept_in": ("kept in", Tone.BARRED, _judged),
    "animal_refused": ("refused", Tone.BARRED, _judged),
    "animal_held_back": ("held back", Tone.CARE, _judged),
    "animal_waiting": ("WAITING", Tone.ALARM, _waiting),
    "door_unlocked": ("unlocked", Tone.GOOD, _unlocked),
    "door_locked": ("locked", Tone.QUIET, lambda f: (f.seconds("unlocked_seconds"), f.text("reason"))),
    "flap_jammed": ("JAMMED", Tone.ALARM, lambda f: (f.seconds("open_seconds"), "the flap stands open")),
    "flap_freed": ("freed", Tone.GOOD, lambda f: (f.seconds("jammed_seconds"), "the flap is closed again")),
    "emergency": ("EMERGENCY", Tone.ALARM, lambda f: (f.seconds("hold_seconds"), "called")),
    "coil_hot": (
        "coil hot",
        Tone.ALARM,
        lambda f: (f.seconds("wait_seconds"), "must cool before it unlocks"),
    ),
    "coil_cooled": ("coil cooled", Tone.QUIET, lambda _: ("", "the door may be unlocked again")),
    "camera_lost": ("camera lost", Tone.ALARM, lambda f: ("", f.text("reason"))),
    "camera_recovered": ("camera back", Tone.GOOD, lambda f: (f.seconds("outage_seconds"), "")),
    "problem_found": ("PROBLEM", Tone.ALARM, lambda f: (f.text("part"), f.text("reason"))),
    "problem_solved": ("solved", Tone.GOOD, lambda f: (f.text("part"), f.seconds("problem_seconds"))),
    "clock_jumped": ("clock set", Tone.QUIET, _clock),
    "settings_refused": ("refused", Tone.ALARM, lambda f: ("settings", f.text("reason"))),
    "setting_changed": ("set", Tone.QUIET, lambda f: (f.text("setting"), f.text("value"))),
    "events_dropped": ("dropped", Tone.ALARM, lambda f: (f"{f.text('count')} events", f.text("reason"))),
}

_MODES: Final = {
    "auto": "the rules decide",
    "locked": "opens for nobody",
    "unlocked": "opens for every animal it knows",
    "observe": "reports, and never moves the bolt",
}


def mode(door: Door) -> str:
    """What the mode means."""
    return _MODES.get(door.mode, "")


def bolt(door: Door) -> tuple[str, Tone]:
    """The state of the bolt, and how it is meant; of a door that is away only what it was."""
    if door.is_online is False:
        return f"was {door.lock or 'UNKNOWN'}", Tone.QUIET
    if door.is_emergency:
        is_down = door.lock in {"LOCKED", "JAMMED"}
        return f"{door.lock or 'UNKNOWN'}, EMERGENCY{': the coil must cool' if is_down else ''}", Tone.ALARM
    tones = {"LOCKED": Tone.GOOD, "UNLOCKED": Tone.CARE, "JAMMED": Tone.ALARM}
    return door.lock or "UNKNOWN", tones.get(door.lock, Tone.QUIET)


def presence(door: Door, now: float) -> tuple[str, Tone]:
    """Whether the door is there, and when it last spoke."""
    if door.is_online is None:
        return "never said that it is there", Tone.QUIET
    word = "online" if door.is_online else "OFFLINE"
    if door.heard_at is None:
        return word, Tone.GOOD if door.is_online else Tone.ALARM
    tone = Tone.GOOD if door.is_online else Tone.ALARM
    silence = now - door.heard_at
    if door.is_online and silence > SILENT_SECONDS:
        return f"silent for {age(silence)}", Tone.CARE
    return f"{word}, heard {age(silence)} ago", tone


SILENT_SECONDS: Final = 150.0
"""A door tells its figures every 60 s: after more than two times it is worth a word."""


def states(door: Door) -> Iterator[tuple[str, str, Tone]]:
    """What the door has told of itself, each with its name and how it is meant."""
    if door.is_camera_online is not None:
        yield "camera", *(("online", Tone.GOOD) if door.is_camera_online else ("OFFLINE", Tone.ALARM))
    if door.is_moving is not None:
        yield "motion", *(("seen", Tone.CARE) if door.is_moving else ("none", Tone.QUIET))
    if door.last_animal:
        yield "last animal", door.last_animal, Tone.QUIET
    if door.threshold is not None:
        yield "threshold", f"{door.threshold:.2f}", Tone.QUIET
    if door.is_curfew_on is not None:
        yield "curfew", *(("counts", Tone.QUIET) if door.is_curfew_on else ("suspended", Tone.CARE))
    if door.is_update_ready:
        yield "model", "a new one waits", Tone.CARE
    if door.info.get("latch") == "simulated":
        yield "latch", "SIMULATED", Tone.CARE


def problems(door: Door) -> list[tuple[str, str]]:
    """What is not as it should be: the part, and why."""
    if door.has_problem is False:
        return []
    if door.has_problem and not door.problems:
        return [("problem", "not told which")]
    return sorted(door.problems.items())


def rates(door: Door, now: float) -> Iterator[str]:
    """How the door does; what it did not tell is left out."""
    figures = door.figures
    if figures == Figures() and door.is_online:
        yield "figures come once a minute"
    if figures.fps is not None:
        yield f"{figures.fps:.1f} frames/s"
    if figures.infer_ms_p50 is not None:
        p95 = f", p95 {figures.infer_ms_p95:.1f}" if figures.infer_ms_p95 is not None else ""
        yield f"judging p50 {figures.infer_ms_p50:.1f}{p95} ms"
    if figures.temperature_c is not None:
        yield f"{figures.temperature_c:.1f} °C"
    if figures.uptime_seconds is not None:
        yield f"up {age(figures.uptime_seconds + now - (door.figures_at or now))}"


def moment(at: datetime, today: datetime) -> str:
    """When, by the clock on this wall; the day only where it is another one."""
    here = at.astimezone(today.tzinfo)
    return f"{here:%H:%M:%S}" if here.date() == today.date() else f"{here:%d %b %H:%M}"
