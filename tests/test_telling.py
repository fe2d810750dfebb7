"""What speaks to the broker, built from settings; the broker is a real one."""

import json
import shutil
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from petdoor import __version__, modelfile, parts, telling
from petdoor.core.modes import Mode
from petdoor.core.orders import SetMode
from petdoor.errors import ConfigError
from petdoor.settings import Settings
from petdoor.telling import ModelWatch, state_folder
from tests.brokers import Listener
from tests.tools.coloured import packed

DOOR = "petdoor/back"
CONFIG = "homeassistant/device/petdoor_back/config"
PLACES = {
    "STATE_DIRECTORY": "/var/lib/petdoor",
    "XDG_STATE_HOME": "/home/bob/.state",
    "HOME": "/home/bob",
}


def settings(port, folder, *, mqtt=None, **more):
    return Settings.model_validate(
        {"id": "back", "state_folder": folder, "mqtt": {"host": "127.0.0.1", "port": port, **(mqtt or {})}}
        | more
    )


@contextmanager
def opened(wanted, environ=None):
    """What these settings build."""
    classifier = parts.open_classifier(wanted)
    publisher, outbox = telling.open_mqtt(wanted, wanted.mqtt, environ or {}, classifier, latch="servo")
    with closing(outbox), closing(publisher):
        yield publisher


@contextmanager
def heard(port, wanted, environ=None, topic="#", **login):
    """Somebody who hears a door of these settings that has said that it is there."""
    with closing(Listener(port, topic, **login)) as listener, opened(wanted, environ):
        listener.wait_for(f"{DOOR}/availability", "online")
        yield listener


@pytest.fixture
def model(tiny_models, tmp_path):
    """A model of one's own."""
    return packed(tiny_models, tmp_path / "door.tflite")


@pytest.fixture
def other_model(tiny_models, tmp_path):
    """Another one, of another size, elsewhere."""
    path = tmp_path / "other.tflite"
    shutil.copy(tiny_models / "uint8_logits_1000.tflite", path)
    return path


@pytest.fixture
def watch(model):
    return ModelWatch(model, modelfile.read(model).model_id)


@pytest.mark.parametrize(
    ("lacking", "expected"),
    [
        ((), "/var/lib/petdoor"),
        (("STATE_DIRECTORY",), "/home/bob/.state/petdoor"),
        (("STATE_DIRECTORY", "XDG_STATE_HOME"), "/home/bob/.local/state/petdoor"),
    ],
)
def test_what_must_outlast_a_restart_lies_with_the_service_else_with_the_user(lacking, expected):
    environ = {name: place for name, place in PLACES.items() if name not in lacking}
    assert state_folder(Settings(), environ) == Path(expected)


def test_the_folder_that_is_set_goes_before_all_others(tmp_path):
    assert state_folder(Settings(state_folder=tmp_path), PLACES) == tmp_path


def test_of_several_folders_that_a_service_has_the_first_is_used():
    environ = {"STATE_DIRECTORY": "/var/lib/petdoor:/var/lib/other"}
    assert state_folder(Settings(), environ) == Path("/var/lib/petdoor")


def test_a_variable_that_is_empty_is_none():
    environ = {"STATE_DIRECTORY": "", "XDG_STATE_HOME": "", "HOME": "/home/bob"}
    assert state_folder(Settings(), environ) == Path("/home/bob/.local/state/petdoor")


def test_a_model_that_lies_there_as_it_was_is_the_one_that_is_used(watch, model):
    assert watch.latest() == modelfile.read(model).model_id


def test_another_model_is_told_by_its_name(watch, model, other_model):
    expected = modelfile.read(other_model).model_id
    shutil.copy(other_model, model)
    assert watch.latest() == expected
    assert watch.latest() == expected


