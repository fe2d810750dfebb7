"""From real photos through the real model to the pin and a real broker."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from threading import Event as Flag
from threading import Thread

import pytest
import yaml

from petdoor import config, latches, parts, pictures
from petdoor.core.events import Verdict
from petdoor.daemon import Daemon
from petdoor.errors import LatchError
from petdoor.gpio import simulated_pins
from petdoor.running import run_door
from tests.brokers import Listener
from tests.conftest import ROOT

PIN = 17


@pytest.fixture
def door(tmp_path, door_model, mosquitto):
    """Writes a configuration: a quick door that watches ``source``."""

    def configured(source, **camera):
        values = {
            "id": "back",
            "camera": {"source": str(source), "fps": 30, **camera},
            "model": {"path": str(door_model)},
            "policy": {"unlock_seconds": 0.3, "linger_seconds": 0.1, "refractory_seconds": 0.1},
            "mqtt": {"host": "127.0.0.1", "port": mosquitto.port},
            "state_folder": str(tmp_path / "state"),
        }
        path = tmp_path / "config.yaml"
        path.write_text(yaml.safe_dump(values))
        return path

    return configured


@pytest.fixture
def dogs(photos, tmp_path):
    """Thirty photos of dogs, one visit's worth."""
    return some(photos / "dog", tmp_path / "dogs", 30)


def some(folder, target, count):
    target.mkdir()
    for path in pictures.find(str(folder))[:count]:
        (target / path.name).symlink_to(path)
    return target


def levels_of(pins):
    return [bool(state.state) for state in pins.pin(PIN).states]


