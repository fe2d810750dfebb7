"""What is wired beside the bolt, on gpiozero's mock pins."""

from contextlib import closing

import pytest
from gpiozero import OutputDevice
from gpiozero.pins.mock import MockFactory, MockPin

from petdoor.adapters.contacts import Role, Wire, WiredContacts
from petdoor.core.contacts import Contacts, Way
from petdoor.errors import LatchError
from tests.fakes import FakeClock

PIN = 22
QUIET, BUTTON_QUIET = 3.0, 0.31


@pytest.fixture
def factory():
    return MockFactory()


@pytest.fixture
def clock():
    return FakeClock()


class GroundedPin(MockPin):
    """Connected to ground before anybody looks: its resistor cannot pull it up."""

    def _set_pull(self, value):
        super()._set_pull(value)
        self._state = False


def wired(factory, role, clock=None, **wire):
    wires = {role: Wire(PIN, bounce_seconds=0.0, **wire)}
    return closing(WiredContacts(wires, pin_factory=factory, clock=clock or FakeClock()))


def press(factory):
    factory.pin(PIN).drive_low()


def release(factory):
    factory.pin(PIN).drive_high()


def test_where_nothing_is_wired_nothing_is_said(factory):
    with closing(WiredContacts({}, pin_factory=factory)) as contacts:
        assert contacts.read() == Contacts(flap_is_closed=True, beam_is_broken=False, rings=None)
        assert contacts.fault == ""


@pytest.mark.parametrize("closes", [True, False])
def test_a_reed_tells_whether_the_flap_is_closed(factory, closes):
    with wired(factory, Role.FLAP, closes=closes) as contacts:
        press(factory)
        assert contacts.read().flap_is_closed is closes
        release(factory)
        assert contacts.read().flap_is_closed is not closes


def test_whoever_stands_in_the_beam_breaks_it_and_says_nothing_of_the_flap(factory):
    with wired(factory, Role.BEAM) as contacts:
        assert not contacts.read().beam_is_broken
        press(factory)
        assert contacts.read() == Contacts(flap_is_closed=True, beam_is_broken=True)


@pytest.mark.parametrize(("role", "way"), [(Role.BUTTON_INSIDE, Way.OUT), (Role.BUTTON_OUTSIDE, Way.IN)])
def test_a_press_is_told_once_though_the_button_was_let_go_of_meanwhile(factory, role, way):
    with wired(factory, role) as contacts:
        press(factory)
        release(factory)
        assert contacts.read().pressed is way
        assert contacts.read().pressed is None


def test_a_button_that_is_held_is_one_press(factory):
    with wired(factory, Role.BUTTON_INSIDE) as contacts:
        press(factory)
        assert contacts.read().pressed is Way.OUT
        assert contacts.read().pressed is None


def test_how_long_ago_a_button_was_pressed_is_told_with_it(factory, clock):
    with wired(factory, Role.BUTTON_INSIDE, clock) as contacts:
        press(factory)
        clock.advance(2.5)
        assert contacts.read() == Contacts(pressed=Way.OUT, pressed_seconds_ago=2.5)
        assert contacts.read() == Contacts()


def test_of_two_buttons_the_one_pressed_last_counts(factory, clock):
    wires = {
        Role.BUTTON_INSIDE: Wire(PIN, bounce_seconds=0.0),
        Role.BUTTON_OUTSIDE: Wire(5, bounce_seconds=0.0),
    }
    with closing(WiredContacts(wires, pin_factory=factory, clock=clock)) as contacts:
        press(factory)
        clock.advance(1)
        factory.pin(5).drive_low()
        assert contacts.read() == Contacts(pressed=Way.IN)
        assert contacts.read() == Contacts()


@pytest.mark.parametrize("closes", [True, False])
def test_an_alarm_rings_for_as_long_as_its_contact_says_so_and_a_moment_longer(factory, clock, closes):
    begin, end = (press, release) if closes else (release, press)
    with wired(factory, Role.EMERGENCY, clock, closes=closes) as contacts:
        end(factory)
        clock.advance(QUIET)
        assert contacts.read().rings is False
        begin(factory)
        clock.advance(60)
        assert contacts.read().rings is True
        end(factory)
        assert contacts.read().rings is True
        clock.advance(QUIET)
        assert contacts.read().rings is False


def test_an_alarm_is_heard_however_late_the_loop_gets_to_it(factory, clock):
    with wired(factory, Role.EMERGENCY, clock) as contacts:
        press(factory)
        release(factory)
        clock.advance(600)
        assert contacts.read().rings is True
        assert contacts.read().rings is False


def test_an_alarm_that_rang_before_the_door_was_there_is_a_broken_wire_after_a_while(clock):
    factory = MockFactory(pin_class=GroundedPin)
    with wired(factory, Role.EMERGENCY, clock) as contacts:
        assert contacts.read().rings is True
        assert contacts.fault == ""
        clock.advance(61)
        assert "emergency (GPIO 22): pressed without end" in contacts.fault
        release(factory)
        clock.advance(QUIET)
        assert contacts.fault == ""


