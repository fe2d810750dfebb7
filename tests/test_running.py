"""A door that is given other settings while it runs."""

import logging
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import pytest
from gpiozero.pins.mock import MockPWMPin

from petdoor import latches
from petdoor.errors import ConfigError
from petdoor.gpio import simulated_pins
from petdoor.running import Renewal, run_door
from petdoor.settings import Settings
from petdoor.settings.wiring import ContactSettings
from tests.conftest import as_nobody
from tests.test_end_to_end import wait_until

FIRST = Settings.model_validate({"id": "first", "camera": {"source": "demo", "loop": True}})


def other(**sections):
    return FIRST.model_copy(update={"id": "second", **sections})


class House:
    """A door in a thread of its own, and the settings it was built with so far."""

    def __init__(self, load, pins_for=lambda _: simulated_pins(), first=FIRST):
        self.stop, self.asked = Flag(), Flag()
        self.built = []
        self._pins_for = pins_for
        renewal = Renewal(self.asked, load)
        self._thread = Thread(target=run_door, args=[first, {}, self.stop, self._pins, renewal])
        self._thread.start()

    def _pins(self, settings):
        self.built.append(settings.id)
        return self._pins_for(settings)

    def close(self):
        self.stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()


@contextmanager
def door(load, **kinds):
    with closing(House(load, **kinds)) as house:
        assert wait_until(lambda: house.built)
        yield house


def test_new_settings_are_used_when_asked_for():
    with door(other) as house:
        house.asked.set()
        assert wait_until(lambda: house.built == ["first", "second"])
    assert house.built == ["first", "second"]


def faulty():
    raise ConfigError("config.yaml: 1 fault\n  latch.pin: 99 is not allowed")


def without_model():
    return other(model=FIRST.model.model_copy(update={"path": Path("absent.tflite")}))


@pytest.mark.parametrize(("load", "fault"), [(faulty, "99 is not allowed"), (without_model, "absent.tflite")])
def test_settings_with_faults_are_refused_and_the_old_ones_go_on(load, fault, caplog):
    caplog.set_level(logging.INFO)
    with door(load) as house:
        house.asked.set()
        assert wait_until(lambda: "the old ones go on" in caplog.text)
    assert fault in caplog.text
    assert house.built == ["first"]


def test_settings_whose_pin_is_taken_are_refused_and_the_old_ones_go_on(caplog):
    taken = simulated_pins()
    wanted = other(latch=FIRST.latch.model_copy(update={"pin": 5}))
    with (
        closing(latches.open_latch(wanted.latch, taken)),
        door(lambda: wanted, pins_for=lambda _: taken) as house,
    ):
        house.asked.set()
        assert wait_until(lambda: house.built == ["first", "second", "first"])
    assert "GPIO 5" in caplog.text
    assert "the old ones go on" in caplog.text
    assert "petdoor.reporter" in {record.name for record in caplog.records if "GPIO 5" in record.message}


class GroundedPin(MockPWMPin):
    """Connected to ground before anybody looks: its resistor cannot pull it up."""

    def _set_pull(self, value):
        super()._set_pull(value)
        self._state = False


def with_alarm(name, **wire):
    return FIRST.model_copy(update={"id": name, "contacts": ContactSettings(emergency={"pin": 25, **wire})})


def grounded_from(name):
    """Pins whose alarm begins to ring while the settings of this name are put to use."""
    resting, ringing = simulated_pins(), simulated_pins()
    ringing.pin(25, pin_class=GroundedPin)
    return lambda settings: ringing if settings.id == name else resting


@pytest.mark.parametrize("wire", [{"pin": 24, "closes": False}, {"closes": False}])
def test_an_alarm_that_is_wired_anew_and_rings_at_once_opens_for_nobody(wire, caplog):
    caplog.set_level(logging.INFO)
    wanted = [with_alarm("second", **wire), with_alarm("third", **wire)]
    with door(lambda: wanted.pop(0), first=with_alarm("first")) as house:
        for names in (["first", "second"], ["first", "second", "third"]):
            house.asked.set()
            assert wait_until(lambda names=names: house.built == names)
    assert "EMERGENCY" not in caplog.text


def test_an_alarm_that_begins_while_other_settings_are_put_to_use_is_heard(caplog):
    caplog.set_level(logging.INFO)
    pins_for = grounded_from("second")
    with door(lambda: with_alarm("second"), first=with_alarm("first"), pins_for=pins_for) as house:
        assert wait_until(lambda: "ready" in caplog.text)
        house.asked.set()
        assert wait_until(lambda: "EMERGENCY" in caplog.text)


def test_settings_that_name_what_we_may_not_see_are_refused_and_the_old_ones_go_on(tmp_path, caplog):
    (tmp_path / "clip.mp4").touch()
    wanted = other(camera=FIRST.camera.model_copy(update={"source": str(tmp_path / "clip.mp4")}))
    with door(lambda: wanted) as house:
        tmp_path.chmod(0o700)
        with as_nobody():
            house.asked.set()
            assert wait_until(lambda: house.built == ["first", "second", "first"])
    assert "we may not look there" in caplog.text


def test_a_door_that_nobody_asks_goes_on_as_it_is():
    with door(faulty) as house:
        assert not wait_until(lambda: len(house.built) > 1, seconds=0.3)
