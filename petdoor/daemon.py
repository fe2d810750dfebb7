"""The loop: frame, scores, sighting, decision, bolt, receipt."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Event as Flag
from typing import Final

from petdoor.core import decision
from petdoor.core.door import Door
from petdoor.core.events import CameraLost, CameraRecovered, ClockJumped, Event, LockReason, SettingsRefused
from petdoor.core.eyesight import Impairment
from petdoor.core.flap import Flap
from petdoor.core.heat import Spell
from petdoor.core.parts import Parts
from petdoor.core.policy import Policy
from petdoor.core.ports import Frame, Renewal
from petdoor.core.species import Sighting
from petdoor.core.steering import Steering
from petdoor.core.timekeeping import WallClock
from petdoor.errors import CameraError, EndOfFramesError, PetDoorError
from petdoor.examination import Examination
from petdoor.helm import Helm
from petdoor.owner import Owner
from petdoor.reporter import Reporter
from petdoor.stats import Stats

log = logging.getLogger(__name__)

_STATS_SECONDS: Final = 60.0
_CHECKUP_SECONDS: Final = 1.0
_LEFT_OPEN_SECONDS: Final = 60.0
"""Who was let through less than this before the start has left the flap open, if it stands open then."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How often the loop turns without frames, and when it gives up on the camera."""

    tick_seconds: float = 0.1
    give_up_seconds: float = 300.0


