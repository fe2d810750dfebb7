import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petdoor.monitor.watched import MOST_DOORS, Door, House, heard
from tests.monitor.stand_in import AT, STATES, encoded, event, judged


def house_of(*messages, house=None, retained=False, now=100.0):
    """The house after these messages of the door called back."""
    house = house or House()
    for topic, value in messages:
        house = heard(house, f"petdoor/back/{topic}", encoded(value), retained=retained, now=now)
    return house


def door_of(*messages, **how):
    return house_of(*messages, **how).doors["back"]


def test_all_that_a_door_tells_of_itself_is_known():
    door = door_of(*STATES.items())
    assert (door.is_online, door.lock, door.mode, door.threshold) == (True, "LOCKED", "auto", 0.68)
    assert (door.is_curfew_on, door.is_emergency, door.is_moving) == (True, False, False)
    assert (door.is_camera_online, door.has_problem, door.last_animal) == (True, False, "dog")
    assert door.info["latch"] == "solenoid"


@pytest.mark.parametrize(
    ("topic", "value"),
    [
        ("availability", "ONLINE"),
        ("lock/state", "locked"),
        ("lock/state", b"\xff\xfe"),
        ("mode/state", "party"),
        ("threshold/state", "nan"),
        ("threshold/state", "1.5"),
        ("threshold/state", "much"),
        ("curfew/state", "1"),
        ("problem/attributes", "{"),
        ("problem/attributes", ["camera"]),
        ("problem/attributes", {"reasons": "all"}),
        ("info", "null"),
        ("stats", {"fps": "many"}),
        ("stats", '{"fps": 1e999}'),
        ("stats", '{"fps": NaN}'),
        ("stats", '{"fps": true}'),
        ("recent", {}),
        ("recent", "[" * 100_000),
        ("event", "[]"),
        ("event", {"event_type": "door_locked"}),
        ("event", {"event_type": "door_locked", "ts": "yesterday"}),
        ("event", {"event_type": "door_locked", "ts": "2026-11-22T16:49:15"}),
        ("event", {"event_type": "door_locked", "ts": "0001-01-01T00:00:00Z"}),
        ("event", {"event_type": 5, "ts": AT}),
    ],
)
def test_a_payload_without_sense_changes_nothing(topic, value):
    before = house_of(*STATES.items())
    assert house_of((topic, value), house=before) is before
    assert house_of((topic, value)).doors == {}


@pytest.mark.parametrize(
    "topic",
    [
        "petdoor",
        "petdoor/back",
        "petdoor/back/lock/set",
        "petdoor/back/doctor",
        "petdoor/b ck/lock/state",
        "petdoor//lock/state",
        "other/back/lock/state",
        "lock/state",
        "back/lock/state",
    ],
)
def test_other_topics_change_nothing(topic):
    house = House()
    assert heard(house, topic, b"LOCKED", retained=False, now=1) is house


def test_a_base_of_several_levels_is_one_base():
    house = heard(House("home/doors"), "home/doors/back/lock/state", b"JAMMED", retained=True, now=1)
    assert house.doors["back"].lock == "JAMMED"


def test_what_is_told_no_more_is_unknown_again():
    door = door_of(*STATES.items(), ("threshold/state", ""), ("mode/state", ""), ("curfew/state", ""))
    assert (door.threshold, door.mode, door.is_curfew_on) == (None, "", None)


def test_only_what_a_door_says_itself_and_now_counts_as_heard():
    kept = house_of(*STATES.items(), retained=True, now=1)
    assert kept.doors["back"].heard_at is None
    live = house_of(("motion/state", "ON"), house=kept, now=2)
    assert live.doors["back"].heard_at == 2
    assert house_of(("availability", "offline"), house=live, now=9).doors["back"].heard_at == 2


