"""Events on their way to a real broker that dies, and from a door that is killed."""

import json
import subprocess
import sys
from contextlib import closing

import pytest

from tests.brokers import Gate, Listener, Mosquitto
from tests.conftest import ROOT
from tests.mqtt.test_publisher import event, outbox, publisher

EVENTS = 1000
LAST = 10**6
DOOR = """
import sys, threading
from pathlib import Path
from tests.mqtt.test_publisher import event, outbox, publisher
told = publisher(int(sys.argv[1]), kept=outbox(Path(sys.argv[2])))
for number in range(10**6):
    told.event(event(number))
    print(number, flush=True)
    threading.Event().wait(0.0005)
"""


@pytest.fixture
def broker(tmp_path):
    with Mosquitto(tmp_path) as broker:
        yield broker


@pytest.fixture
def gate(broker):
    gate = Gate(broker.port)
    yield gate
    gate.close()


def arrived(listener):
    """The number of every event heard, in order, and whether it was marked as replayed."""
    told = [(topic, json.loads(text)) for topic, text, _ in listener.heard if "/event" in topic]
    assert all(payload["replayed"] is topic.endswith("/replayed") for topic, payload in told)
    return [(payload["number"], payload["replayed"]) for _, payload in told]


def assert_all_came_in_order_and_none_twice_unmarked(heard, numbers):
    first_time = list(dict.fromkeys(number for number, _ in heard))
    assert first_time == list(numbers)
    fresh = [number for number, replayed in heard if not replayed]
    assert len(fresh) == len(set(fresh))
    replayed = [number for number, was_replayed in heard if was_replayed]
    assert replayed == sorted(replayed)


def test_a_broker_killed_and_started_again_amid_a_thousand_events_hears_every_one(broker, gate, tmp_path):
    with (
        closing(outbox(tmp_path / "outbox.sqlite3")) as kept,
        closing(publisher(gate.port, kept=kept)) as told,
        closing(Listener(broker.port, qos=0)) as listener,
    ):
        listener.wait_for("petdoor/back/availability", "online")
        for number in range(EVENTS):
            told.event(event(number))
            if number == EVENTS // 3:
                listener.wait_for("petdoor/back/event", f'"number": {number // 2},')
                gate.shut()
                subscribed = listener.subscribed
                broker.kill()
            if number == 2 * EVENTS // 3:
                broker.start()
                listener.subscribes_again(subscribed)  # what nobody hears would be lost to this test alone
        gate.open()
        listener.wait_for("petdoor/back/event/replayed", f'"number": {EVENTS - 1},')
        told.event(event(EVENTS))
        listener.wait_for("petdoor/back/event", f'"number": {EVENTS},')
        heard = arrived(listener)
    assert_all_came_in_order_and_none_twice_unmarked(heard, range(EVENTS + 1))
    assert {replayed for _, replayed in heard} == {False, True}


@pytest.mark.parametrize("has_broker", [True, False], ids=["amid its telling", "with nobody to tell"])
def test_a_door_that_is_killed_tells_afterwards_what_was_not_heard(broker, gate, tmp_path, has_broker):
    path = tmp_path / "outbox.sqlite3"
    if not has_broker:
        gate.shut()
    with closing(Listener(broker.port, qos=0)) as listener:
        command = [sys.executable, "-c", DOOR, str(gate.port), str(path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as door:
            while int(said := door.stdout.readline()) < EVENTS:
                pass
            door.kill()
            said = [said, *door.stdout][-1]
        gate.open()
        with closing(outbox(path)) as kept:
            kept.put(event(LAST))
            with closing(publisher(gate.port, kept=kept)):
                listener.wait_for("petdoor/back/event/replayed", f'"number": {LAST},')
        heard = arrived(listener)
    told_of = {number for number, _ in heard} - {LAST}
    assert max(told_of) - int(said) in {0, 1}  # it may have been killed before it could say the last one
    assert_all_came_in_order_and_none_twice_unmarked(heard, [*range(max(told_of) + 1), LAST])
    assert has_broker or all(replayed for _, replayed in heard)
