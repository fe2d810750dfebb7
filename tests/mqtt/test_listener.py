import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petdoor.core.contacts import Way
from petdoor.core.modes import Mode
from petdoor.core.orders import (
    CallEmergency,
    InstallModel,
    Lock,
    SetCurfew,
    SetMode,
    SetThreshold,
    Unlock,
)
from petdoor.core.ports import Request
from petdoor.mqtt.line import Heard
from petdoor.mqtt.listener import Listener, Waiting
from tests.fakes import FakeClock

ORDERS = {
    ("lock", "LOCK"): Lock(),
    ("lock", "UNLOCK"): Unlock(),
    ("mode", "observe"): SetMode(Mode.OBSERVE),
    ("threshold", "0.75"): SetThreshold(0.75),
    ("curfew", "OFF"): SetCurfew(wanted=False),
    ("emergency", "ON"): CallEmergency(wanted=True),
    ("model", "INSTALL"): InstallModel(),
}


class Ear:
    """A listener, and all that it says back."""

    def __init__(self):
        self.answers, self.refusals = [], []
        self.listener = Listener(
            answer=self.answers.append, refuse=self.refusals.append, status=lambda: {"lock/state": "LOCKED"}
        )

    def hears(self, name, payload, *, is_old=False):
        raw = payload if isinstance(payload, bytes) else payload.encode()
        self.listener.hear(name, Heard(f"petdoor/back/{name}", raw, is_old))
        return self.listener.take()

    def asks(self, verb, **asked):
        return self.hears(f"request/{verb}", json.dumps(asked))

    def waits(self, verb, value):
        """Somebody asks for what the loop does not get to yet."""
        asked = json.dumps({"transaction": f"{verb} {value}", "value": value})
        self.listener.hear(f"request/{verb}", Heard("", asked.encode(), is_old=False))

    def told(self):
        return json.loads(self.answers[-1].payload())


@pytest.fixture
def ear():
    return Ear()


@pytest.mark.parametrize(("thing", "word"), ORDERS)
def test_a_word_for_a_thing_is_an_order(ear, thing, word):
    assert ear.hears(f"{thing}/set", word).order == ORDERS[thing, word]
    assert ear.refusals == []


@pytest.mark.parametrize(("thing", "word"), ORDERS)
def test_what_is_retained_or_was_sent_before_is_no_order(ear, thing, word):
    assert ear.hears(f"{thing}/set", word, is_old=True) is None
    assert "only what is meant now is obeyed" in ear.refusals[0]


@pytest.mark.parametrize(
    ("name", "payload", "reason"),
    [
        ("lock/set", "TOGGLE", "lock/set: 'TOGGLE' is not one of LOCK, UNLOCK"),
        ("lock/set", "unlock", "lock/set: 'unlock' is not one of LOCK, UNLOCK"),
        ("lock/set", "", "lock/set: '' is not one of LOCK, UNLOCK"),
        ("lock/set", b"\xff\x00", "lock/set: it is no text"),
        ("lock/set", "UNLOCK" * 400, "lock/set: 2400 bytes are too many; 1024 at most"),
        ("mode/set", "open", "mode/set: 'open' is not one of auto, locked, unlocked, observe"),
        ("threshold/set", "high", "threshold/set: 'high' is no number"),
        ("threshold/set", "nan", "threshold/set: 'nan' is not between 0.5 and 0.99"),
        ("threshold/set", "0.2", "threshold/set: '0.2' is not between 0.5 and 0.99"),
        ("flap/set", "ON", "flap/set: there is no 'flap' here; there are lock, mode, "),
        ("request/open", '{"transaction": 1}', "request/open: there is no request 'open'; there are lock, "),
        ("request/unlock", '{"transaction": true}', "request/unlock: its transaction must be"),
        ("request/unlock", "{", "request/unlock: it is no JSON"),
        ("request/unlock", "[]", "request/unlock: it must be an object"),
        ("request/unlock", "{}", "request/unlock: its transaction must be a number or a text of 64 at most"),
    ],
)
def test_anything_else_changes_nothing_and_its_reason_is_told(ear, name, payload, reason):
    assert ear.hears(name, payload) is None
    assert ear.refusals[0].startswith(reason)


@pytest.mark.parametrize(
    ("verb", "asked", "order"),
    [
        ("lock", {}, Lock()),
        ("unlock", {}, Unlock()),
        ("unlock", {"way": "out"}, Unlock(Way.OUT)),
        ("mode", {"value": "locked"}, SetMode(Mode.LOCKED)),
        ("threshold", {"value": 0.8}, SetThreshold(0.8)),
        ("curfew", {"value": "ON"}, SetCurfew(wanted=True)),
        ("emergency", {"value": "OFF"}, CallEmergency(wanted=False)),
        ("model", {}, InstallModel()),
    ],
)
def test_a_request_is_an_order_that_is_answered(ear, verb, asked, order):
    request = ear.asks(verb, transaction="a1", **asked)
    assert (request.order, ear.answers) == (order, [])
    request.answer("")
    assert ear.told() == {"data": {}, "status": "ok", "transaction": "a1"}