class Daemon:
    """Runs the door until told to stop, replaced, a recording ends, or the camera is gone for good.

    Args:
        parts: what it works with.
        timing: how often and how long.
        clock: monotonic seconds.
        wall_clock: the time of day, for events only.
        door: what the daemon before this one remembered.
        owner_steering: what had been set from afar by then.
        news: what has happened before this one could tell.
    """

    def __init__(
        self,
        parts: Parts,
        *,
        timing: Timing | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        door: Door | None = None,
        owner_steering: Steering | None = None,
        news: Sequence[Event] = (),
    ) -> None:
        self._parts = parts
        self._timing = timing or Timing()
        self._clock = clock
        self._wall_clock = wall_clock
        self.door = door or _warm_door(parts.spells, clock())
        self._reporter = Reporter(
            parts.publisher,
            parts.supervisor,
            clock=clock,
            wall_clock=wall_clock,
            door_id=parts.door_id,
            model_id=parts.model_id,
            door=self.door,
        )
        self._news = news
        self._began_at = self._checked_at = clock()
        self._helm = Helm(parts.policy, parts.rule, parts.curfew, parts.keeper, owner_steering)
        self._owner = Owner(parts.orders, self._helm)
        self._examination = Examination(parts.eyes, parts.limits)
        self._is_impaired = False
        self._stats = Stats(self._began_at, every_seconds=_STATS_SECONDS)
        self._wall, _ = WallClock().compared(wall_clock().timestamp(), self._began_at)
        self._policy = self._policy_now()
        self._lost_at: float | None = None
        self._is_ready = False
        self._has_ended = False

    @property
    def owner_steering(self) -> Steering:
        """What was set from afar, for the daemon after this one."""
        return self._helm.owner_steering

    def run(self, stop: Flag, renewal: Renewal | None = None) -> None:
        """Turn until ``stop`` is set; however it ends, the bolt is locked first.

        Args:
            stop: ends it.
            renewal: asked after each pass over a locked door whether another daemon is to take over.

        Raises:
            CameraError: no frames for ``give_up_seconds``; a fresh start may help.
            LatchError: the bolt does not obey.
        """
        self._parts.latch.lock()
        self._parts.publisher.latch(self.door.latch)
        self._parts.publisher.steering(self._helm.steering)
        self._reporter.tell(self._news)
        is_replaced = False
        try:
            while not (stop.is_set() or self._has_ended or is_replaced):
                self.turn()
                is_replaced = renewal is not None and self._gives_way(renewal)
        finally:
            self._parts.latch.lock()
            self._lock(LockReason.STOP)
            if not is_replaced:
                self._parts.supervisor.stopping()

    def turn(self) -> None:
        """One pass of the loop, with a frame or without; only a whole one is a sign of life."""
        self._obey()
        self._pass()
        self._check_up()
        self._report()
        self._parts.supervisor.alive()

    def _pass(self) -> None:
        try:
            frame = self._parts.camera.read(self._timing.tick_seconds)
        except CameraError as error:
            self._miss_camera(error)
            frame = None
        except EndOfFramesError as end:
            self._decide(None)
            self._finish(end)
            return
        self._welcome(frame)
        self._examine(frame)
        self._decide(self._look(frame), frame)

    def _obey(self) -> None:
        """Take the owner's next order; what it sets holds from this pass on."""
        if changed := self._owner.ask():
            self._policy = self._policy_now()
            self._parts.publisher.steering(self._helm.steering)
            self._reporter.tell(changed)

    def _policy_now(self) -> Policy:
        trusts_its_eyes = not (self._is_impaired and self._parts.locks_when_impaired)
        return replace(self._helm.policy(self._wall_clock()), trusts_its_eyes=trusts_its_eyes)

    def _examine(self, frame: Frame | None) -> None:
        """Whether the picture can still be trusted; buttons and an emergency need none."""
        found = self._examination.examine(frame) if frame else None
        if found is None:
            return
        for kind in Impairment:
            self._reporter.problem(f"picture {kind.name.lower()}", kind if kind in found else "")
        self._is_impaired = bool(found)
        self._policy = self._policy_now()
        if not self._policy.trusts_its_eyes:
            self._lock(LockReason.EYESIGHT)

    def _look(self, frame: Frame | None) -> Sighting | None:
        if frame is None:
            return None
        moves = self._parts.motion is None or self._parts.motion.is_open(frame)
        if self._parts.motion:
            self._reporter.motion(seen=moves)
        if not moves:
            return None
        began = self._clock()
        sighting = self._helm.rule.sighting(self._parts.classifier.probabilities(frame.pixels))
        self._stats.judged(self._clock() - began)
        log.debug("sees %s %.2f", sighting.species, sighting.confidence)
        return sighting

    def _decide(self, sighting: Sighting | None, frame: Frame | None = None) -> None:
        contacts = self._owner.contacts(self._parts.inputs.read())
        door, events = decision.step(self.door, sighting, self._clock(), self._policy, contacts)
        self._become(door)
        self._owner.obeyed(door, self._policy)
        self._reporter.tell(events, frame)

    def _lock(self, reason: LockReason) -> None:
        door, events = decision.lock(self.door, self._clock(), reason, self._policy)
        self._become(door)
        self._reporter.tell(events)

    def _become(self, door: Door) -> None:
        """Move the bolt; only a bolt that has moved makes the door another."""
        if door.drawn is not self.door.drawn:
            if door.drawn:
                self._parts.latch.unlock(door.drawn)
            else:
                self._parts.latch.lock()
        if door.latch is not self.door.latch:
            self._parts.publisher.latch(door.latch)
        if door.is_called and not self.door.is_called:
            self._parts.hold()
        self.door = door
        self._reporter.emergency(called=door.is_called)

    def _miss_camera(self, error: CameraError) -> None:
        now = self._clock()
        if self._lost_at is None:
            self._lost_at = now
            self._lock(LockReason.CAMERA)
            self._parts.publisher.camera(online=False)
            self._reporter.tell([CameraLost(str(error))])
        elif now - self._lost_at >= self._timing.give_up_seconds and self.door.is_idle:
            raise CameraError(f"no camera for {now - self._lost_at:.0f} s, giving up: {error}") from error

    def _welcome(self, frame: Frame | None) -> None:
        if frame is None:
            return
        self._stats.saw_frame()
        if self._lost_at is not None:
            self._reporter.tell([CameraRecovered(self._clock() - self._lost_at)])
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
        if not self.door.unlocked:
            log.info("%s", end)
            self._has_ended = True

    def _check_up(self) -> None:
        """Ask, once a second, whether all is as it should be."""
        now = self._clock()
        if now - self._checked_at < _CHECKUP_SECONDS:
            return
        self._checked_at = now
        if self.door.is_called and self.door.unlocked:
            self._parts.hold()
        self._wall, jump_seconds = self._wall.compared(self._wall_clock().timestamp(), now)
        if jump_seconds:
            self._reporter.tell([ClockJumped(jump_seconds)])
        if self._helm.catches_up():
            self._parts.publisher.steering(self._helm.steering)
        self._policy = self._policy_now()
        for part, fault in self._parts.checkups.items():
            self._reporter.problem(part, fault())

    def _report(self) -> None:
        figures = self._stats.due(self._clock())
        if figures:
            celsius = self._parts.thermometer()
            warmth = {} if celsius is None else {"temperature_c": round(celsius, 1)}
            self._parts.publisher.stats(figures | warmth)

    def _gives_way(self, renewal: Renewal) -> bool:
        """Whether another daemon takes over; never while the bolt is drawn."""
        if self._owner.wants_renewal:
            renewal.ask()
        if not self.door.is_idle:
            return False
        try:
            is_due = renewal.is_due()
        except PetDoorError as error:
            self._owner.renewed(str(error))
            self._reporter.tell([SettingsRefused(str(error))])
            return False
        if is_due:
            self._owner.renewed()
        return is_due


def _warm_door(spells: tuple[Spell, ...], now: float) -> Door:
    """A door that begins now, with a coil that may be warm and a flap that may have been left open."""
    was_drawn = bool(spells) and now - spells[-1].until < _LEFT_OPEN_SECONDS
    # Whether it does stand open the first look tells; a shut one was not opened by anybody.
    flap = Flap(stands_open=True, opened=spells[-1].way) if was_drawn else Flap()
    counted = tuple(spell._replace(since=spell.since - now, until=spell.until - now) for spell in spells)
    return Door(clock=now, flap=flap, spells=counted)
