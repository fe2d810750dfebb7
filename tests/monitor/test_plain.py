import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petdoor.monitor.link import Link, Message, Settled
from petdoor.monitor.plain import json_line, news, state, state_line
from petdoor.monitor.seen import Seen, after
from petdoor.monitor.watched import House
from tests.monitor.stand_in import STATES, event, judged
from tests.monitor.test_watched import house_of

NOON = datetime(2026, 11, 22, 12, 0, 0, 5000, UTC)


def message(topic, payload):
    return Message(topic, payload, retained=True, received=NOON, at=1.0)


def line_of(topic, payload, base="petdoor"):
    return json.loads(json_line(message(f"{base}/back/{topic}", payload), base))


def test_a_message_is_a_line_of_json():
    assert line_of("lock/state", b"LOCKED", base="home/doors") == {
        "ts": "2026-11-22T12:00:00.005Z",
        "door": "back",
        "topic": "lock/state",
        "value": "LOCKED",
        "retained": True,
    }


@pytest.mark.parametrize(
    ("topic", "payload", "value"),
    [
        ("event", b'{"a": [1, null]}', {"a": [1, None]}),
        ("threshold/state", b"0.68", 0.68),
        ("mode/state", b"", ""),
        ("mode/state", "für".encode(), "für"),
        ("stats", b'{"fps": NaN}', '{"fps": NaN}'),
        ("stats", b'{"fps": 1e999}', '{"fps": 1e999}'),
        ("recent", b"[" * 100_000, "[" * 100_000),
        ("info", b"\xff\xd8\xff", {"bytes": 3}),
        ("snapshot", b"ok", {"bytes": 2}),
        ("snapshot/last", b"\xff\xd8\xff\xe0", {"bytes": 4}),
    ],
)
def test_a_value_is_json_where_it_is_json_else_text_else_how_many_bytes_it_is(topic, payload, value):
    assert line_of(topic, payload)["value"] == value


@given(topic=st.text(), payload=st.binary() | st.text().map(str.encode))
def test_a_line_of_json_is_one_line_of_printable_ascii_whatever_comes(topic, payload):
    line = json_line(message(topic, payload), "petdoor")
    assert line.isascii()
    assert line.isprintable()


def test_the_state_is_one_object_of_all_doors():
    told = json.loads(state(house_of(*STATES.items(), ("event", judged()))))
    door = told["doors"]["back"]
    assert told["base"] == "petdoor"
    assert (door["is_online"], door["lock"], door["threshold"]) == (True, "LOCKED", 0.68)
    assert door["events"][0]["event_type"] == "animal_admitted"
    assert door["events"][0]["agree"] == 4


def test_the_state_of_a_door_is_a_line():
    problem = ("problem/attributes", {"reasons": {"flap": "it stands open"}})
    door = house_of(*STATES.items(), ("problem/state", "ON"), problem).doors["back"]
    assert state_line(door).startswith("back: online, LOCKED, mode auto, camera online, motion none,")
    assert state_line(door).endswith("PROBLEM flap: it stands open")


def news_of(before, *messages):
    return list(news(before, house_of(*messages, house=before), NOON))


def test_news_are_events_and_comings_and_goings():
    before = house_of(*STATES.items())
    assert news_of(before, ("motion/state", "ON")) == []
    assert news_of(before, ("availability", "offline")) == ["2026-11-22 12:00:00  back  OFFLINE"]
    assert news_of(before, ("event", judged())) == [
        "2026-11-22 16:49:15  back  admitted dog 0.93: 4 of 5 frames, 41 ms"
    ]


def test_an_event_is_news_once():
    before = house_of(("event", event("door_locked")))
    assert news_of(before, ("event/replayed", event("door_locked")), ("recent", [event("door_locked")])) == []


def test_what_a_monitor_knows_changes_with_each_piece_of_news():
    seen = Seen(House(), Link(is_up=False, since=0))
    assert after(seen, message("petdoor/back/lock/state", b"nonsense")) is seen
    assert "back" in after(seen, message("petdoor/back/lock/state", b"LOCKED")).house.doors
    assert after(seen, Link(is_up=True, since=1)).link.is_up
    assert after(seen, Settled()).is_settled