def test_an_order_that_is_not_obeyed_is_answered_with_the_reason(ear):
    ear.asks("unlock", transaction=7).answer("the coil must cool first")
    assert ear.told() == {
        "data": {},
        "status": "error",
        "error": "the coil must cool first",
        "transaction": 7,
    }


@pytest.mark.parametrize(
    ("verb", "asked", "error"),
    [
        ("mode", {}, "its value must be a text or a number"),
        ("mode", {"value": True}, "its value must be a text or a number"),
        ("mode", {"value": ["auto"]}, "its value must be a text or a number"),
        ("mode", {"value": "open"}, "'open' is not one of auto, locked, unlocked, observe"),
        ("unlock", {"way": "up"}, "its way must be one of in, out"),
    ],
)
def test_a_request_that_makes_no_sense_is_answered_so(ear, verb, asked, error):
    assert ear.asks(verb, transaction="a1", **asked) is None
    assert ear.told()["error"].startswith(error)


def test_a_transaction_is_obeyed_once(ear):
    assert ear.asks("unlock", transaction="a1")
    assert ear.asks("unlock", transaction="a1") is None
    assert ear.told()["error"] == "transaction 'a1' has been answered already"


def test_whoever_asks_for_the_status_is_told_all_states(ear):
    assert ear.asks("status", transaction="a1") is None
    assert ear.told() == {"data": {"lock/state": "LOCKED"}, "status": "ok", "transaction": "a1"}


def test_of_each_kind_of_order_the_newest_waits_and_the_others_are_told(ear):
    for verb, value in (("mode", "locked"), ("threshold", 0.7), ("mode", "observe")):
        ear.waits(verb, value)
    assert ear.told() == {
        "data": {},
        "status": "error",
        "error": "a newer order took its place",
        "transaction": "mode locked",
    }
    assert [ear.listener.take().order for _ in range(2)] == [SetThreshold(0.7), SetMode(Mode.OBSERVE)]
    assert ear.listener.take() is None


def test_an_emergency_and_a_lock_wait_for_nothing_else(ear):
    for verb, value in (("mode", "observe"), ("unlock", None), ("lock", None), ("emergency", "ON")):
        ear.waits(verb, value)
    taken = [ear.listener.take().order for _ in range(3)]
    assert taken == [CallEmergency(wanted=True), Lock(), SetMode(Mode.OBSERVE)]


@pytest.mark.parametrize(("verbs", "last"), [(["unlock", "lock"], Lock()), (["lock", "unlock"], Unlock())])
def test_the_last_word_for_the_bolt_counts(ear, verbs, last):
    for verb in verbs:
        ear.waits(verb, None)
    assert (ear.listener.take().order, ear.listener.take()) == (last, None)
    assert ear.told()["error"] == "a newer order took its place"


@pytest.mark.parametrize(
    ("order", "is_meant"), [(Unlock(), False), (Lock(), True), (CallEmergency(wanted=True), True)]
)
def test_an_unlocking_that_the_loop_gets_to_late_is_no_longer_meant(order, is_meant):
    clock, answers = FakeClock(), []
    waiting = Waiting(clock)
    waiting.put(Request(order, answers.append), clock())
    clock.advance(3.5)
    assert (waiting.take() is not None) is is_meant
    assert answers == ([] if is_meant else ["it came too late: ask again"])


NAMES = st.one_of(
    st.sampled_from([f"{thing}/set" for thing, _ in ORDERS]),
    st.sampled_from([f"request/{verb}" for verb in ("lock", "unlock", "mode", "threshold", "status", "")]),
    st.text(max_size=20),
)
ASKED = st.dictionaries(
    st.sampled_from(["transaction", "value", "way"]), st.from_type(int | str | bool | None)
)
PAYLOADS = st.one_of(
    st.binary(max_size=1100),
    st.sampled_from(["UNLOCK ", "unlock", "UNLOCK\x00"]).map(str.encode),
    ASKED.map(lambda asked: json.dumps(asked).encode()),
)


@given(NAMES, PAYLOADS, st.booleans())
def test_no_bytes_on_any_topic_break_it_and_only_the_very_word_unlocks(name, payload, is_old):
    ear = Ear()
    request = ear.hears(name, payload, is_old=is_old)
    for answer in ear.answers:
        json.loads(answer.payload())
    unlocks = request is not None and isinstance(request.order, Unlock)
    was_asked = not is_old and name == "request/unlock" and b"transaction" in payload
    assert not unlocks or (name, payload) == ("lock/set", b"UNLOCK") or was_asked
