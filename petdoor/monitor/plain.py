"""What is known, for pipes and scripts: a JSON object a message, a line a door, a line an event."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from petdoor.monitor import words
from petdoor.monitor.happenings import Happening
from petdoor.monitor.link import Message
from petdoor.monitor.text import parsed
from petdoor.monitor.watched import Door, House

_SHOWN_EVENTS = 20


def json_line(message: Message, base: str) -> str:
    """A message as one line of JSON; all but plain ASCII is escaped, so that a terminal may see it."""
    door_id, topic = message.told(base)
    told = {"ts": _utc(message.received), "door": door_id, "topic": topic}
    value = {"bytes": len(message.payload)} if topic.startswith("snapshot") else _value(message.payload)
    return _json({**told, "value": value, "retained": message.retained})


def _value(payload: bytes) -> Any:
    """The JSON in a payload, else its text, else how many bytes it is."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return {"bytes": len(payload)}
    try:
        value = parsed(text)
        _json(value)
    except ValueError:
        return text
    return value


def _json(value: Any) -> str:
    """JSON in one line.

    Raises:
        ValueError: it holds a number that JSON does not know, such as the infinity 1e999 is read as.
    """
    try:
        return json.dumps(value, allow_nan=False)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def state(house: House) -> str:
    """All doors as one JSON object, what each has told under the names of ``Door``."""
    doors = {door.id: _door(door) for door in house}
    return _json({"base": house.base, "doors": doors})


def _door(door: Door) -> dict[str, Any]:
    told = asdict(door)
    for name in ("id", "figures", "figures_at", "heard_at"):  # the key, and what is never kept
        del told[name]
    return told | {"events": [_event(event) for event in door.events[-_SHOWN_EVENTS:]]}


def _event(event: Happening) -> dict[str, Any]:
    return {**event.facts, "ts": _utc(event.at), "replayed": event.replayed}


def state_line(door: Door) -> str:
    """A door in one line for people."""
    online = {True: "online", False: "OFFLINE", None: "never said that it is there"}[door.is_online]
    told = [online, words.bolt(door)[0]]
    if door.mode:
        told.append(f"mode {door.mode}")
    told += [f"{name} {value}" for name, value, _ in words.states(door)]
    told += [f"PROBLEM {part}: {reason}" for part, reason in words.problems(door)]
    return f"{door.id}: {', '.join(told)}"


def news(before: House, after: House, now: datetime) -> Iterator[str]:
    """A line for each event, coming and going that ``after`` knows of and ``before`` does not.

    Args:
        before: what was known.
        after: what is known now.
        now: the time of day here, for comings and goings.
    """
    if before is after:
        return
    for door in after:
        old = before.doors.get(door.id, Door(door.id))
        if door.is_online is not old.is_online and door.is_online is not None:
            yield _line(now, door, "online" if door.is_online else "OFFLINE")
        known = {event.key for event in old.events}
        for event in door.events:
            if event.key not in known:
                yield _line(event.at.astimezone(now.tzinfo), door, str(words.told(event)))


def _line(at: datetime, door: Door, said: str) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}  {door.id}  {said}"