def chatter(factory, clock, contacts, seconds, each=0.5):
    """Closed and open in turn, so many seconds each; what was read meanwhile."""
    read = []
    for _ in range(round(seconds / each / 2)):
        for move in (press, release):
            move(factory)
            clock.advance(each)
            read.append(contacts.read())
    return read


def test_an_alarm_that_chatters_rings_without_a_pause_and_is_a_fault(factory, clock):
    with wired(factory, Role.EMERGENCY, clock) as contacts:
        assert all(read.rings for read in chatter(factory, clock, contacts, 62))
        assert "emergency (GPIO 22): pressed without end; does it stick or chatter" in contacts.fault


def test_a_button_that_chatters_is_pressed_once_and_is_a_fault(factory, clock):
    with wired(factory, Role.BUTTON_INSIDE, clock) as contacts:
        pressed = [read.pressed for read in chatter(factory, clock, contacts, 62, each=0.1)]
        assert [way for way in pressed if way] == [Way.OUT]
        assert "button_inside (GPIO 22)" in contacts.fault


def test_a_button_that_is_held_for_long_is_a_fault_until_it_is_let_go_of(factory, clock):
    with wired(factory, Role.BUTTON_INSIDE, clock) as contacts:
        press(factory)
        clock.advance(61)
        assert "button_inside (GPIO 22): pressed without end" in contacts.fault
        release(factory)
        clock.advance(BUTTON_QUIET)
        assert contacts.fault == ""


def test_a_button_is_heard_again_once_it_was_let_go_of_for_a_moment(factory, clock):
    with wired(factory, Role.BUTTON_INSIDE, clock) as contacts:
        chatter(factory, clock, contacts, 10, each=0.1)
        clock.advance(BUTTON_QUIET)
        press(factory)
        assert contacts.read().pressed is Way.OUT


def presses(read):
    return [one.pressed for one in read if one.pressed]


def test_a_paw_on_the_button_again_and_again_is_a_press_each_time_and_no_fault(factory, clock):
    with wired(factory, Role.BUTTON_INSIDE, clock) as contacts:
        read = chatter(factory, clock, contacts, 25, each=1.25)
        assert [one.pressed for one in read] == [Way.OUT, None] * 10
        clock.advance(59)
        assert contacts.fault == ""


@pytest.mark.parametrize("each", [0.35, 1.25])
def test_a_dog_that_paws_on_and_on_is_heard_for_half_a_minute_and_again_after_a_pause(factory, clock, each):
    with wired(factory, Role.BUTTON_INSIDE, clock) as contacts:
        assert presses(chatter(factory, clock, contacts, 4, each=each))
        assert presses(chatter(factory, clock, contacts, 25, each=each)[-4:])
        chatter(factory, clock, contacts, 30, each=each)
        assert not presses(chatter(factory, clock, contacts, 30, each=each))
        clock.advance(10)
        assert presses(chatter(factory, clock, contacts, 2.5, each=1.25))


def test_a_button_that_is_pressed_less_than_ten_times_a_minute_is_always_heard(factory, clock):
    with wired(factory, Role.BUTTON_INSIDE, clock) as contacts:
        assert len(presses(chatter(factory, clock, contacts, 1220, each=3.05))) == 200
        assert contacts.fault == ""


def test_a_loose_wire_that_is_quiet_in_between_is_heard_for_half_a_minute_and_is_a_fault(factory, clock):
    with wired(factory, Role.BUTTON_INSIDE, clock) as contacts:
        chatter(factory, clock, contacts, 35, each=0.35)
        assert not presses(chatter(factory, clock, contacts, 1200, each=0.35))
        assert "button_inside (GPIO 22): pressed without end" in contacts.fault


def test_a_loose_wire_is_a_fault_until_it_was_let_alone_for_a_minute_and_is_then_heard_anew(factory, clock):
    with wired(factory, Role.BUTTON_INSIDE, clock) as contacts:
        chatter(factory, clock, contacts, 1200, each=0.35)
        clock.advance(20)
        assert contacts.fault
        clock.advance(40)
        assert contacts.fault == ""
        assert len(presses(chatter(factory, clock, contacts, 25, each=1.25))) == 10


def test_an_alarm_is_heard_however_often_it_begins_and_however_slow_the_loop_is(factory, clock):
    with wired(factory, Role.EMERGENCY, clock) as contacts:
        for _ in range(20):
            press(factory)
            release(factory)
            clock.advance(QUIET)
            assert contacts.read().rings is True
        assert contacts.fault == ""


def test_a_pin_that_is_taken_is_an_error_and_the_others_are_let_go_of(factory):
    wires = {Role.FLAP: Wire(5), Role.BEAM: Wire(PIN)}
    with closing(OutputDevice(PIN, pin_factory=factory)):
        with pytest.raises(LatchError, match="GPIO 22"):
            WiredContacts(wires, pin_factory=factory)
        OutputDevice(5, pin_factory=factory).close()


def test_the_pins_may_be_let_go_of_twice(factory):
    contacts = WiredContacts({Role.FLAP: Wire(PIN)}, pin_factory=factory)
    contacts.close()
    contacts.close()
    OutputDevice(PIN, pin_factory=factory).close()