def test_a_model_that_is_half_copied_is_told_only_when_it_is_whole(watch, model, other_model):
    before, content = watch.latest(), other_model.read_bytes()
    model.write_bytes(content[: len(content) // 2])
    assert watch.latest() == before
    model.write_bytes(content)
    assert watch.latest() == modelfile.read(other_model).model_id


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_no_part_of_a_model_is_told_as_one(watch, model, share):
    before, content = watch.latest(), model.read_bytes()
    model.write_bytes(content[: int(len(content) * share)])
    assert watch.latest() == before


def test_a_model_that_is_removed_is_not_told_until_another_lies_there(watch, model, other_model):
    before = watch.latest()
    model.unlink()
    assert watch.latest() == before
    shutil.move(other_model, model)
    assert watch.latest() not in {before, ""}


def test_the_file_that_keeps_events_lies_in_the_state_folder_and_is_nobody_elses(mosquitto, tmp_path):
    folder = tmp_path / "state"
    with opened(settings(mosquitto.port, folder)) as publisher:
        publisher.event({"event_type": "door_locked"})
    file = folder / "outbox-back.sqlite3"
    assert file.stat().st_mode & 0o777 == 0o600
    others = [each.name for each in folder.iterdir() if not each.name.startswith(file.name)]
    assert others == ["recent-back.json"]


def test_each_door_has_an_outbox_of_its_own(tmp_path, mosquitto):
    for door_id in ("back", "side"):
        with opened(settings(mosquitto.port, tmp_path, id=door_id)):
            pass
    assert {each.name for each in tmp_path.glob("outbox-*.sqlite3")} == {
        "outbox-back.sqlite3",
        "outbox-side.sqlite3",
    }


def test_what_the_door_tells_of_itself_is_what_it_is(mosquitto, tmp_path, model):
    wanted = settings(mosquitto.port, tmp_path, model={"path": model})
    with heard(mosquitto.port, wanted) as listener:
        told = json.loads(listener.newest(f"{DOOR}/info"))
    assert (told["version"], told["backbone"], told["latch"]) == (__version__, "tiny", "servo")
    assert told["model"] == modelfile.read(model).model_id
    assert set(told) == {"version", "model", "backbone", "runtime", "latch", "config"}


def test_other_settings_are_told_apart(mosquitto, tmp_path):
    told = set()
    for linger_seconds in (1.0, 1.0, 2.0):
        wanted = settings(mosquitto.port, tmp_path, policy={"linger_seconds": linger_seconds})
        with heard(mosquitto.port, wanted) as listener:
            told.add(json.loads(listener.newest(f"{DOOR}/info"))["config"])
    assert len(told) == 2


def test_no_secret_is_told_to_anybody(guarded, tmp_path):
    word = tmp_path / "mqtt-password"
    word.write_text("woof\n")
    wanted = settings(guarded.port, tmp_path, mqtt={"username": "petdoor", "password_file": word})
    with heard(guarded.port, wanted, username="petdoor", password="woof") as listener:
        listener.wait_for(CONFIG)
        said = "".join(payload for _, payload, _ in listener.heard)
    assert not [secret for secret in ("woof", str(word), "127.0.0.1", str(guarded.port)) if secret in said]


def test_a_password_that_cannot_be_had_is_a_fault_and_leaves_nothing_behind(tmp_path):
    wanted = settings(1, tmp_path / "state", mqtt={"password_file": tmp_path / "absent"})
    with pytest.raises(ConfigError, match="password_file"), opened(wanted):
        pass
    assert not (tmp_path / "state").exists()


def test_certificates_that_cannot_be_had_are_a_fault_and_let_go_of_the_outbox(tmp_path):
    wanted = settings(1, tmp_path, mqtt={"tls": {"ca_file": tmp_path / "absent.pem"}})
    with pytest.raises(ConfigError, match=r"mqtt\.tls"), opened(wanted):
        pass
    held = {link.resolve() for link in Path("/proc/self/fd").iterdir()}
    assert tmp_path / "outbox-back.sqlite3" not in held


def test_home_assistant_finds_what_this_door_has(mosquitto, tmp_path, model):
    wanted = settings(
        mosquitto.port, tmp_path, model={"path": model}, mqtt={"dashboard_url": "http://pi.local:8080/"}
    )
    with heard(mosquitto.port, wanted) as listener:
        found = json.loads(listener.wait_for(CONFIG)[1])
    assert found["device"]["configuration_url"] == "http://pi.local:8080/"
    assert found["components"]["last_animal"]["options"] == ["cat", "dog", "other", "none"]
    assert found["components"]["threshold"]["command_topic"] == f"{DOOR}/threshold/set"
    assert set(found["components"]["snapshot"]) == {"platform"}


def test_a_door_without_a_threshold_offers_none(mosquitto, tmp_path):
    wanted = settings(mosquitto.port, tmp_path, rule={"method": "top1"})
    with heard(mosquitto.port, wanted) as listener:
        found = json.loads(listener.wait_for(CONFIG)[1])
    assert set(found["components"]["threshold"]) == {"platform"}


def test_another_base_and_prefix_are_used_throughout(mosquitto, tmp_path):
    mqtt = {"base_topic": "farm/doors", "discovery_prefix": "ha"}
    with (
        closing(Listener(mosquitto.port, "#")) as listener,
        opened(settings(mosquitto.port, tmp_path, mqtt=mqtt)),
    ):
        listener.wait_for("farm/doors/back/availability", "online")
        listener.wait_for("ha/device/petdoor_back/config", "farm/doors/back/lock/set")
    assert {topic.split("/")[0] for topic, _, _ in listener.heard} == {"farm", "ha"}


def test_without_discovery_home_assistant_is_told_to_forget_the_door(mosquitto, tmp_path):
    with heard(mosquitto.port, settings(mosquitto.port, tmp_path)) as listener:
        listener.wait_for(CONFIG, "components")
    with heard(mosquitto.port, settings(mosquitto.port, tmp_path, mqtt={"discovery": False})) as listener:
        listener.wait_until(CONFIG, "")
    with closing(Listener(mosquitto.port, "#")) as newcomer:
        assert CONFIG not in newcomer.retained()


def test_a_model_that_lies_there_anew_is_told_beside_the_one_that_is_used(
    mosquitto, tmp_path, model, other_model
):
    before, after = modelfile.read(model).model_id, modelfile.read(other_model).model_id
    wanted = settings(mosquitto.port, tmp_path, model={"path": model})
    with closing(Listener(mosquitto.port)) as listener, opened(wanted) as publisher:
        listener.wait_for(f"{DOOR}/model/state", f'"latest_version": "{before}"')
        shutil.copy(other_model, model)
        publisher.event({"event_type": "door_locked"})  # it looks around once all is told
        told = json.loads(listener.wait_for(f"{DOOR}/model/state", after)[1])
    assert told == {"installed_version": before, "latest_version": after, "title": "petdoor model"}


def test_an_order_that_comes_is_there_to_be_taken_and_answered(mosquitto, tmp_path):
    with closing(Listener(mosquitto.port)) as listener, opened(settings(mosquitto.port, tmp_path)) as taker:
        listener.wait_for(f"{DOOR}/availability", "online")
        listener.publish(f"{DOOR}/request/mode", '{"transaction": 1, "value": "observe"}')
        listener.ask(DOOR, "status")  # answered in its turn, so that the order is there
        request = taker.take()
        request.answer("not today")
        told = json.loads(listener.wait_for(f"{DOOR}/response/mode")[1])
    assert request.order == SetMode(Mode.OBSERVE)
    assert told == {"data": {}, "status": "error", "error": "not today", "transaction": 1}
