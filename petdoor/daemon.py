"""The loop: frame, scores, sighting, decision, bolt, receipt."""

import logging
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import quantiles
from threading import Event as Flag
from typing import Any, Final

from petdoor.core import decision
from petdoor.core.door import Door, LatchState
from petdoor.core.events import (
    AnimalJudged,
    CameraLost,
    CameraRecovered,
    CoilHot,
    Event,
    LockReason,
    payload,
)
from petdoor.core.policy import Policy
from petdoor.core.ports import (
    Camera,
    Classifier,
    Frame,
    Latch,
    MotionGate,
    Publisher,
    Rule,
    Supervisor,
    Unsupervised,
)
from petdoor.core.species import OTHER, Sighting
from petdoor.errors import CameraError, EndOfFramesError

log = logging.getLogger(__name__)

EVENT_SCHEMA: Final = 1
_STATS_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Parts:
    """All the loop works with, handed in; and the names of door and model, for the events."""

    latch: Latch
    camera: Camera
    classifier: Classifier
    rule: Rule
    policy: Policy
    publisher: Publisher
    motion: MotionGate | None = None
    supervisor: Supervisor = field(default_factory=Unsupervised)
    door_id: str = "petdoor"
    model_id: str = ""


@dataclass(frozen=True, slots=True)
class Timing:
    """How often the loop turns without frames, and when it gives up on the camera."""

    tick_seconds: float = 0.1
    give_up_seconds: float = 300.0


class Daemon:
    """Runs the door until told to stop, a recording ends, or the camera is gone for good.

    Args:
        parts: what it works with.
        timing: how often and how long.
        clock: monotonic seconds.
        wall_clock: the time of day, for events only.
    """

    def __init__(
        self,
        parts: Parts,
        *,
        timing: Timing | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._parts = parts
        self._timing = timing or Timing()
        self._clock = clock
        self._wall_clock = wall_clock
        self._door = Door()
        self._began_at = self._stats_at = clock()
        self._lost_at: float | None = None
        self._is_ready = False
        self._has_ended = False
        self._frames = 0
        self._judge_seconds: deque[float] = deque(maxlen=1000)

    def run(self, stop: Flag) -> None:
        """Turn until ``stop`` is set; however it ends, the bolt is locked first.

        Raises:
            CameraError: no frames for ``give_up_seconds``; a fresh start may help.
            LatchError: the bolt does not obey.
        """
        self._parts.latch.lock()
        self._parts.publisher.latch(LatchState.LOCKED)
        try:
            while not stop.is_set() and not self._has_ended:
                self.turn()
        finally:
            self._parts.latch.lock()
            self._lock(LockReason.STOP)
            self._parts.supervisor.stopping()

    def turn(self) -> None:
        """One pass of the loop, with a frame or without; only a whole one is a sign of life."""
        self._pass()
        self._parts.supervisor.alive()

    def _pass(self) -> None:
        try:
            frame = self._parts.camera.read(self._timing.tick_seconds)
        except CameraError as error:
            self._miss_camera(error)
            return
        except EndOfFramesError as end:
            self._finish(end)
            return
        self._welcome(frame)
        sighting = self._look(frame)
        self._decide(sighting, frame)
        self._report()

    def _look(self, frame: Frame | None) -> Sighting | None:
        if frame is None or (self._parts.motion and not self._parts.motion.is_open(frame)):
            return None
        began = self._clock()
        sighting = self._parts.rule.sighting(self._parts.classifier.probabilities(frame.pixels))
        self._judge_seconds.append(self._clock() - began)
        log.debug("sees %s %.2f", sighting.species, sighting.confidence)
        return sighting

    def _decide(self, sighting: Sighting | None, frame: Frame | None = None) -> None:
        door, events = decision.step(self._door, sighting, self._clock(), self._parts.policy)
        self._become(door)
        self._tell(events, frame)

    def _lock(self, reason: LockReason) -> None:
        door, events = decision.lock(self._door, self._clock(), reason, self._parts.policy)
        self._become(door)
        self._tell(events)

    def _become(self, door: Door) -> None:
        """Move the bolt; only a bolt that has moved makes the door another."""
        if door.latch is not self._door.latch:
            if door.latch is LatchState.UNLOCKED:
                self._parts.latch.unlock()
            else:
                self._parts.latch.lock()
            self._parts.publisher.latch(door.latch)
        self._door = door

    def _tell(self, events: Sequence[Event], frame: Frame | None = None) -> None:
        latency_ms = round((self._clock() - frame.taken_at) * 1000) if frame else None
        for event in events:
            log.log(_level(event), "%s%s", event, _heard(event, latency_ms))
            self._parts.supervisor.status(str(event))
            self._parts.publisher.event(self._receipt(event, latency_ms))
            # What is no known animal may be a person, whose picture is nobody's business.
            if frame and isinstance(event, AnimalJudged) and event.species != OTHER:
                self._parts.publisher.snapshot(frame.pixels)

    def _receipt(self, event: Event, latency_ms: int | None) -> dict[str, Any]:
        receipt = {
            "schema": EVENT_SCHEMA,
            "id": uuid.uuid4().hex,
            "ts": self._wall_clock().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "door": self._parts.door_id,
            **payload(event),
        }
        if isinstance(event, AnimalJudged):
            receipt |= {"latency_ms": latency_ms, "model": self._parts.model_id}
        return receipt

    def _miss_camera(self, error: CameraError) -> None:
        now = self._clock()
        if self._lost_at is None:
            self._lost_at = now
            self._lock(LockReason.CAMERA)
            self._parts.publisher.camera(online=False)
            self._tell([CameraLost(str(error))])
        elif now - self._lost_at >= self._timing.give_up_seconds:
            raise CameraError(f"no camera for {now - self._lost_at:.0f} s, giving up: {error}") from error
        self._report()

    def _welcome(self, frame: Frame | None) -> None:
        if frame is None:
            return
        self._frames += 1
        if self._lost_at is not None:
            self._tell([CameraRecovered(self._clock() - self._lost_at)])
            self._lost_at = None
        elif self._is_ready:
            return
        self._parts.publisher.camera(online=True)
        if not self._is_ready:
            self._is_ready = True
            log.info("ready: watching after %.1f s", self._clock() - self._began_at)
            self._parts.supervisor.ready()
            self._parts.supervisor.status("watching, locked")

    def _finish(self, end: EndOfFramesError) -> None:
        """After the last frame the door still locks in its own time."""
        self._decide(None)
        if self._door.latch is LatchState.LOCKED:
            log.info("%s", end)
            self._has_ended = True

    def _report(self) -> None:
        now = self._clock()
        if now - self._stats_at < _STATS_SECONDS:
            return
        self._stats_at = now
        self._parts.publisher.stats(self._stats(now))

    def _stats(self, now: float) -> dict[str, Any]:
        stats: dict[str, Any] = {"uptime_seconds": round(now - self._began_at), "frames": self._frames}
        if len(self._judge_seconds) >= 2:
            percentiles = quantiles(self._judge_seconds, n=20, method="inclusive")
            stats |= {"infer_ms_p50": _ms(percentiles[9]), "infer_ms_p95": _ms(percentiles[18])}
        return stats


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


def _heard(event: Event, latency_ms: int | None) -> str:
    """How soon a verdict fell, where time passes while the door thinks, and what the animal hears."""
    if not isinstance(event, AnimalJudged):
        return ""
    soon = f", {latency_ms} ms" if latency_ms else ""
    return f'{soon}: "{event.verdict.message}"'


def _level(event: Event) -> int:
    return logging.WARNING if isinstance(event, CameraLost | CoilHot) else logging.INFO
