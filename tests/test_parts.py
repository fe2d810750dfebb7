import socket
import threading
from contextlib import ExitStack, closing, suppress

import pytest

from petdoor import driven, latches, parts
from petdoor.core.modes import Mode
from petdoor.core.orders import SetMode
from petdoor.core.steering import Steering
from petdoor.errors import ConfigError
from petdoor.gpio import simulated_pins
from petdoor.settings import Settings
from petdoor.settings.wiring import LatchSettings
from tests.brokers import Listener
from tests.fakes import RecordingLatch
from tests.pictures_on_disk import class_folders
from tests.tools.coloured import packed

DEMO = {"camera": {"source": "demo"}}


def settings(folder, **policy):
    return Settings.model_validate(
        {"model": {"path": folder / "uint8_logits_1000.tflite"}, "policy": policy},
    )


@pytest.mark.parametrize("policy", [{"keep_in": ["Cat"]}, {"admit": ["dgo"]}])
def test_a_species_the_model_does_not_know_is_a_fault(tiny_models, policy):
    with pytest.raises(ConfigError, match=r"knows nothing called (Cat|dgo); .* cat, dog"):
        parts.open_classifier(settings(tiny_models, **policy))


def test_a_door_that_bars_nobody_says_so_with_an_empty_list(tiny_models):
    assert parts.open_classifier(settings(tiny_models, keep_in=[])).ranges


@pytest.mark.parametrize("kind", ["solenoid", "servo"])
def test_either_kind_of_latch_can_be_built_on_simulated_pins(kind):
    latch_settings = LatchSettings.model_validate(
        {"kind": kind, "pins": "simulated", "servo": {"travel_seconds": 0.01}}
    )
    pins = latches.pin_factory(latch_settings)
    latch = latches.open_latch(latch_settings, pins)
    latch.unlock()
    latch.close()
    assert pins.pin(17).state == 0 or kind == "servo"


@pytest.mark.parametrize(("policy", "veto"), [({}, 0.2), ({"veto_confidence": 0.05}, 0.05)])
def test_the_models_veto_holds_unless_the_settings_name_one(tiny_models, tmp_path, policy, veto):
    values = {
        "model": {"path": packed(tiny_models, tmp_path / "own.tflite", veto=0.2)},
        "camera": {"source": str(class_folders(tmp_path / "photos", dog=1))},
        "latch": {"pins": "simulated"},
        "policy": policy,
    }
    settings = Settings.model_validate(values)
    with ExitStack() as stack:
        built = parts.build(settings, {}, latches.pin_factory(settings.latch), stack)
    assert built.policy.veto_confidence == veto


def heard(manager):
    """How often the watchdog was fed."""
    with suppress(BlockingIOError):
        return 1 + heard(manager) if manager.recv(100) == b"WATCHDOG=1" else heard(manager)
    return 0


def test_each_step_of_building_and_of_taking_apart_is_a_sign_of_life(tmp_path):
    environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "15000000"}
    wanted = Settings.model_validate({**DEMO, "snapshots": {"folder": tmp_path / "seen"}})
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as manager:
        manager.bind(environ["NOTIFY_SOCKET"])
        with ExitStack() as stack:
            parts.build(wanted, environ, simulated_pins(), stack)
            kept = len(["bolt", "inputs", "tellers", "snapshots", "camera"])
            assert heard(manager) == kept
        assert heard(manager) == kept


def test_what_is_driven_is_written_down_where_whoever_locks_a_dead_door_finds_it(tmp_path):
    environ = {"RUNTIME_DIRECTORY": str(tmp_path)}
    wanted = Settings.model_validate({**DEMO, "latch": {"pin": 5, "active_high": False}})
    with ExitStack() as stack:
        parts.build(wanted, environ, simulated_pins(), stack)
    found = driven.remembered(environ)
    assert (found.pin, found.active_high, found.pins) == (5, False, "simulated")


