"""Events as the doors tell them, and how a list of them grows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from petdoor.monitor.text import number, printable

Fact: TypeAlias = str | int | float | bool | None

MOST_EVENTS: Final = 200
"""How many events of a door are remembered."""
_MOST_FACTS: Final = 40


@dataclass(frozen=True, slots=True)
class Happening:
    """An event as a door told it.

    Attributes:
        at: when it happened, by the door's own clock, UTC.
        kind: its ``event_type``.
        facts: its single values, texts made printable; what is nested is left out.
        replayed: it was told late, for the broker was away.
    """

    at: datetime
    kind: str
    facts: Mapping[str, Fact]
    replayed: bool = False

    @property
    def key(self) -> tuple[Fact, str, datetime]:
        """By this it is known again when it is told twice."""
        return self.facts.get("id"), self.kind, self.at


def happening(told: Any) -> Happening:
    """The event in a parsed payload.

    Raises:
        ValueError: it is none.
    """
    known = facts(table(told))
    kind, moment = known.get("event_type"), known.get("ts")
    if not isinstance(kind, str) or not kind or not isinstance(moment, str):
        raise ValueError("an event without type or time")
    at = datetime.fromisoformat(moment)
    if at.tzinfo is None or not 1970 < at.year < 9000:  # some years have no local time
        raise ValueError("no time")
    return Happening(at.astimezone(UTC), kind, known, known.get("replayed") is True)


def happenings(told: Any) -> list[Happening]:
    """The events in a parsed list; what is none is left out.

    Raises:
        ValueError: it is no list.
    """
    if not isinstance(told, list):
        raise ValueError("no list")  # noqa: TRY004 -- as for every other payload without sense
    return [event for event in map(_happening_if_any, told[-MOST_EVENTS:]) if event]


def _happening_if_any(told: Any) -> Happening | None:
    try:
        return happening(told)
    except ValueError:
        return None


def merged(
    known: Iterable[Happening], told: Iterable[Happening], *, in_order: bool = False
) -> tuple[Happening, ...]:
    """The events known and those told now, the last ``MOST_EVENTS``; what was told late once stays late.

    What comes live comes last, whatever the door's clock says; all else is put ``in_order`` of time.
    """
    events = {event.key: event for event in known}
    size = len(events)
    for event in told:
        before = events.get(event.key)
        is_late = event.replayed or (before is not None and before.replayed)
        events[event.key] = replace(event, replayed=is_late)
    order = list(events.values())
    if in_order and len(order) > size:
        order.sort(key=lambda event: event.at)
    return tuple(order[-MOST_EVENTS:])


def table(told: Any) -> dict[str, Any]:
    """What was told, which must be a JSON object.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(told, dict):
        raise ValueError("no object")  # noqa: TRY004 -- as for every other payload without sense
    return told


def facts(told: Mapping[str, Any]) -> dict[str, Fact]:
    """The single values of an object, fit to be shown; what is nested is left out.

    Raises:
        ValueError: a figure is none that a door can mean.
    """
    plain = {printable(name, longest=40): _fact(value) for name, value in list(told.items())[:_MOST_FACTS]}
    return {name: value for name, value in plain.items() if value is not ...}


def _fact(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        number(value)
        return value
    return ...
