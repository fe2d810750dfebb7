"""The bolt, on gpiozero's mock pins."""

from contextlib import closing

import pytest
from gpiozero import OutputDevice
from gpiozero.pins.mock import MockFactory, MockPin, MockPWMPin

from petdoor import gpio, latches
from petdoor.adapters.latch import ServoLatch, SolenoidLatch
from petdoor.core.contacts import Way
from petdoor.errors import LatchError
from petdoor.settings.wiring import LatchSettings, ServoSettings

PIN = 17
LOCKED, UNLOCKED = 0.0625, 0.0875
"""The pulse's share of 20 ms at -45 and +45 degrees: 1.25 and 1.75 ms."""

with_chip = pytest.mark.skipif(bool(gpio.gpio_chips()), reason="this machine has a real GPIO chip")


@pytest.fixture
def factory():
    return MockFactory()


@pytest.fixture
def pin(factory):
    return factory.pin(PIN)


@pytest.fixture
def pwm_factory():
    return MockFactory(pin_class=MockPWMPin)


@pytest.fixture
def pwm_pin(pwm_factory):
    return pwm_factory.pin(PIN)


def solenoid(factory, *, active_high=True):
    return closing(SolenoidLatch(PIN, active_high=active_high, pin_factory=factory))


def servo(factory, pause):
    return closing(
        ServoLatch(
            PIN, locked_angle=-45, unlocked_angle=45, travel_seconds=0.6, pin_factory=factory, pause=pause
        )
    )


def states(pin):
    return [entry.state for entry in pin.states]


class Pauses:
    """Remembers how long was waited, and what the pin did meanwhile; fails when told."""

    def __init__(self, pin):
        self._pin = pin
        self.seen = []
        self.fault = None

    def __call__(self, seconds):
        self.seen.append((seconds, round(self._pin.state, 6)))
        fault, self.fault = self.fault, None
        if fault:
            raise fault


class BrokenPin(MockPin):
    """Does what it is told until its driver is gone."""

    is_broken = False

    def _set_state(self, value):
        if self.is_broken:
            raise OSError("the driver is gone")
        super()._set_state(value)


class StuckPin(MockPin):
    """Cannot be driven high."""

    def _set_state(self, value):
        if value:
            raise OSError("the driver is gone")
        super()._set_state(value)


def test_a_solenoid_starts_without_current(factory, pin):
    with solenoid(factory):
        assert (pin.function, states(pin)) == ("output", [0])


def test_a_solenoid_starts_locked_even_if_the_pin_was_high(factory, pin):
    pin.drive_high()
    with solenoid(factory):
        assert states(pin) == [0, 1, 0]


def test_a_solenoid_draws_current_only_while_unlocked(factory, pin):
    with solenoid(factory) as bolt:
        bolt.unlock()
        bolt.lock()
        bolt.unlock()
        bolt.lock()
        assert states(pin) == [0, 1, 0, 1, 0]


def test_an_active_low_solenoid_is_driven_the_other_way_round(factory, pin):
    with solenoid(factory, active_high=False) as bolt:
        bolt.unlock()
        bolt.lock()
        assert states(pin) == [0, 1, 0, 1]


def test_locking_or_unlocking_twice_changes_nothing_more(factory, pin):
    with solenoid(factory) as bolt:
        bolt.unlock()
        bolt.unlock()
        bolt.lock()
        bolt.lock()
        assert states(pin) == [0, 1, 0]


@pytest.mark.parametrize(("active_high", "off"), [(True, 0), (False, 1)])
def test_closing_drives_the_pin_off_before_letting_go(factory, pin, active_high, off):
    with solenoid(factory, active_high=active_high) as bolt:
        bolt.unlock()
    assert (states(pin)[-2:], pin.function) == ([1 - off, off], "input")


def test_a_solenoid_may_be_closed_twice(factory, pin):
    with solenoid(factory) as bolt:
        bolt.unlock()
        bolt.close()
        assert (states(pin), pin.function) == ([0, 1, 0], "input")


def test_a_closed_solenoid_refuses_to_unlock(factory, pin):
    with solenoid(factory) as bolt:
        bolt.close()
        with pytest.raises(LatchError, match="GPIO 17"):
            bolt.unlock()
    assert states(pin) == [0]


def test_a_closed_pin_can_be_had_again(factory, pin):
    with solenoid(factory):
        pass
    with solenoid(factory) as bolt:
        bolt.unlock()
        assert states(pin) == [0, 1]


def test_a_pin_that_is_taken_is_named(factory):
    with OutputDevice(PIN, pin_factory=factory), pytest.raises(LatchError, match=r"GPIO 17.*in use"):
        SolenoidLatch(PIN, active_high=True, pin_factory=factory)


def test_a_servo_on_a_taken_pin_names_it(pwm_factory, pwm_pin):
    with OutputDevice(PIN, pin_factory=pwm_factory), pytest.raises(LatchError, match=r"GPIO 17.*in use"):
        servo(pwm_factory, Pauses(pwm_pin))


def test_a_pin_that_does_not_obey_is_named():
    with (
        solenoid(MockFactory(pin_class=StuckPin)) as bolt,
        pytest.raises(LatchError, match="GPIO 17: the driver is gone"),
    ):
        bolt.unlock()


def test_a_servo_starts_by_locking_and_waits_for_the_arm(pwm_factory, pwm_pin):
    pauses = Pauses(pwm_pin)
    with servo(pwm_factory, pauses):
        assert pauses.seen == [(0.6, LOCKED)]


def test_a_servo_turns_to_each_angle_and_rests_between(pwm_factory, pwm_pin):
    with servo(pwm_factory, Pauses(pwm_pin)) as bolt:
        bolt.unlock()
        bolt.lock()
        assert states(pwm_pin) == pytest.approx([0, LOCKED, 0, UNLOCKED, 0, LOCKED, 0])


