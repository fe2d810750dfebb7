import io
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from petdoor.monitor.link import Link
from petdoor.monitor.plain import state_line
from petdoor.monitor.screen import Screen, View
from petdoor.monitor.watched import House
from petdoor.monitor.words import Tone, bolt
from tests.monitor.stand_in import STATES, event, judged
from tests.monitor.test_watched import STREAM, house_of

TODAY = datetime(2026, 11, 22, 17, tzinfo=UTC)
UP = Link(is_up=True, since=0, was_up=True)
REASON = "the picture is black: is a lid on the lens?"


def drawn(house, *, link=UP, width=80, height=24, now=103.0, **console):
    """What stands on a terminal of this size, line by line."""
    paper = Console(width=width, height=height, force_terminal=True, file=io.StringIO(), **console)
    paper.print(View(width=width, height=height, now=now, today=TODAY).picture(house, link, "broker:1883"))
    return paper.file.getvalue()


def seen(house, **how):
    return drawn(house, color_system=None, **how)


def usual(*messages):
    return house_of(*STATES.items(), *messages)


def several(count):
    door = usual(("event", judged())).doors["back"]
    return House("petdoor", {f"door{n}": replace(door, id=f"door{n}") for n in range(count)})


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (("lock/state", "LOCKED"), " LOCKED "),
        (("lock/state", "UNLOCKED"), " UNLOCKED "),
        (("lock/state", "JAMMED"), " JAMMED "),
        (("availability", "offline"), " was LOCKED "),
        (("emergency/state", "ON"), " LOCKED, EMERGENCY: the coil must cool "),
        (("mode/state", "auto"), "mode auto: the rules decide"),
        (("mode/state", "observe"), "mode observe: reports, and never moves the bolt"),
        (("mode/state", "locked"), "mode locked: opens for nobody"),
        (("mode/state", "unlocked"), "mode unlocked: opens for every animal it knows"),
        (("camera/availability", "offline"), "camera OFFLINE"),
        (("motion/state", "ON"), "motion seen"),
        (("curfew/state", "OFF"), "curfew suspended"),
        (("last_animal/state", "cat"), "last animal cat"),
        (("threshold/state", "0.7"), "threshold 0.70"),
        (("availability", "offline"), "OFFLINE, heard 3 s ago"),
        (("motion/state", "OFF"), "online, heard 3 s ago"),
        (("problem/attributes", {"reasons": {"camera": REASON}}), f"! camera: {REASON}"),
        (("model/state", {"installed_version": "a", "latest_version": "b"}), "model a new one waits"),
        (("info", {"version": "9.9", "latch": "simulated"}), "latch SIMULATED"),
        (("stats", {"fps": 14.9, "infer_ms_p50": 12, "infer_ms_p95": 15.5}), "judging p50 12.0, p95 15.5 ms"),
        (("stats", {"temperature_c": 51.2, "uptime_seconds": 273600}), "51.2 °C · up 3 d 4 h"),
    ],
)
def test_what_a_door_tells_stands_on_its_panel(message, words):
    silent = [("problem/state", "ON")] if message[0].startswith("problem") else []
    assert words in seen(usual(message, *silent))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (judged(), "admitted dog 0.93 4 of 5 frames, 41 ms"),
        (judged("animal_kept_in", "cat"), "kept in cat 0.93"),
        (judged("animal_refused", vetoed_by="cat"), "refused dog 0.93 vetoed by cat"),
        (judged("animal_held_back", held_by="curfew"), "held back dog 0.93 by curfew"),
        (judged(observed=True), "admitted dog 0.93 only observed"),
        (judged(replayed=True), "admitted dog 0.93 told late"),
        (
            event("animal_waiting", species="dog", times=3, within_seconds=600),
            "dog seen 3 times within 10 min",
        ),
        (event("door_unlocked", cause="button", way="out"), "unlocked by button"),
        (event("door_locked", reason="time is up", unlocked_seconds=4.23), "locked 4.2 s time is up"),
        (event("emergency", hold_seconds=120), "EMERGENCY 2 min called"),
        (event("coil_hot", wait_seconds=30), "coil hot 30 s must cool"),
        (event("clock_jumped", jump_seconds=-3600), "clock set 1 h 0 min back"),
        (event("setting_changed", setting="mode", value="observe"), "set mode observe"),
        (event("events_dropped", count=12, reason="too old"), "dropped 12 events too old"),
        (event("moon_rose", reason="it is late"), "moon rose it is late"),
    ],
)
def test_an_event_is_a_line_of_what_whom_and_why(told, words):
    assert words in " ".join(seen(usual(("event", told))).split())


