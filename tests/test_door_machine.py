"""Lives of a door, one after another, in which every part may fail at any moment: what its pins did.

The loop, the latch, its memory and its dead man are the real ones, the pins are gpiozero's; time passes as
the script says, and the owner's orders come with it.
"""

import tempfile
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from math import inf
from pathlib import Path
from threading import Event as Flag
from typing import Any, NamedTuple

from gpiozero.pins.mock import MockFactory, MockPin
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from petdoor.adapters.deadman import DeadMansLatch
from petdoor.adapters.latch import SolenoidLatch
from petdoor.adapters.spells import RememberingLatch, ended
from petdoor.core.contacts import Contacts, Way
from petdoor.core.curfew import Curfew, Window
from petdoor.core.heat import HeatBudget
from petdoor.core.modes import Mode
from petdoor.core.orders import CallEmergency, Lock, Order, SetCurfew, SetMode, Unlock
from petdoor.core.parts import Parts
from petdoor.core.policy import Policy
from petdoor.core.ports import Frame, SilentPublisher
from petdoor.core.steering import Steering
from petdoor.daemon import Daemon, Timing
from petdoor.errors import CameraError, LatchError
from tests.fakes import EchoClassifier, EchoRule, FakeClock, ScriptedOrders

PIN, EXIT_PIN = 17, 27
STEP_SECONDS = 0.5
"""The longest that one pass of the loop takes here, and so how late the bolt may fall."""
HANG_SECONDS, GUARD_SECONDS = 60.0, 1.0
"""How long a pass takes that hangs, and how much later than the longest time the dead man locks the bolt."""
MEANT_SECONDS, LEFT_OPEN_SECONDS, AWAY_SECONDS = 3.0, 60.0, 30.0
"""For how long a press is meant; after an unlocking another life may free the flap; nobody lives."""
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
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
    order: Order | None


nothing_wired, nothing_broken, nothing_wanted = st.just(Contacts()), st.none(), st.none()
paces = st.sampled_from([0.125, 0.25, STEP_SECONDS])


def passes(pixels, wires=nothing_wired, broken=nothing_broken, order=nothing_wanted, most=8):
    one = st.builds(Pass, paces, pixels, wires, broken, order)
    return one.flatmap(lambda drawn: st.integers(1, most).map(lambda times: [drawn] * times))


contacts = st.builds(
    Contacts,
    flap_is_closed=st.booleans(),
    beam_is_broken=st.booleans(),
    pressed=st.sampled_from([None, None, *Way]),
    rings=st.sampled_from([None, False, False, True]),
)
orders = st.sampled_from(
    [
        *(Unlock(way) for way in Way),
        Lock(),
        *(CallEmergency(wanted=wanted) for wanted in (True, False)),
        *(SetMode(mode) for mode in Mode),
        *(SetCurfew(wanted=wanted) for wanted in (True, False)),
    ]
)
faults = st.sampled_from([None, None, None, *PARTS, "hang", "kill", "pin"])
anything = st.sampled_from([DOG, CAT, OTHER, None, CameraError("gone")])
scripts = st.lists(
    st.one_of(
        passes(st.just(DOG)),
        passes(st.none(), st.builds(Contacts, flap_is_closed=st.booleans()), most=40),
        passes(st.none(), st.builds(Contacts, flap_is_closed=st.booleans()), order=orders, most=1),
        passes(st.none(), order=st.just(CallEmergency(wanted=True)), most=40),
        passes(st.just(DOG), contacts, order=st.sampled_from([Unlock(way) for way in Way]), most=40),
        passes(anything, contacts, order=nothing_wanted | orders, most=3),
        passes(st.just(DOG), contacts, faults, most=2),
    ),
    min_size=1,
    max_size=20,
).map(lambda drawn: [one for several in drawn for one in several])


@st.composite
def policies(draw):
    unlock_seconds = draw(st.sampled_from([0.5, 1.0, 2.0]))
    duty_cycle = draw(st.sampled_from([0.125, 0.5]))
    bears = unlock_seconds + draw(st.sampled_from([0.5, 3.0, 10.0]))
    return Policy(
        confirm_frames=2,
        window_frames=3,
        unlock_seconds=unlock_seconds,
        max_unlock_seconds=unlock_seconds + draw(st.sampled_from([0.5, 2.0])),
        emergency_seconds=draw(st.sampled_from([2.0, 8.0])),
        refractory_seconds=0.5,
        linger_seconds=0.25,
        close_seconds=1.0,
        retry_seconds=1.0,
        heat=HeatBudget(duty_cycle, bears / duty_cycle),
    )