def test_a_servo_gets_no_pulses_once_it_has_arrived(pwm_factory, pwm_pin):
    with servo(pwm_factory, Pauses(pwm_pin)) as bolt:
        bolt.unlock()
        assert (pwm_pin.frequency, pwm_pin.state) == (None, 0)


def test_a_servo_that_stands_right_already_is_not_turned_again(pwm_factory, pwm_pin):
    pauses = Pauses(pwm_pin)
    with servo(pwm_factory, pauses) as bolt:
        bolt.lock()
        bolt.unlock()
        bolt.unlock()
        assert pauses.seen == [(0.6, LOCKED), (0.6, UNLOCKED)]


def test_closing_a_servo_locks_it_first(pwm_factory, pwm_pin):
    pauses = Pauses(pwm_pin)
    with servo(pwm_factory, pauses) as bolt:
        bolt.unlock()
    assert pauses.seen[-1] == (0.6, LOCKED)
    assert (pwm_pin.function, pwm_pin.frequency, pwm_pin.state) == ("input", None, 0)


def test_a_servo_may_be_closed_twice(pwm_factory, pwm_pin):
    pauses = Pauses(pwm_pin)
    with servo(pwm_factory, pauses) as bolt:
        bolt.unlock()
        bolt.close()
    assert [duty for _, duty in pauses.seen] == [LOCKED, UNLOCKED, LOCKED]


def test_a_servo_that_failed_while_unlocking_can_still_be_locked(pwm_factory, pwm_pin):
    pauses = Pauses(pwm_pin)
    with servo(pwm_factory, pauses) as bolt:
        pauses.fault = OSError("interrupted")
        with pytest.raises(LatchError, match="GPIO 17: interrupted"):
            bolt.unlock()
        bolt.lock()
        assert pauses.seen[-1] == (0.6, LOCKED)


def test_a_servo_that_failed_while_unlocking_is_locked_when_closed(pwm_factory, pwm_pin):
    pauses = Pauses(pwm_pin)
    with servo(pwm_factory, pauses) as bolt:
        pauses.fault = OSError("interrupted")
        with pytest.raises(LatchError, match="GPIO 17"):
            bolt.unlock()
    assert pauses.seen[-1] == (0.6, LOCKED)


def test_a_pin_without_pulses_is_no_pin_for_a_servo():
    plain = MockFactory(pin_class=MockPin)
    with pytest.raises(LatchError, match="GPIO 17"):
        servo(plain, Pauses(plain.pin(PIN)))


@pytest.mark.parametrize(("kind", "expected"), [("solenoid", [0, 1]), ("servo", [0, LOCKED, 0, UNLOCKED, 0])])
def test_simulated_pins_serve_both_kinds_of_latch(kind, expected):
    settings = LatchSettings(kind=kind, pin=PIN, pins="simulated", servo=ServoSettings(travel_seconds=0.001))
    factory = latches.pin_factory(settings)
    with closing(latches.open_latch(settings, factory)) as bolt:
        bolt.unlock()
        assert states(factory.pin(PIN)) == pytest.approx(expected)


def test_simulated_pins_are_known_as_such():
    assert gpio.is_simulated(latches.pin_factory(LatchSettings(pins="simulated")))
    assert not gpio.is_simulated(object())


@with_chip
def test_a_machine_without_a_chip_gets_simulated_pins():
    assert gpio.is_simulated(latches.pin_factory(LatchSettings(pins="auto")))


@with_chip
def test_real_pins_without_a_chip_say_what_to_do():
    with pytest.raises(LatchError, match=r"apt install python3-lgpio.*latch\.pins to simulated"):
        gpio.real_pins()


@pytest.fixture
def two_coils(factory):
    with closing(SolenoidLatch(PIN, exit_pin=27, active_high=True, pin_factory=factory)) as both:
        yield both


def levels(factory):
    return factory.pin(PIN).state, factory.pin(27).state


def test_each_way_has_its_coil(factory, two_coils):
    two_coils.unlock(Way.OUT)
    assert levels(factory) == (0, 1)
    two_coils.lock()
    two_coils.unlock(Way.IN)
    assert levels(factory) == (1, 0)


def test_two_coils_are_never_energised_at_once():
    seen = []

    class TellingPin(MockPin):
        def _set_state(self, value):
            super()._set_state(value)
            seen.append([other.state for other in self.factory.pins.values()].count(1))

    factory = MockFactory(pin_class=TellingPin)
    with closing(SolenoidLatch(PIN, exit_pin=27, active_high=True, pin_factory=factory)) as both:
        for way in (Way.IN, Way.OUT, Way.IN):
            both.unlock(way)
    assert max(seen) == 1
    assert seen.count(1) >= 3


def test_a_coil_that_does_not_obey_does_not_keep_the_other_from_falling():
    factory = MockFactory(pin_class=BrokenPin)
    both = SolenoidLatch(PIN, exit_pin=27, active_high=True, pin_factory=factory)
    both.unlock(Way.OUT)
    factory.pin(PIN).is_broken = True
    with pytest.raises(LatchError, match="GPIO 17"):
        both.lock()
    assert factory.pin(27).state == 0


def test_one_coil_opens_both_ways(factory, pin):
    with solenoid(factory) as bolt:
        bolt.unlock(Way.OUT)
        assert pin.state


def test_when_the_second_coil_cannot_be_had_the_first_is_let_go_of(factory):
    with closing(OutputDevice(27, pin_factory=factory)), pytest.raises(LatchError, match="GPIO 27"):
        SolenoidLatch(PIN, exit_pin=27, active_high=True, pin_factory=factory)
    OutputDevice(PIN, pin_factory=factory).close()
