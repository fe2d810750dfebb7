"""What is known of the doors from their messages alone: pure, and nothing a stranger sends breaks it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, TypeAlias

from petdoor.monitor.happenings import Fact, Happening, facts, happening, happenings, merged, table
from petdoor.monitor.text import number, parsed, printable

MOST_DOORS: Final = 100
"""How many doors are watched: whoever may write to the broker could invent any number."""
_MOST_PROBLEMS: Final = 20
_DOOR_ID: Final = re.compile("[a-zA-Z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Figures:
    """How a door does, as it says once a minute; ``None`` is what it did not say."""

    uptime_seconds: float | None = None
    frames: float | None = None
    fps: float | None = None
    judged: float | None = None
    infer_ms_p50: float | None = None
    infer_ms_p95: float | None = None
    temperature_c: float | None = None


@dataclass(frozen=True, slots=True)
class Door:
    """What a door has told; ``None`` and empty mean that it has not.

    Attributes:
        problems: what is not as it should be, by part.
        info: the versions and names in ``info``.
        is_update_ready: another model than the one in use lies on the door.
        events: the last ones, newest last.
        figures_at: when the figures came, in monotonic seconds.
        heard_at: when it last spoke itself, in monotonic seconds; what the broker kept does not count.
    """

    id: str
    is_online: bool | None = None
    lock: str = ""
    mode: str = ""
    threshold: float | None = None
    is_curfew_on: bool | None = None
    is_emergency: bool | None = None
    is_moving: bool | None = None
    is_camera_online: bool | None = None
    has_problem: bool | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    last_animal: str = ""
    info: Mapping[str, Fact] = field(default_factory=dict)
    is_update_ready: bool | None = None
    figures: Figures = Figures()
    figures_at: float | None = None
    events: tuple[Happening, ...] = ()
    heard_at: float | None = None


@dataclass(frozen=True, slots=True)
class House:
    """All doors heard of below ``base``, by their ids."""

    base: str = "petdoor"
    doors: Mapping[str, Door] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Door]:
        return iter(sorted(self.doors.values(), key=lambda door: door.id))


def heard(house: House, topic: str, payload: bytes, *, retained: bool, now: float) -> House:
    """The house after a message; the same one when it says nothing new, or nothing that can be understood.

    Args:
        house: what was known before.
        topic: the whole topic.
        payload: an empty one says that something is not told any more.
        retained: the broker kept it; so the door need not be alive.
        now: monotonic seconds.
    """
    door_id, _, told = topic.removeprefix(f"{house.base}/").partition("/")
    read = _READERS.get(told)
    if read is None or topic != f"{house.base}/{door_id}/{told}" or not _DOOR_ID.fullmatch(door_id):
        return house
    known = house.doors.get(door_id)
    if known is None and len(house.doors) >= MOST_DOORS:
        return house
    try:
        door = read(known or Door(door_id), payload.decode())
    except ValueError:
        return house
    if not retained and not (told == "availability" and door.is_online is False):  # that may be its last will
        door = replace(door, heard_at=now)
        door = replace(door, figures_at=now) if told == "stats" else door
    return house if door == known else replace(house, doors={**house.doors, door_id: door})


# One reader a topic: the door and the text to the door afterwards; ValueError when it makes no sense.
_Reader: TypeAlias = Callable[[Door, str], Door]


def _word(name: str, *allowed: str) -> _Reader:
    def read(door: Door, text: str) -> Door:
        if text and text not in allowed:
            raise ValueError(f"none of {allowed}")
        told: dict[str, Any] = {name: text}
        return replace(door, **told)

    return read


def _switch(name: str, on: str = "ON", off: str = "OFF") -> _Reader:
    meanings = {on: True, off: False, "": None}

    def read(door: Door, text: str) -> Door:
        if text not in meanings:
            raise ValueError(f"neither {on} nor {off}")
        told: dict[str, Any] = {name: meanings[text]}
        return replace(door, **told)

    return read


def _threshold(door: Door, text: str) -> Door:
    value = number(float(text)) if text else None
    if value is not None and not 0 <= value <= 1:
        raise ValueError("no probability")
    return replace(door, threshold=value)


def _last_animal(door: Door, text: str) -> Door:
    return replace(door, last_animal=printable(text, longest=24))


def _problems(door: Door, text: str) -> Door:
    reasons = table(table(parsed(text)).get("reasons")) if text else {}
    told = {printable(part, longest=24): printable(str(reason)) for part, reason in reasons.items()}
    return replace(door, problems=dict(list(told.items())[:_MOST_PROBLEMS]))


def _model(door: Door, text: str) -> Door:
    told = table(parsed(text)) if text else {}
    installed, latest = told.get("installed_version"), told.get("latest_version")
    return replace(door, is_update_ready=installed != latest if installed and latest else None)


def _info(door: Door, text: str) -> Door:
    return replace(door, info=facts(table(parsed(text))) if text else {})


def _stats(door: Door, text: str) -> Door:
    told = table(parsed(text))
    figures = {
        each.name: number(told[each.name]) for each in fields(Figures) if told.get(each.name) is not None
    }
    return replace(door, figures=Figures(**figures))


def _event(door: Door, text: str) -> Door:
    return replace(door, events=merged(door.events, [happening(parsed(text))]))


def _replayed(door: Door, text: str) -> Door:
    late = replace(happening(parsed(text)), replayed=True)
    return replace(door, events=merged(door.events, [late], in_order=True))


def _recent(door: Door, text: str) -> Door:
    told = happenings(parsed(text)) if text else []
    return replace(door, events=merged(door.events, told, in_order=True))


_READERS: Final[Mapping[str, _Reader]] = {
    "availability": _switch("is_online", "online", "offline"),
    "lock/state": _word("lock", "LOCKED", "UNLOCKED", "JAMMED"),
    "camera/availability": _switch("is_camera_online", "online", "offline"),
    "mode/state": _word("mode", "auto", "locked", "unlocked", "observe"),
    "threshold/state": _threshold,
    "curfew/state": _switch("is_curfew_on"),
    "emergency/state": _switch("is_emergency"),
    "motion/state": _switch("is_moving"),
    "problem/state": _switch("has_problem"),
    "problem/attributes": _problems,
    "last_animal/state": _last_animal,
    "model/state": _model,
    "info": _info,
    "recent": _recent,
    "event": _event,
    "event/replayed": _replayed,
    "stats": _stats,
}
