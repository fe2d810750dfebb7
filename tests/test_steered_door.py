"""A real door, steered over a real broker: each order is obeyed, and nothing else is."""

import json
import os
import signal
from contextlib import closing

import pytest

from petdoor import modelfile
from tests.brokers import Listener
from tests.faults.test_faults import HURRY
from tests.faults.trial import Trial

DOOR = "petdoor/petdoor"
SETTINGS = {
    "policy": {
        "emergency_seconds": 3.0,
        "refractory_seconds": 0.2,
        "visit_gap_seconds": 1.0,
        "curfew": {"windows": [{"from": "00:00", "to": "00:00"}]},
    },
    "motion": {"enabled": False},  # the dog is always the same one, which the gate would get used to
    "mqtt": {"snapshots": True},
}
CONFIG = "homeassistant/device/petdoor_petdoor/config"
# What must not be obeyed, and lies there before the door starts.
RETAINED = {
    "lock/set": "UNLOCK",
    "mode/set": "unlocked",
    "emergency/set": "ON",
    "request/unlock": '{"transaction": "old"}',
}


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    trial = Trial(tmp_path_factory.mktemp("steered"), HURRY, SETTINGS)
    try:
        for name, payload in RETAINED.items():
            trial.listener.publish(f"{DOOR}/{name}", payload, retain=True)
        trial.start()
        trial.watches()
        trial.listener.wait_for(f"{DOOR}/availability", "online")
        yield trial
    finally:
        trial.close()


@pytest.fixture
def door(trial):
    """The same door, as it was at first: empty yard, locked, mode auto, curfew suspended."""
    was_shown = (trial.folder / "mode").read_text()
    trial.locks()
    for verb, value in (("emergency", "OFF"), ("mode", "auto"), ("curfew", "OFF"), ("threshold", 0.68)):
        assert trial.listener.ask(DOOR, verb, value=value)["status"] == "ok"
    if was_shown != "empty":
        passes(trial, 15)  # at ten frames a second: whoever was there has gone
    return trial


def newest(door, thing):
    return door.listener.newest(f"{DOOR}/{thing}/state")


def events(door, kind, since=0):
    heard = [payload for topic, payload, _ in door.listener.heard[since:] if topic == f"{DOOR}/event"]
    return [event for event in map(json.loads, heard) if event["event_type"] == kind]


def unlocks(door, **asked):
    return door.listener.ask(DOOR, "unlock", **asked)


def listens_again(door):
    """Wait until a door that was away for a moment answers."""
    asked = json.dumps({"transaction": f"are you there, {len(door.listener.heard)}"})

    def is_answered():
        door.listener.publish(f"{DOOR}/request/status", asked)
        return asked[1:-1] in (door.listener.newest(f"{DOOR}/response/status") or "")

    door.until(is_answered, "it listens to the broker")


def begins_anew(door, told):
    """Tell a door to read its settings and model anew, and wait until it has."""
    connected = door.said.count("connected to the broker")
    told()
    door.until(lambda: door.said.count("connected to the broker") > connected, "it begins anew")
    listens_again(door)


def passes(door, count):
    """Wait until the loop has turned so often: it takes an order a pass."""
    for _ in range(count):
        door.listener.ask(DOOR, "curfew", value="OFF")


def test_what_was_retained_before_it_came_has_changed_nothing(trial):
    trial.until(lambda: trial.said.count("only what is meant now is obeyed") == len(RETAINED), "all refused")
    assert trial.watcher.changes == []
    trial.listener.wait_until(f"{DOOR}/mode/state", "auto")
    assert newest(trial, "emergency") == "OFF"
    for name in RETAINED:
        trial.listener.publish(f"{DOOR}/{name}", "", retain=True)


def test_an_unlock_ends_by_itself(door):
    since, moves = len(door.listener.heard), len(door.watcher.changes)
    door.listener.publish(f"{DOOR}/lock/set", "UNLOCK")
    door.until(lambda: len(door.watcher.changes) == moves + 2, "it opens and locks")
    door.until(lambda: events(door, "door_locked", since), "it tells")
    door.listener.wait_until(f"{DOOR}/lock/state", "LOCKED")
    assert events(door, "door_unlocked", since)[0]["cause"] == "command"