def test_a_folder_that_takes_no_note_is_told_of_and_the_door_is_built(tmp_path, caplog):
    environ = {"RUNTIME_DIRECTORY": str(tmp_path / "absent")}
    with ExitStack() as stack:
        assert parts.build(Settings.model_validate(DEMO), environ, simulated_pins(), stack)
    assert "locked by the settings of then" in caplog.text
    assert driven.remembered(environ) is None


def told(tmp_path, **more):
    """Settings of a door that speaks to a broker, and obeys it."""
    broker = {"host": "127.0.0.1", "port": 1}
    return Settings.model_validate({**DEMO, "id": "back", "mqtt": broker, "state_folder": tmp_path, **more})


def test_without_a_broker_nobody_orders_and_nothing_is_kept(tmp_path):
    environ = {"STATE_DIRECTORY": str(tmp_path)}
    with ExitStack() as stack:
        built = parts.build(Settings.model_validate(DEMO), environ, simulated_pins(), stack)
        assert built.orders.take() is None
        built.keeper.save(Steering(mode=Mode.LOCKED))
        assert built.keeper.load() == Steering()
    assert list(tmp_path.iterdir()) == []


def test_what_is_ordered_over_a_broker_reaches_the_door(mosquitto, tmp_path):
    wanted = told(tmp_path, mqtt={"host": "127.0.0.1", "port": mosquitto.port})
    with closing(Listener(mosquitto.port)) as owner, ExitStack() as stack:
        built = parts.build(wanted, {}, simulated_pins(), stack)
        owner.wait_for("petdoor/back/availability", "online")
        owner.publish("petdoor/back/mode/set", "observe")
        owner.ask("petdoor/back", "status")  # answered in its turn, so that the order is there
        assert built.orders.take().order == SetMode(Mode.OBSERVE)


def test_what_is_set_over_a_broker_is_kept_in_the_state_folder_for_the_next_start(tmp_path):
    steering = Steering(mode=Mode.OBSERVE, threshold=0.75)
    with ExitStack() as stack:
        parts.build(told(tmp_path), {}, simulated_pins(), stack).keeper.save(steering)
    assert (tmp_path / "steering-back.json").exists()
    with ExitStack() as stack:
        assert parts.build(told(tmp_path), {}, simulated_pins(), stack).keeper.load() == steering


def test_what_was_set_and_cannot_be_read_is_asked_for_once_a_second(tmp_path):
    (tmp_path / "steering-back.json").write_text("{")
    with ExitStack() as stack:
        built = parts.build(told(tmp_path), {}, simulated_pins(), stack)
        assert built.keeper.load().mode is Mode.LOCKED
        assert "the door stays locked" in built.checkups["steering"]()
        kept = threading.Event()
        built.keeper.save(Steering(), kept.set)
        assert kept.wait(10)
        assert built.checkups["steering"]() == ""


def test_an_outbox_that_cannot_be_written_is_a_fault_and_the_door_is_built(tmp_path):
    (tmp_path / "state").write_text("no folder")
    with ExitStack() as stack:
        built = parts.build(told(tmp_path / "state"), {}, simulated_pins(), stack)
        assert built.checkups["outbox"]()


@pytest.mark.parametrize(
    ("rule", "threshold"), [({}, None), ({"threshold": 0.8}, 0.8), ({"method": "top1"}, "none at all")]
)
def test_the_models_threshold_holds_unless_the_settings_name_one(rule, threshold):
    wanted = Settings.model_validate({"rule": rule})
    classifier = parts.open_classifier(wanted)
    found = parts.species_rule(wanted.rule, classifier)
    assert getattr(found, "threshold", "none at all") == (threshold or classifier.threshold)


def test_the_last_guard_waits_for_the_longest_unlock_and_no_longer(tmp_path):
    wanted = told(tmp_path)
    latch, _ = parts.guarded(wanted, RecordingLatch(), {})
    latch.unlock()
    (guard,) = (thread for thread in threading.enumerate() if thread.name == "petdoor-dead-man")
    latch.close()
    longest = wanted.policy.max_unlock_seconds
    assert longest < guard.interval < longest + 5
    guard.join(10)
