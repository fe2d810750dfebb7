import json

import pytest

from petdoor.mqtt.mail import Mail
from petdoor.mqtt.outbox import Outbox
from tests.fakes import FakeClock


class Broker:
    """Takes what comes, and acknowledges what it is told to."""

    def __init__(self):
        self.clock = FakeClock()
        self.outbox = Outbox(None, keep_seconds=1e9, keep_events=1000)
        self.mail = Mail(self.outbox, self.clock)
        self.heard = []

    def publish(self, topic, payload):
        self.heard.append((topic, json.loads(payload)["number"]))
        return len(self.heard)

    def put(self, *numbers):
        for number in numbers:
            self.outbox.put({"number": number})
        self.mail.send(self.publish)

    def acknowledges(self, *mids, taken=True):
        for mid in mids:
            self.mail.acknowledged(mid, taken=taken)
        self.mail.send(self.publish)


@pytest.fixture
def broker():
    return Broker()


def test_what_lay_there_before_the_broker_came_is_old_and_what_happens_then_is_new(broker):
    broker.outbox.put({"number": 1})
    broker.mail.begin()
    broker.put(2)
    assert broker.heard == [("event/replayed", 1), ("event", 2)]


def test_no_more_are_sent_at_once_than_a_broker_may_owe(broker):
    broker.mail.begin()
    broker.put(*range(30))
    assert len(broker.heard) == 20
    broker.acknowledges(*range(1, 11))
    assert [number for _, number in broker.heard] == list(range(30))
    assert not broker.mail.is_idle


def test_what_waits_for_a_broker_that_has_stalled_becomes_old(broker):
    broker.mail.begin()
    broker.put(*range(20))
    broker.put(20)
    broker.clock.advance(9)
    broker.put(21)
    broker.clock.advance(2)
    broker.acknowledges(*range(1, 21))
    assert broker.heard[20:] == [("event/replayed", 20), ("event", 21)]


def test_what_was_not_acknowledged_is_told_to_the_next_one_as_old(broker):
    broker.mail.begin()
    broker.put(1, 2)
    broker.acknowledges(1)
    broker.mail.begin()
    broker.mail.send(broker.publish)
    assert broker.heard == [("event", 1), ("event", 2), ("event/replayed", 2)]


def test_what_the_broker_will_not_have_is_kept(broker):
    broker.mail.begin()
    broker.put(1)
    broker.acknowledges(1, taken=False)
    assert broker.mail.is_idle
    assert [entry.payload["number"] for entry in broker.outbox.after(0, 10)] == [1]


def test_an_acknowledgement_of_something_else_is_none_of_its_business(broker):
    assert broker.mail.acknowledged(99) is False


def test_one_that_is_too_large_for_this_broker_waits_for_another_and_holds_nobody_up(broker):
    broker.outbox.put({"number": 1})
    broker.mail.begin()
    broker.mail.send(lambda *_: 0)
    assert broker.mail.is_idle
    broker.put(2)
    assert broker.heard == [("event", 2)]
    broker.mail.begin()
    broker.mail.send(broker.publish)
    assert broker.heard[1:] == [("event/replayed", 1), ("event/replayed", 2)]