def test_the_figures_are_what_was_told_last_and_the_rest_is_unknown():
    door = door_of(("stats", {"fps": 14.9, "infer_ms_p50": 12}), ("stats", {"fps": 15, "else": 1}), now=7)
    assert (door.figures.fps, door.figures.infer_ms_p50, door.figures_at) == (15, None, 7)


def test_a_model_that_differs_from_the_installed_one_is_an_update():
    told = {"installed_version": "sha256:ab", "latest_version": "sha256:cd"}
    assert door_of(("model/state", told)).is_update_ready is True
    assert door_of(("model/state", {**told, "latest_version": "sha256:ab"})).is_update_ready is False


def test_an_event_is_remembered_with_its_single_values():
    (happening,) = door_of(("event", judged(probabilities={"dog": 0.9}))).events
    assert happening.kind == "animal_admitted"
    assert happening.at == datetime(2026, 11, 22, 16, 49, 15, 497_000, UTC)
    assert happening.facts["confidence"] == 0.934
    assert "probabilities" not in happening.facts


def test_an_event_told_twice_is_one():
    told = event("door_locked")
    assert len(door_of(("event", told), ("recent", [told, told]), ("event", told)).events) == 1


def test_recent_events_fill_the_gap_in_order_of_time():
    first, second, third = (event("door_locked", number=n, at=f"2026-11-22T16:00:0{n}Z") for n in (1, 2, 3))
    door = door_of(("event", third), ("recent", [first, "no event", second, third]))
    assert [happening.facts["id"] for happening in door.events] == ["1", "2", "3"]


def test_a_live_event_comes_last_even_when_the_doors_clock_was_set_back():
    old, new = event("door_locked", number=1), event("door_locked", number=2, at="2020-01-01T00:00:00Z")
    door = door_of(("event", old), ("event", new), ("recent", [old, new]))
    assert [happening.facts["id"] for happening in door.events] == ["1", "2"]


def test_an_event_told_late_stays_told_late():
    late = event("door_locked")
    door = door_of(("event/replayed", {**late, "replayed": True}), ("recent", [late]))
    assert [happening.replayed for happening in door.events] == [True]


def test_of_many_events_the_last_are_remembered():
    door = door_of(*(("event", event("door_locked", number=number)) for number in range(300)))
    assert len(door.events) == 200
    assert door.events[-1].facts["id"] == f"{299:x}"


def test_invented_doors_are_not_watched_without_end():
    house = House()
    for number in range(MOST_DOORS + 5):
        house = heard(house, f"petdoor/{number}/availability", b"online", retained=False, now=1)
    assert len(house.doors) == MOST_DOORS


def test_what_strangers_write_is_made_printable():
    told = {"reasons": {"cam\x1b[31mera": "black\x1b]0;title\x07\r\nand \u202ereversed\u200b" + "x" * 1000}}
    ((part, reason),) = door_of(("problem/attributes", told)).problems.items()
    assert part == "cam[31mera"
    assert reason.startswith("black]0;title and reversedxxx")
    assert len(reason) == 200


TOPICS = ["event", "event/replayed", "recent", "stats", "model/state", "availability", *STATES]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
KEYS = st.sampled_from(
    ["event_type", "ts", "id", "species", "confidence", "reasons", "fps", "uptime_seconds"]
)
PAYLOADS = (
    st.binary()
    | st.sampled_from([b"ON", b"online", b"0.7", encoded(judged()), encoded([judged(), event("emergency")])])
    | st.dictionaries(KEYS, VALUES | st.just(AT)).map(lambda told: json.dumps(told).encode())
)
STREAM = st.lists(st.tuples(st.sampled_from(TOPICS) | st.text(max_size=20), PAYLOADS), max_size=12)


@given(messages=STREAM, retained=st.booleans())
def test_no_bytes_on_any_topic_break_what_is_known(messages, retained):
    house = house_of(*messages, house=house_of(*STATES.items()), retained=retained)
    assert set(house.doors) == {"back"}
    assert isinstance(house.doors["back"], Door)