def wait_until(holds, seconds=20):
    """Whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        Flag().wait(0.02)
    return holds()


def watch(config_path):
    """Run the door to the end of its pictures; the levels its pin went through."""
    settings, pins = config.load(config_path), simulated_pins()
    run_door(settings, {}, Flag(), lambda _: pins)
    return levels_of(pins)


def availability(port):
    with closing(Listener(port)) as newcomer:
        return newcomer.wait_for("petdoor/back/availability")[1]


def events(listener, kind):
    return [
        json.loads(text)
        for topic, text, _ in listener.heard
        if topic.startswith("petdoor/back/event") and kind in text
    ]


def test_dogs_make_the_pin_rise_and_fall_and_the_broker_hears_why(door, dogs, mosquitto):
    with closing(Listener(mosquitto.port)) as listener:
        levels = watch(door(dogs))
        listener.wait_for("petdoor/back/availability", "offline")
    assert levels[:3] == [False, True, False]
    assert levels[-1] is False
    admitted = events(listener, "animal_admitted")[0]
    assert admitted["message"] == "Doggy come on in!"
    assert admitted["agree"] >= 4
    assert admitted["probabilities"]["dog"] > 0.5
    assert events(listener, "door_unlocked")
    assert events(listener, "door_locked")


@pytest.mark.parametrize(
    ("species", "kind", "verdict"),
    [("cat", "animal_kept_in", Verdict.KEEP_IN), ("other", "animal_refused", Verdict.REFUSE)],
)
def test_whoever_is_no_dog_leaves_the_pin_low(door, photos, mosquitto, species, kind, verdict):  # noqa: PLR0917
    with closing(Listener(mosquitto.port)) as listener:
        levels = watch(door(photos / species))
        listener.wait_for("petdoor/back/availability", "offline")
    assert set(levels) == {False}
    assert events(listener, kind)[0]["message"] == verdict.sentence(species)
    assert not events(listener, "animal_admitted")


class Exploding:
    """A part that does its work so long as the bolt is locked, and fails once it is drawn."""

    def __init__(self, part, pin):
        self._part, self._pin = part, pin

    def __getattr__(self, name):
        if self._pin.state:
            raise RuntimeError("boom")
        return getattr(self._part, name)


class StickyLatch:
    """Draws the bolt, and complains."""

    def __init__(self, latch, _pin):
        self._latch = latch
        self.lock, self.close = latch.lock, latch.close

    def unlock(self, way):
        self._latch.unlock(way)
        raise RuntimeError("boom")


def run_broken(config_path, pins, name, breaking):
    """The door as it is built, but for one part."""
    with ExitStack() as stack:
        built = parts.build(config.load(config_path), {}, pins, stack)
        part = breaking(getattr(built, name), pins.pin(PIN))
        Daemon(dataclasses.replace(built, **{name: part})).run(Flag())


@pytest.mark.parametrize(
    ("name", "breaking"),
    [(name, Exploding) for name in ("camera", "motion", "classifier", "rule")] + [("latch", StickyLatch)],
)
def test_an_exception_in_any_part_leaves_the_pin_low_and_offline_told(door, dogs, mosquitto, name, breaking):
    pins = simulated_pins()
    with pytest.raises(RuntimeError, match="boom"):
        run_broken(door(dogs), pins, name, breaking)
    assert True in levels_of(pins)
    assert pins.pin(PIN).state == 0
    assert availability(mosquitto.port) == "offline"


class HungClassifier:
    """Judges until the bolt is drawn, then never again."""

    def __init__(self, classifier, pin):
        self._classifier, self._pin = classifier, pin
        self.released = Flag()

    def probabilities(self, pixels):
        if self._pin.state:
            self.released.wait(60)
        return self._classifier.probabilities(pixels)


def test_an_inference_that_hangs_does_not_hold_the_bolt_drawn(door, dogs):
    pins, stop = simulated_pins(), Flag()
    settings = config.load(door(dogs, loop=True))
    policy = settings.policy.model_copy(update={"max_unlock_seconds": 0.3})
    with ExitStack() as stack:
        built = parts.build(settings.model_copy(update={"policy": policy}), {}, pins, stack)
        hung = HungClassifier(built.classifier, pins.pin(PIN))
        loop = Thread(target=Daemon(dataclasses.replace(built, classifier=hung)).run, args=[stop])
        loop.start()
        assert wait_until(lambda: True in levels_of(pins) and not pins.pin(PIN).state)
        assert not hung.released.is_set()
        stop.set()
        hung.released.set()
        loop.join()


def test_a_pin_that_is_taken_is_an_error_and_never_a_simulation(door, dogs):
    settings, pins = config.load(door(dogs)), simulated_pins()
    with closing(latches.open_latch(settings.latch, pins)), pytest.raises(LatchError, match="GPIO 17"):
        run_door(settings, {}, Flag(), lambda _: pins)


def start(config_path, **variables):
    return subprocess.Popen(
        [sys.executable, "-m", "tests.door_process", str(config_path)],
        cwd=ROOT,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def last_word(process):
    """How the pin fared, and the exit status."""
    said, logged = process.communicate(timeout=60)
    assert said, logged
    return json.loads(said), process.returncode


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_unlocked_leaves_the_pin_low_and_offline_told(door, dogs, mosquitto, number):
    process = start(door(dogs, loop=True))
    with closing(Listener(mosquitto.port)) as listener:
        listener.wait_for("petdoor/back/event", "door_unlocked")
        process.send_signal(number)
        pin, status = last_word(process)
    assert status == 0
    assert True in pin["states"]
    assert pin["level"] is False
    assert availability(mosquitto.port) == "offline"


@pytest.fixture
def module(tmp_path, dogs):
    """Environment in which a Raspberry Pi camera shows the dogs, and then dies."""
    program = tmp_path / "bin" / "rpicam-vid"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.rpicam_player "$@"\n')
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:{os.environ['PATH']}", "PLAYER_FOLDER": str(dogs)}


def test_a_camera_that_dies_locks_the_door_and_is_watched_again_when_it_is_back(door, module, mosquitto):
    process = start(door("picamera:0"), **module)
    with closing(Listener(mosquitto.port)) as listener:
        _, lost, _ = listener.wait_for("petdoor/back/event", "camera_lost")
        listener.wait_for("petdoor/back/camera/availability", "offline")
        listener.wait_for("petdoor/back/event", "camera_recovered")
        process.terminate()
        pin, status = last_word(process)
    assert "the ribbon cable came loose" in lost
    assert (status, pin["level"]) == (0, False)


def test_a_camera_that_stays_dead_ends_the_door_locked(door, module, tmp_path, mosquitto):
    (tmp_path / "bin" / "rpicam-vid").write_text("#!/bin/sh\necho no cameras available >&2\nexit 1\n")
    process = start(door("picamera:0", give_up_seconds=0.5), **module)
    pin, status = last_word(process)
    assert status == 1
    assert set(pin["states"]) == {False}
    assert availability(mosquitto.port) == "offline"


def test_the_door_decides_without_a_broker(door, dogs, mosquitto):
    mosquitto.stop()
    assert True in watch(door(dogs))