class WatchedPin(MockPin):
    """Writes down when its level changed; may refuse once to be driven, and then does not change it."""

    def __init__(self, *args):
        super().__init__(*args)
        self.changes: list[tuple[float, Way, bool]] = []
        self.clock, self.way = lambda: 0.0, Way.IN
        self.is_broken = False

    def _set_state(self, value):
        if self.is_broken:
            self.is_broken = False
            raise OSError("the driver is gone for a moment")
        if bool(value) != bool(self._state):
            self.changes.append((self.clock(), self.way, bool(value)))
        super()._set_state(value)


class Life:
    """Every part of a door at once, as its script has it."""

    def __init__(self, script, timers, pins, stop, clock):
        self._script, self._timers, self._pins, self._stop = list(script), timers, pins, stop
        self._clock = clock
        self.orders = [one.order for one in script]
        self.is_dead = False
        self.now_on = Pass(0.0, None, Contacts(), None, None)
        self.passed: list[tuple[float, Pass]] = []

    def read(self, _timeout_seconds=None):
        """The camera's; a pass begins with it."""
        if not self._script:
            self._stop.set()
            return None
        self.now_on = self._script.pop(0)
        for pin in self._pins:
            pin.is_broken = self.now_on.broken == "pin"
        self._timers.pass_by(HANG_SECONDS if self.now_on.broken == "hang" else self.now_on.seconds)
        self.passed.append((self._clock(), self.now_on))
        self.may_break("camera")
        if isinstance(self.now_on.pixels, Exception):
            raise self.now_on.pixels
        return None if self.now_on.pixels is None else Frame(self.now_on.pixels, self._clock())

    def may_break(self, part):
        if self.now_on.broken == part:
            raise RuntimeError(f"{part} trouble")
        if self.now_on.broken == "kill" and part == "inputs":
            self.is_dead = True
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


class Timers:
    """Timers that go off as the clock passes them; they die with the process."""

    def __init__(self, clock):
        self._clock = clock
        self.waiting = []

    def new(self, seconds, act):
        return Timer(self._clock() + seconds, act, self.waiting)

    def pass_by(self, seconds):
        """Let time pass; each goes off when its own has come."""
        until = self._clock() + seconds
        while due := [timer for timer in self.waiting if timer.at <= until]:
            due[0].cancel()
            self._clock.now = due[0].at
            due[0].act()
        self._clock.now = until


class Timer:
    def __init__(self, at, act, waiting):
        self.at, self.act, self._waiting = at, act, waiting

    def start(self):
        self._waiting.append(self)

    def cancel(self):
        if self in self._waiting:
            self._waiting.remove(self)


class MortalLatch:
    """The real latch, until the process is killed: then nothing reaches the pins any more."""

    def __init__(self, latch, life):
        self._latch, self._life = latch, life

    def lock(self):
        if not self._life.is_dead:
            self._latch.lock()

    def unlock(self, way):
        self._latch.unlock(way)


def causes_in(life, policy, held):
    """From the raw history of one life: when and which way the bolt might have been drawn, and whatever for.

    Args:
        life: its passes, and when each was.
        policy: the rules of the house.
        held: the curfew is on, all day long.
    """
    for known, steering, is_called in told_in(life, policy.emergency_seconds):
        at, one = known[-1]
        if is_called:
            yield at, Way.OUT, "emergency"
        if isinstance(one.order, Unlock) and steering.mode is not Mode.OBSERVE:
            yield at, one.order.way, "command"
        if steering.mode in {Mode.OBSERVE, Mode.LOCKED}:
            continue
        if way := pressed_lately(known):
            yield at, way, "button"
        knows_all = steering.mode is Mode.UNLOCKED
        if is_admitted(known, knows_all=knows_all, holds_back=held and steering.obeys_curfew):
            yield at, Way.IN, "animal"
        if is_left_alone(known, policy):
            yield at, None, "jam"


def told_in(life, hold_seconds):
    """At each pass: the passes up to it, what the owner has set by then, and whether an emergency is on."""
    steering, called_until, rang = Steering(), -inf, None
    for index, (at, one) in enumerate(life):
        steering = steering.told(one.order)
        if one.order == CallEmergency(wanted=False):
            called_until = min(called_until, at)
        begins, rang = one.contacts.rings and rang is False, one.contacts.rings
        if (begins or one.order == CallEmergency(wanted=True)) and at >= called_until:
            called_until = at + hold_seconds
        yield life[: index + 1], steering, at < called_until