def test_a_lock_sends_the_dog_away_that_stands_there(door):
    door.opens()
    assert door.listener.ask(DOOR, "lock")["status"] == "ok"
    door.until(lambda: not door.watcher.is_high, "it locks")
    moves = len(door.watcher.changes)
    passes(door, 6)
    assert len(door.watcher.changes) == moves


def test_an_order_that_cannot_be_obeyed_is_answered_with_its_reason(door):
    door.listener.ask(DOOR, "mode", value="observe")
    assert unlocks(door)["error"] == "it only observes: the bolt is not moved"


def test_a_door_that_observes_tells_what_it_would_do_and_does_not_move(door):
    door.listener.ask(DOOR, "mode", value="observe")
    since, moves = len(door.listener.heard), len(door.watcher.changes)
    door.shows("dog")
    door.until(lambda: events(door, "animal_admitted", since), "it tells")
    assert events(door, "animal_admitted", since)[0]["observed"] is True
    assert len(door.watcher.changes) == moves


@pytest.mark.parametrize(
    ("thing", "value", "held_by"), [("mode", "locked", "mode"), ("curfew", "ON", "curfew")]
)
def test_a_dog_is_held_back_by_the_mode_and_by_the_curfew(door, thing, value, held_by):
    door.listener.ask(DOOR, thing, value=value)
    since, moves = len(door.listener.heard), len(door.watcher.changes)
    door.shows("dog")
    door.until(lambda: events(door, "animal_held_back", since), "it tells")
    assert events(door, "animal_held_back", since)[0]["held_by"] == held_by
    assert (newest(door, thing), len(door.watcher.changes)) == (value, moves)


def test_a_threshold_above_what_the_model_believes_keeps_the_dog_out(door):
    door.listener.ask(DOOR, "threshold", value=0.99)
    moves = len(door.watcher.changes)
    door.shows("dog")
    passes(door, 10)
    assert (newest(door, "threshold"), len(door.watcher.changes)) == ("0.99", moves)


def test_an_emergency_holds_the_door_open_for_its_time_though_the_broker_dies(door):
    assert door.listener.ask(DOOR, "emergency", value="ON")["status"] == "ok"
    door.until(lambda: door.watcher.is_high, "it opens")
    opened = len(door.watcher.changes)
    subscribed = door.listener.subscribed
    door.broker.kill()
    door.until(lambda: not door.watcher.is_high, "its time is over")
    door.broker.start()
    door.listener.subscribes_again(subscribed)
    (since, _), (until, _) = door.watcher.changes[opened - 1 : opened + 1]
    assert 2.5 <= until - since <= 10.0  # told to be 3 s; a busy machine sees either edge late
    listens_again(door)
    door.listener.wait_until(f"{DOOR}/emergency/state", "OFF")


def test_an_emergency_can_be_called_off(door):
    door.listener.ask(DOOR, "emergency", value="ON")
    door.listener.wait_until(f"{DOOR}/emergency/state", "ON")
    door.listener.ask(DOOR, "emergency", value="OFF")
    door.listener.wait_until(f"{DOOR}/emergency/state", "OFF")
    door.until(lambda: not door.watcher.is_high, "it locks")


def test_what_was_set_survives_a_kill(door):
    for verb, value in (("mode", "observe"), ("curfew", "ON"), ("threshold", 0.8)):
        door.listener.ask(DOOR, verb, value=value)
    starts = door.starts
    os.kill(door.door, signal.SIGKILL)
    door.watches(starts + 1)
    listens_again(door)
    status = door.listener.ask(DOOR, "status")["data"]
    told = [status[f"{thing}/state"] for thing in ("mode", "curfew", "threshold")]
    assert told == ["observe", "ON", "0.8"]