@pytest.mark.parametrize(
    ("lock", "words"),
    [
        ("UNLOCKED", "UNLOCKED, EMERGENCY"),
        ("LOCKED", "LOCKED, EMERGENCY: the coil must cool"),
        ("JAMMED", "JAMMED, EMERGENCY: the coil must cool"),
        ("", "UNKNOWN, EMERGENCY"),
    ],
)
def test_an_emergency_with_the_bolt_down_is_told_with_its_reason(lock, words):
    door = usual(("lock/state", lock), ("emergency/state", "ON")).doors["back"]
    assert bolt(door) == (words, Tone.ALARM)


def test_the_newest_event_stands_on_top_with_its_time_and_an_older_day_is_named():
    old = event("door_locked", number=1, at="2026-11-20T08:00:00Z")
    page = seen(usual(("event", old), ("event", judged(number=2))))
    assert page.index("16:49:15") < page.index("20 Nov 08:00")


def test_a_silent_door_is_said_to_be():
    assert "silent for 3 min" in seen(usual(), now=300)


def test_a_broker_that_is_lost_is_said_with_its_reason():
    lost = Link(is_up=False, since=91, was_up=True, reason="Connection refused")
    assert "broker lost 12 s ago, trying again: Connection refused" in seen(usual(), link=lost)
    never = replace(lost, was_up=False, reason="")
    assert "broker not reached for 12 s, trying again" in seen(House(), link=never)


def test_before_any_door_has_spoken_that_is_said():
    assert "no door has told anything below petdoor/ yet" in seen(House())


@pytest.mark.parametrize(("width", "beside"), [(80, 1), (160, 2), (240, 3)])
def test_doors_stand_side_by_side_where_there_is_room(width, beside):
    page = seen(several(3), width=width, height=45)
    assert page.splitlines()[1].count("╭") == beside
    assert all(f"door{number}" in page for number in range(3))


@pytest.mark.parametrize("width", [20, 40, 80, 133, 160])
@pytest.mark.parametrize("height", [8, 24, 45])
@pytest.mark.parametrize("count", [1, 3, 7])
def test_the_view_never_outgrows_the_terminal(width, height, count):
    lines = seen(several(count), width=width, height=height).splitlines()
    assert len(lines) <= height
    assert max(map(len, lines)) <= width


def test_doors_without_room_are_named():
    page = seen(several(7), width=80, height=24)
    assert "no room here for door4, door5, door6; --door shows one" in page


def test_a_small_panel_keeps_the_bolt_the_problem_and_the_last_event():
    troubled = usual(
        ("problem/attributes", {"reasons": {"camera": REASON}}), ("problem/state", "ON"), ("event", judged())
    )
    page = seen(troubled, height=6)
    assert all(words in page for words in ("LOCKED", REASON, "admitted"))


def test_the_bolt_has_a_colour_unless_colours_are_unwanted():
    assert "\x1b[1;7;32m LOCKED " in drawn(usual(), color_system="standard")
    assert "\x1b[1;7m LOCKED " in drawn(usual(), color_system="standard", no_color=True)


def test_markup_of_strangers_is_shown_and_not_obeyed():
    told = {"reasons": {"[red]camera": "[blink]:dog: [/]"}}
    page = drawn(usual(("problem/attributes", told), ("problem/state", "ON")))
    assert "! [red]camera: [blink]:dog: [/]" in page


def steering(page):
    """The characters on it that steer a terminal."""
    return [c for c in page.replace("\n", "") if unicodedata.category(c).startswith("C")]


@given(messages=STREAM)
def test_no_bytes_on_any_topic_put_control_characters_on_the_screen(messages):
    assert steering(seen(house_of(*messages, house=usual()))) == []


STEERING = st.text(st.characters(categories=["Cc", "Cf", "Cs", "Co", "Zl", "Zp", "Lu"]), max_size=8)


@given(word=STEERING)
def test_no_word_of_a_stranger_steers_the_terminal(word):
    told = usual(
        ("event", judged(species=word, vetoed_by=word, held_by=word)),
        ("event", event(f"{word}?", number=2, reason=word)),
        ("problem/attributes", {"reasons": {word: word}}),
        ("problem/state", "ON"),
        ("info", {"version": word, "latch": word}),
    )
    assert steering(seen(told)) == []
    assert steering(state_line(told.doors["back"])) == []


def test_the_screen_is_given_back_as_it_was():
    paper = Console(width=80, height=24, force_terminal=True, file=io.StringIO())
    with Screen(paper, title="broker:1883") as screen:
        screen.show(usual(), UP, now=103, today=TODAY)
    page = paper.file.getvalue()
    assert page.index("\x1b[?1049h") < page.index(" LOCKED ") < page.index("\x1b[?1049l")