def pressed_lately(life):
    """The way of the newest press, if it is meant still."""
    pressed = [(at, one.contacts.pressed) for at, one in life if one.contacts.pressed]
    return pressed[-1][1] if pressed and life[-1][0] - pressed[-1][0] <= MEANT_SECONDS else None


def is_admitted(life, *, knows_all, holds_back):
    """Whether the newest frames show an animal that is welcome, and none that bars the door."""
    newest, frames = life[-1][1].pixels, [one.pixels for _, one in life if isinstance(one.pixels, list)]
    welcome = [DOG, CAT] if knows_all else [] if holds_back else [DOG]
    is_barred = not knows_all and CAT in frames[-2:]
    return newest in welcome and frames[-3:].count(newest) >= 2 and not is_barred


def is_shut(contacts):
    return contacts.flap_is_closed and not contacts.beam_is_broken


def is_left_alone(life, policy):
    """Whether the flap stands open, and nobody was seen for a while, as far as the camera was there."""
    now, newest = life[-1]
    if newest.contacts.flap_is_closed:
        return False
    for at, one in reversed(life):
        if isinstance(one.pixels, CameraError) or now - at > policy.visit_gap_seconds:
            break
        if one.pixels is not None:
            return False
    return True


class DoorLives(RuleBasedStateMachine):
    @initialize(policy=policies(), exit_pin=st.sampled_from([None, EXIT_PIN]), held=st.booleans())
    def move_in(self, policy, exit_pin, held):
        self.folder = tempfile.TemporaryDirectory()
        self.clock = FakeClock()
        self.factory = MockFactory(pin_class=WatchedPin)
        self.exit_pin = exit_pin
        self.changes = []
        self.pins = [self.factory.pin(number) for number in (PIN, EXIT_PIN)]
        for way, pin in zip(Way, self.pins, strict=True):
            pin.changes, pin.clock, pin.way = self.changes, self.clock, way
        self.lives, self.began_at = [], []
        self.held = held
        all_day = Window(frozenset(range(7)), time(0), time(0), frozenset({"dog"}))
        self.curfew = Curfew((all_day,)) if held else Curfew()
        self.policy = replace(policy, has_two_coils=exit_pin is not None)

    def teardown(self):
        if hasattr(self, "folder"):
            self.folder.cleanup()

    @rule(script=scripts, away=st.sampled_from([0.0, 1.0, AWAY_SECONDS]))
    def live(self, script, away):
        """One life from start to stop, crash or kill; then the service manager locks the door."""
        stop, began_at = Flag(), self.clock()
        timers = Timers(self.clock)
        life = Life(script, timers, self.pins, stop, self.clock)
        bolt = SolenoidLatch(PIN, exit_pin=self.exit_pin, active_high=True, pin_factory=self.factory)
        with suppress(RuntimeError, CameraError, LatchError, KilledError):
            self._daemon(life, bolt, timers).run(stop)
        assert life.now_on.broken in {"pin", "kill"} or not any(pin.state for pin in self.pins)
        self.lives.append(life.passed)
        self.began_at.append(began_at)
        for pin in self.pins:
            pin.is_broken = False
        bolt.close()  # as ExecStopPost= does; the process before it let go of its pins by dying
        ended(self._coil_file(), self.clock)
        self.clock.advance(away)

    def _daemon(self, life, bolt, timers):
        window = self.policy.heat.window_seconds
        coil = RememberingLatch(bolt, self._coil_file(), window_seconds=window, clock=self.clock)
        longest = self.policy.max_unlock_seconds
        guarded = DeadMansLatch(coil, limit_seconds=longest, new_timer=timers.new)
        built = Parts(
            latch=MortalLatch(guarded, life),
            camera=life,
            classifier=Classifier(life),
            rule=Rule(life),
            policy=self.policy,
            publisher=Publisher(life),
            motion=Motion(life),
            inputs=Inputs(life),
            hold=guarded.hold,
            curfew=self.curfew,
            orders=ScriptedOrders(*life.orders),
            supervisor=Supervisor(life),
            spells=coil.spells,
        )
        return Daemon(
            built,
            timing=Timing(give_up_seconds=3.0),
            clock=self.clock,
            wall_clock=lambda: NOON + timedelta(seconds=self.clock()),
        )

    def _coil_file(self):
        return Path(self.folder.name) / "coil.json"

    @invariant()
    def is_locked_between_two_lives(self):
        assert not any(pin.state for pin in getattr(self, "pins", ()))

    @invariant()
    def never_has_both_coils_energised(self):
        energised = set()
        for _, way, level in getattr(self, "changes", ()):
            energised = energised | {way} if level else energised - {way}
            assert len(energised) <= 1

    @invariant()
    def never_holds_the_way_in_open_in_an_emergency(self):
        since = inf
        for at, way, level in getattr(self, "changes", ()) if getattr(self, "exit_pin", None) else ():
            if way is Way.IN:
                assert level or not self._is_called_within(since, at, but_for=at)
                since = at

    @invariant()
    def never_draws_another_coil_behind_an_open_flap_but_in_an_emergency(self):
        rested = {(at, way) for at, way, level in getattr(self, "changes", ()) if not level}
        is_open = {at for life in getattr(self, "lives", ()) for at, one in life if not is_shut(one.contacts)}
        for at, way, level in getattr(self, "changes", ()):
            swaps = level and any(at == when and way is not which for when, which in rested)
            assert not (swaps and at in is_open) or self._is_called_within(at, at)

    @invariant()
    def never_is_energised_longer_than_the_longest_unlock(self):
        for since, until in self._spells():
            is_called, hangs = self._is_called_within(since, until), self._hangs_within(since, until)
            longest = self.policy.max_unlock_seconds + (GUARD_SECONDS if hangs else STEP_SECONDS)
            if is_called:
                longest += self.policy.emergency_seconds
            if is_called and hangs:  # the guard's time begins anew as long as the loop turns
                longest += self.policy.max_unlock_seconds
            assert until - since <= longest

    @invariant()
    def never_is_energised_beyond_the_coils_budget(self):
        spells = self._spells()
        for _, now in spells:
            opened = now - self.policy.heat.window_seconds
            spent = sum(max(0.0, min(until, now) - max(since, opened)) for since, until in spells)
            hangs = self._hangs_within(opened, now)
            assert hangs or spent <= self.policy.heat.energised_seconds + STEP_SECONDS

    @invariant()
    def never_is_unlocked_without_a_cause(self):
        causes = self._causes()
        for at, way, level in getattr(self, "changes", ()):
            ways = {way, None} if self.exit_pin else {*Way, None}
            why = {why for caused, which, why in causes if caused == at and which in ways}
            assert not level or why - {"jam"} or ("jam" in why and self._was_let_open(at))

    def _was_let_open(self, now):
        """Whether the flap came to stand open while the bolt was drawn, and has stood so since.

        One that stood open from the start of a life was opened in one before, if the bolt was drawn lately:
        for all the door knows, by a pin that refused, too.
        """
        began_at, life = next(
            one for one in zip(self.began_at, self.lives, strict=True) if one[1][-1][0] >= now
        )
        opened_at = None
        for at, one in life:
            if at <= now:
                is_open = not one.contacts.flap_is_closed
                opened_at = None if not is_open else at if opened_at is None else opened_at
        if opened_at == life[0][0]:
            lately = began_at - LEFT_OPEN_SECONDS
            refused = [at for life in self.lives for at, one in life if one.broken == "pin"]
            drawn = [until for _, until in self._spells()]
            return any(lately < until <= began_at for until in (*drawn, *refused))
        return any(since < opened_at <= until for since, until in self._spells())

    def _is_called_within(self, since, until, but_for=None):
        return any(
            why == "emergency" and since <= at <= until and at != but_for for at, _, why in self._causes()
        )

    def _hangs_within(self, since, until):
        passes = [known for life in self.lives for known in life if known[1].broken == "hang"]
        return any(at - HANG_SECONDS <= until and since <= at for at, _ in passes)

    def _causes(self):
        lives = getattr(self, "lives", ())
        return [cause for life in lives for cause in causes_in(life, self.policy, self.held)]

    def _spells(self):
        """When current flowed, through whichever coil; from one to the other it does without a pause."""
        spells, energised = [], set()
        for at, way, level in getattr(self, "changes", ()):
            before = energised
            energised = energised | {way} if level else energised - {way}
            if not before and spells and spells[-1][1] == at:
                spells[-1][1] = None
            elif not before:
                spells.append([at, None])
            elif not energised:
                spells[-1][1] = at
        return spells


TestDoorLives = DoorLives.TestCase
TestDoorLives.settings = settings(
    max_examples=300, stateful_step_count=6, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