def test_a_reload_keeps_what_was_set_though_the_disk_does_not(door):
    file = door.folder / "state" / "steering-petdoor.json"
    file.unlink(missing_ok=True)
    file.mkdir()
    try:
        assert door.listener.ask(DOOR, "mode", value="observe")["status"] == "ok"
        begins_anew(door, lambda: os.kill(door.door, signal.SIGHUP))
        assert door.listener.ask(DOOR, "status")["data"]["mode/state"] == "observe"
    finally:
        file.rmdir()


def test_a_model_is_installed_when_told_and_a_broken_one_is_refused(door):
    content = door.model.read_bytes()
    door.model.write_bytes(content[:1000])
    assert "incomplete" in door.listener.ask(DOOR, "model")["error"]
    door.model.write_bytes(content)
    begins_anew(door, lambda: door.listener.ask(DOOR, "model"))
    expected = modelfile.read(door.model).model_id
    info = json.loads(door.listener.ask(DOOR, "status")["data"]["info"])
    assert info["model"] == expected


def test_a_repeated_transaction_is_obeyed_once(door):
    asked = json.dumps({"transaction": "twice"})
    door.listener.publish(f"{DOOR}/request/unlock", asked)
    door.listener.publish(f"{DOOR}/request/unlock", asked)
    door.listener.wait_for(f"{DOOR}/response/unlock", "'twice' has been answered already")


def test_home_assistant_finds_topics_that_the_door_tells_and_obeys(door):
    """Each entity's state has been told, and each command changes what is told."""
    door.opens()
    door.locks()
    states = retained(door)
    config = json.loads(states[CONFIG])
    for name, entity in config["components"].items():
        if len(entity) == 1:
            continue
        told = entity.get("state_topic") or entity["image_topic"]
        is_kept = told.endswith("/state")
        assert told in states if is_kept else told.startswith(DOOR), name
        assert {each["topic"] for each in entity["availability"]} <= set(states), name
        if "options" in entity:
            assert states[told] in entity["options"], name
        if "json_attributes_topic" in entity:
            assert "reasons" in json.loads(states[entity["json_attributes_topic"]]), name
    heard = {topic for topic, _, _ in door.listener.heard}
    assert {config["components"]["decision"]["state_topic"], f"{DOOR}/snapshot"} <= heard
    obeys(door, config["components"])


def obeys(door, entities):
    """Send every entity what Home Assistant would."""
    words = {
        "latch": (entities["latch"]["payload_unlock"], entities["latch"]["state_unlocked"]),
        "mode": ("locked", "locked"),
        "threshold": ("0.75", "0.75"),
        "curfew": (entities["curfew"]["payload_on"], entities["curfew"]["state_on"]),
        "emergency": (entities["emergency"]["payload_on"], entities["emergency"]["state_on"]),
    }
    assert set(words) | {"model"} == {name for name, each in entities.items() if "command_topic" in each}
    for name, (word, state) in words.items():
        since = len(door.listener.heard)
        door.listener.publish(entities[name]["command_topic"], word)
        door.listener.wait_for(entities[name]["state_topic"], state, since)
    door.listener.ask(DOOR, "emergency", value="OFF")
    model = entities["model"]
    begins_anew(door, lambda: door.listener.publish(model["command_topic"], model["payload_install"]))


def retained(door):
    with closing(Listener(door.broker.port, "#")) as newcomer:
        return newcomer.retained()


@pytest.mark.parametrize("nonsense", [b"", b"\x00", b"unlock", b"TOGGLE", b"{}", b"[" * 900, b"\xff" * 5000])
def test_nonsense_on_every_topic_moves_nothing_and_kills_nobody(door, nonsense):
    before, moves = door.door, len(door.watcher.changes)
    for thing in ("lock", "mode", "threshold", "curfew", "emergency", "model", "flap", ""):
        door.listener.publish(f"{DOOR}/{thing}/set", nonsense)
    for verb in ("lock", "unlock", "mode", "threshold", "status", "", "x/y"):
        door.listener.publish(f"{DOOR}/request/{verb}", nonsense)
    assert door.listener.ask(DOOR, "status")["data"]["mode/state"] == "auto"
    assert (door.door, len(door.watcher.changes)) == (before, moves)
