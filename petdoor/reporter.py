"""Says what happens: to the log, the service manager and the world."""

import logging
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from petdoor.core.door import Door
from petdoor.core.events import (
    AnimalJudged,
    AnimalWaiting,
    CameraLost,
    CameraRecovered,
    CoilCooled,
    CoilHot,
    Emergency,
    Event,
    FlapFreed,
    FlapJammed,
    ProblemFound,
    ProblemSolved,
    SettingsRefused,
    payload,
)
from petdoor.core.ports import Frame, Publisher, Supervisor
from petdoor.core.species import OTHER

log = logging.getLogger(__name__)

EVENT_SCHEMA: Final = 1
_ALARMING: Final = (
    AnimalWaiting,
    CameraLost,
    CoilHot,
    Emergency,
    FlapJammed,
    ProblemFound,
    SettingsRefused,
)


class Reporter:
    """Tells of events, and keeps count of what is not as it should be.

    Args:
        publisher: the world.
        supervisor: the service manager.
        clock: monotonic seconds.
        wall_clock: the time of day, for events only.
        door_id: the name of this door.
        model_id: that of its model.
        door: what the daemon before this one has handed on; what is wrong with it is wrong still.
    """

    def __init__(
        self,
        publisher: Publisher,
        supervisor: Supervisor,
        *,
        clock: Callable[[], float],
        wall_clock: Callable[[], datetime],
        door_id: str,
        model_id: str,
        door: Door | None = None,
    ) -> None:
        self._publisher = publisher
        self._supervisor = supervisor
        self._clock = clock
        self._wall_clock = wall_clock
        self._door_id = door_id
        self._model_id = model_id
        self._problems = _handed_on(door or Door())
        self._since = dict.fromkeys(self._problems, clock())
        self._moves = self._is_called = False
        publisher.problems(self._problems)

    def tell(self, events: Sequence[Event], frame: Frame | None = None) -> None:
        """Tell of these, and show the frame that made the door decide."""
        latency_ms = round((self._clock() - frame.taken_at) * 1000) if frame else None
        for event in events:
            level = logging.WARNING if isinstance(event, _ALARMING) else logging.INFO
            log.log(level, "%s%s", event, _heard(event, latency_ms))
            self._supervisor.status(str(event))
            self._publisher.event(self._receipt(event, latency_ms))
            self._keep_count(event)
            if frame and _is_to_be_shown(event):
                self._publisher.snapshot(frame.pixels)

    def problem(self, part: str, reason: str) -> None:
        """Tell once what is wrong with a part, and once that it no longer is; empty: nothing is.

        Something else that is wrong with it meanwhile takes the place of the first among what is told on.
        """
        known = self._problems.get(part, "")
        if reason and known:
            self._replace(part, reason)
        if bool(reason) == bool(known):
            return
        seconds = self._clock() - self._since.get(part, self._clock())
        self.tell([ProblemFound(part, reason) if reason else ProblemSolved(part, seconds)])

    def _replace(self, part: str, reason: str) -> None:
        if self._problems[part] != reason:
            self._problems[part] = reason
            self._publisher.problems(self._problems)

    def motion(self, *, seen: bool) -> None:
        """Tell whether something moves, when that is news."""
        if seen is not self._moves:
            self._moves = seen
            self._publisher.motion(seen=seen)

    def emergency(self, *, called: bool) -> None:
        """Tell whether an emergency holds the door open, when that is news."""
        if called is not self._is_called:
            self._is_called = called
            self._publisher.emergency(called=called)

    def _keep_count(self, event: Event) -> None:
        """What is not as it should be is told as long as it is so, beside the event that tells of it once."""
        begun, ended = _begun(event), _ended(event)
        if begun:
            part, reason = begun
            self._problems[part] = reason
            self._since[part] = self._clock()
        elif ended in self._problems:
            del self._problems[ended], self._since[ended]
        else:
            return
        self._publisher.problems(self._problems)

    def _receipt(self, event: Event, latency_ms: int | None) -> dict[str, Any]:
        receipt = receipt_of(event, door_id=self._door_id, moment=self._wall_clock())
        if isinstance(event, AnimalJudged):
            receipt |= {"latency_ms": latency_ms, "model": self._model_id}
        return receipt


def _handed_on(door: Door) -> dict[str, str]:
    """What is wrong with a door that another daemon had before."""
    still: dict[Event, bool] = {FlapJammed(0.0): door.flap.is_jammed, CoilHot(0.0): door.is_hot}
    return dict(told for event, is_so in still.items() if is_so and (told := _begun(event)))


def receipt_of(event: Event, *, door_id: str, moment: datetime) -> dict[str, Any]:
    """What is told of an event of this door, at this moment (UTC): JSON-ready."""
    return {
        "schema": EVENT_SCHEMA,
        "id": uuid.uuid4().hex,
        "ts": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "door": door_id,
        **payload(event),
    }


def _begun(event: Event) -> tuple[str, str] | None:
    """The part with which something is wrong from now on, and what."""
    match event:
        case ProblemFound(part, reason):
            return part, reason
        case CameraLost(reason):
            return "camera", reason
        case FlapJammed():
            return "flap", "it stands open before a bolt that has fallen"
        case CoilHot():
            return "coil", "it must cool before the door can be unlocked again"
        case _:
            return None


def _ended(event: Event) -> str:
    """The part that is well again; empty for none."""
    match event:
        case ProblemSolved(part):
            return part
        case CameraRecovered():
            return "camera"
        case FlapFreed():
            return "flap"
        case CoilCooled():
            return "coil"
        case _:
            return ""


def _heard(event: Event, latency_ms: int | None) -> str:
    """How soon a verdict fell, where time passes while the door thinks, and what the animal hears."""
    if not isinstance(event, AnimalJudged):
        return ""
    soon = f", {latency_ms} ms" if latency_ms else ""
    sentence = event.verdict.sentence(event.species)
    return f'{soon}: "{sentence}"' if sentence else soon


def _is_to_be_shown(event: Event) -> bool:
    """What is no known animal may be a person, whose picture is nobody's business."""
    return isinstance(event, AnimalJudged | AnimalWaiting) and event.species != OTHER
