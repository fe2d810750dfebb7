"""Lives of a door, one after another, in which every part may fail at any moment: what its pin did.

The loop, the latch and its memory are the real ones, the pin is gpiozero's; time passes as the script says.
"""

import tempfile
from pathlib import Path
from threading import Event as Flag
from typing import Any, NamedTuple

from gpiozero.pins.mock import MockFactory, MockPin
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from petdoor.adapters.latch import SolenoidLatch
from petdoor.adapters.spells import RememberingLatch
from petdoor.core.contacts import Contacts, Way
from petdoor.core.heat import HeatBudget
from petdoor.core.parts import Parts
from petdoor.core.policy import Policy
from petdoor.core.ports import Frame, SilentPublisher
from petdoor.daemon import Daemon, Timing
from petdoor.errors import CameraError, LatchError
from tests.fakes import EchoClassifier, EchoRule, FakeClock

PIN = 17
STEP_SECONDS = 0.5
"""The longest that one pass of the loop takes here, and so how late the bolt may fall."""
DOG, CAT, OTHER = [0.9, 0.05, 0.05], [0.05, 0.9, 0.05], [0.05, 0.05, 0.9]
PARTS = ("camera", "motion", "classifier", "rule", "inputs", "publisher", "supervisor")


class KilledError(BaseException):
    """Nothing of the process runs any more."""


class Pass(NamedTuple):
    """What one pass of the loop meets."""

    seconds: float
    pixels: Any
    contacts: Contacts
    broken: str | None


nothing_wired, nothing_broken = st.just(Contacts()), st.none()


def passes(pixels, wires=nothing_wired, broken=nothing_broken, most=8):
    one = st.builds(Pass, st.sampled_from([0.125, 0.25, STEP_SECONDS]), pixels, wires, broken)
    return one.flatmap(lambda drawn: st.integers(1, most).map(lambda times: [drawn] * times))


contacts = st.builds(
    Contacts,
    flap_is_closed=st.booleans(),
    pressed=st.sampled_from([None, None, *Way]),
    emergency=st.sampled_from([False, False, False, True]),
)
anything = st.sampled_from([DOG, CAT, OTHER, None, CameraError("gone")])
scripts = st.lists(
    st.one_of(
        passes(st.just(DOG)),
        passes(st.none(), st.builds(Contacts, flap_is_closed=st.booleans()), most=40),
        passes(anything, contacts, most=3),
        passes(st.just(DOG), contacts, st.sampled_from([None, None, None, *PARTS, "kill", "pin"]), most=2),
    ),
    min_size=1,
    max_size=20,
).map(lambda drawn: [one for several in drawn for one in several])


class WatchedPin(MockPin):
    """Writes down when its level changed; may refuse to be driven high, or low once."""

    def __init__(self, *args):
        super().__init__(*args)
        self.changes: list[tuple[float, bool]] = []
        self.clock = lambda: 0.0
        self.is_broken = False

    def _set_state(self, value):
        if self.is_broken:
            self.is_broken = False
            raise OSError("the driver is gone for a moment")
        super()._set_state(value)
        if bool(value) != bool(self.changes and self.changes[-1][1]):
            self.changes.append((self.clock(), bool(value)))


class Life:
    """Every part of a door at once, as its script has it."""

    def __init__(self, script, clock, pin, stop):
        self._script, self._clock, self._pin, self._stop = list(script), clock, pin, stop
        self.now_on = Pass(0.0, None, Contacts(), None)
        self.passed: list[tuple[float, Pass]] = []

    def read(self, _timeout_seconds=None):
        """The camera's; a pass begins with it."""
        if not self._script:
            self._stop.set()
            return None
        self.now_on = self._script.pop(0)
        self._clock.advance(self.now_on.seconds)
        self.passed.append((self._clock(), self.now_on))
        self.may_break("camera")
        self._pin.is_broken = self.now_on.broken == "pin"
        if isinstance(self.now_on.pixels, Exception):
            raise self.now_on.pixels
        return None if self.now_on.pixels is None else Frame(self.now_on.pixels, self._clock())

    def may_break(self, part):
        if self.now_on.broken == part:
            raise RuntimeError(f"{part} trouble")
        if self.now_on.broken == "kill" and part == "inputs":
            raise KilledError


class Inputs:
    def __init__(self, life):
        self._life = life

    def read(self):
        self._life.may_break("inputs")
        return self._life.now_on.contacts


class Motion:
    def __init__(self, life):
        self._life = life

    def is_open(self, _frame):
        self._life.may_break("motion")
        return True


class Classifier(EchoClassifier):
    def __init__(self, life):
        self._life = life

    def probabilities(self, pixels):
        self._life.may_break("classifier")
        return super().probabilities(pixels)


class Rule(EchoRule):
    def __init__(self, life):
        self._life = life

    def sighting(self, probabilities):
        self._life.may_break("rule")
        return super().sighting(probabilities)


class Publisher(SilentPublisher):
    def __init__(self, life):
        self._life = life

    def latch(self, _state):
        self._life.may_break("publisher")

    def event(self, _payload):
        self._life.may_break("publisher")


class Supervisor:
    def __init__(self, life):
        self._life = life

    def alive(self):
        self._life.may_break("supervisor")

    def ready(self):
        """Nobody listens."""

    status = stopping = lambda *_: None


class MortalLatch:
    """The real latch, until the process is killed: then nothing reaches the pin any more."""

    def __init__(self, latch):
        self._latch = latch
        self.is_dead = False

    def lock(self):
        if not self.is_dead:
            self._latch.lock()

    def unlock(self, way):
        self._latch.unlock(way)


class DoorLives(RuleBasedStateMachine):
    @initialize(
        unlock=st.sampled_from([0.5, 1.0, 2.0]),
        more=st.sampled_from([0.5, 2.0]),
        bears=st.sampled_from([0.5, 3.0, 10.0]),
        emergency=st.sampled_from([2.0, 8.0]),
        duty_cycle=st.sampled_from([0.125, 0.5]),
    )
    def move_in(self, unlock, more, bears, emergency, duty_cycle):
        self.folder = tempfile.TemporaryDirectory()
        self.clock = FakeClock()
        self.factory = MockFactory(pin_class=WatchedPin)
        self.pin = self.factory.pin(PIN)
        self.pin.clock = self.clock
        self.passed = []
        self.policy = Policy(
            confirm_frames=2,
            window_frames=3,
            unlock_seconds=unlock,
            max_unlock_seconds=unlock + more,
            emergency_seconds=emergency,
            refractory_seconds=0.5,
            linger_seconds=0.25,
            close_seconds=1.0,
            retry_seconds=1.0,
            heat=HeatBudget(duty_cycle, (unlock + bears) / duty_cycle),
        )

    def teardown(self):
        if hasattr(self, "folder"):
            self.folder.cleanup()

    @rule(script=scripts, away=st.sampled_from([0.0, 1.0, 30.0]))
    def live(self, script, away):
        """One life from start to stop, crash or kill; then the service manager locks the door."""
        stop = Flag()
        life = Life(script, self.clock, self.pin, stop)
        bolt = SolenoidLatch(PIN, active_high=True, pin_factory=self.factory)
        window = self.policy.heat.window_seconds
        coil = RememberingLatch(
            bolt, Path(self.folder.name) / "coil.json", window_seconds=window, clock=self.clock
        )
        mortal = MortalLatch(coil)
        built = Parts(
            latch=mortal,
            camera=life,
            classifier=Classifier(life),
            rule=Rule(life),
            policy=self.policy,
            publisher=Publisher(life),
            motion=Motion(life),
            inputs=Inputs(life),
            supervisor=Supervisor(life),
            spells=coil.spells,
        )
        try:
            Daemon(built, timing=Timing(give_up_seconds=3.0), clock=self.clock).run(stop)
        except (RuntimeError, CameraError, LatchError):
            pass
        except KilledError:
            mortal.is_dead = True
        else:
            assert not self.pin.state
        self.passed += life.passed
        self._lock_after_all(bolt)
        self.clock.advance(away)

    def _lock_after_all(self, bolt):
        """What ExecStopPost= does; the process before it let go of its pin by dying."""
        self.pin.is_broken = False
        bolt.close()

    @invariant()
    def is_locked_between_two_lives(self):
        assert not hasattr(self, "pin") or not self.pin.state

    @invariant()
    def never_is_energised_longer_than_the_longest_unlock(self):
        held = self.policy.emergency_seconds
        calls = [at for at, one in self.passed if one.contacts.emergency]
        for since, until in self._spells():
            most = len([at for at in calls if since - held <= at <= until])
            assert until - since <= self.policy.max_unlock_seconds + most * held + STEP_SECONDS

    @invariant()
    def never_is_energised_beyond_the_coils_budget(self):
        spells = self._spells()
        for _, now in spells:
            opened = now - self.policy.heat.window_seconds if spells else 0
            spent = sum(max(0.0, min(until, now) - max(since, opened)) for since, until in spells)
            assert spent <= self.policy.heat.energised_seconds + STEP_SECONDS

    @invariant()
    def never_is_unlocked_without_a_cause(self):
        for since, _ in self._spells():
            assert any(self._is_a_cause(since, index) for index in range(len(self.passed)))

    def _is_a_cause(self, since, index):
        at, one = self.passed[index]
        if one.contacts.emergency and at <= since <= at + self.policy.emergency_seconds:
            return True
        if at != since:
            return False
        frames = [before.pixels for _, before in self.passed[: index + 1] if isinstance(before.pixels, list)]
        is_dog = one.pixels == DOG and frames[-3:].count(DOG) >= 2
        return is_dog or bool(one.contacts.pressed) or not one.contacts.flap_is_closed

    def _spells(self):
        edges = self.pin.changes if hasattr(self, "pin") else []
        rises = [at for at, level in edges if level]
        falls = [at for at, level in edges if not level]
        return list(zip(rises, falls, strict=True))


TestDoorLives = DoorLives.TestCase
TestDoorLives.settings = settings(
    max_examples=300, stateful_step_count=6, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
