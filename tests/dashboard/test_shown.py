"""What the dashboard shows of a door, in a real browser behind a real broker."""

from contextlib import closing

import pytest

from petdoor.pictures import encode_jpeg
from petdoor.scene.scene import Scene
from petdoor.scene.weather import CALM
from tests.dashboard.stand_in import StandIn, event


@pytest.fixture(scope="module")
def picture():
    """The drawn yard, as a JPEG."""
    return encode_jpeg(Scene(seed=2, visits=2, weather=CALM).picture(1.0))


def test_a_newcomer_sees_states_decisions_and_picture_at_once(page, door, picture):
    door.tell("recent", [event(3), event(4, "animal_kept_in", species="cat")])
    door.tell("snapshot/last", picture)
    page.enter("back")
    page.shows(".picture img")
    page.says(".event .title", "Dog let in")
    assert page.texts(".bolt-word strong") == ["Locked"]
    assert page.texts(".event .title") == ["Cat kept in", "Dog let in"]
    assert page.texts(".pill span") == ["online", "camera sees", "nothing moves"]
    assert page.texts(".reported") == ["0.68"]
    assert page.complaints() == []


def test_a_decision_is_seen_as_it_falls(page, door):
    page.enter("back")
    door.happens(event(7))
    page.says(".event .title", "Dog let in")
    assert page.texts(".event .detail") == ["0.95 in 4 of 5 frames"]


def test_a_cat_beside_the_dog_is_said_to_be_the_reason(page, door):
    page.enter("back")
    door.happens(event(7, "animal_refused", vetoed_by="cat"))
    page.says(".event .title", "Cat beside the dog: kept locked")


def test_what_was_only_observed_is_told_as_what_would_have_been(page, door):
    page.enter("back")
    door.happens(event(7, observed=True))
    page.says(".event .title", "Dog would have been let in")


def test_an_event_that_comes_in_three_ways_is_shown_once_and_marked_late(page, door):
    page.enter("back")
    door.tell("recent", [event(5)])
    door.happens(event(5), event(5, replayed=True), event(6, "door_locked", unlocked_seconds=5.0))
    page.says(".event .title", "Locked after 5 s")
    page.says(".told-late", "told late")
    assert page.texts(".event .title") == ["Locked after 5 s", "Dog let in"]


def test_what_is_told_late_stands_where_it_belongs_in_time(page, door):
    page.enter("back")
    door.happens(event(9, "animal_kept_in", species="cat"), event(4, replayed=True))
    page.says(".event .title", "Dog let in")
    assert page.texts(".event .title") == ["Cat kept in", "Dog let in"]


def test_a_bolt_that_moves_is_seen_to_move(page, door):
    page.enter("back")
    for state, word in (("UNLOCKED", "Unlocked"), ("JAMMED", "Jammed"), ("LOCKED", "Locked")):
        door.tell("lock/state", state)
        page.says(".bolt-word strong", word)


def test_the_bolt_does_not_wait_for_a_picture_to_come_through(page, door, picture):
    page.enter("back")
    door.tell("snapshot/last", picture + bytes(300_000))
    door.tell("lock/state", "UNLOCKED")
    page.until(lambda: page.texts(".bolt-word strong") == ["Unlocked"])
    assert not page.seen(".picture img")
    page.shows(".picture img")


def test_the_words_below_a_picture_are_those_of_the_animal_in_it(page, door, picture):
    door.tell("recent", [event(3), event(4, "animal_refused", species="other")])
    door.tell("snapshot/last", picture)
    page.enter("back")
    page.says("figcaption", "Dog let in, ")


def test_a_picture_is_seen_as_it_comes(page, door, picture):
    door.tell("recent", [event(3)])
    page.enter("back")
    page.says(".event .title", "Dog let in")
    door.tell("snapshot", picture)
    page.shows(".picture img")


def test_problems_are_told_in_words_as_long_as_they_last(page, door):
    page.enter("back")
    door.tell("problem/attributes", {"reasons": {"camera": "the picture is black"}})
    door.tell("problem/state", "ON")
    page.says(".problems li", "Camera: the picture is black")
    door.tell("problem/state", "OFF")
    page.until(lambda: not page.seen(".problems"))


def test_figures_are_told_with_their_units(page, door):
    page.enter("back")
    door.tell("stats", {"uptime_seconds": 7500, "fps": 9.8, "infer_ms_p50": 41.3, "temperature_c": 48.2})
    page.says(".figures", "48.2 °C")
    told = page.texts(".figures span")
    assert told[:4] == ["9.8 pictures a second", "41.3 ms to judge one", "48.2 °C", "up 2 h 5 min"]


def test_the_address_of_a_picture_is_given_back_once_it_is_shown(page, door, picture):
    page.enter("back")
    door.tell("snapshot/last", picture)
    page.shows(".picture img")
    again = """const [done] = arguments, again = new Image();
        again.onload = () => done("still there"); again.onerror = () => done("gone");
        again.src = document.querySelector(".picture img").src;"""
    page.until(lambda: page.browser.execute_async_script(again) == "gone")


@pytest.mark.usefixtures("door")
def test_every_door_below_the_base_has_a_card(page, broker):
    with closing(StandIn(broker.port, door="side", lock__state="UNLOCKED")):
        page.enter("back", "side")
        assert page.texts(".name") == ["back", "side"]
        assert page.texts(".bolt-word strong") == ["Locked", "Unlocked"]


def test_a_door_that_is_taken_back_has_none_any_more(page, door):
    page.enter("back")
    door.tell("availability", "")
    page.says("#nothing", "petdoor/")
    assert page.texts(".name") == []


def test_another_base_comes_with_the_address(page, broker):
    with closing(StandIn(broker.port, door="barn", base="farm/doors")):
        page.enter("barn", query="?base=farm/doors")
        assert page.texts(".name") == ["barn"]


def test_a_door_that_goes_offline_is_shown_as_last_known_and_cannot_be_asked(page, door):
    page.enter("back")
    door.vanish()
    page.says(".last-known", "the door is offline")
    assert page.texts('.pill[data-part="availability"] span') == ["offline"]
    assert page.texts(".bolt-word strong") == ["Locked"]
    assert not any(button.is_enabled() for button in page.all("fieldset button"))


def emergency_words(page):
    return [*page.texts(".bolt-note"), *page.texts(".emergency .hint")]


def test_an_emergency_is_said_to_hold_the_door_open_only_while_the_bolt_is_drawn(page, door):
    door.tell("lock/state", "UNLOCKED")
    door.tell("emergency/state", "ON")
    page.enter("back")
    page.says(".bolt-note", "Emergency")
    assert emergency_words(page) == ["Emergency: held open", "Held open."]
    for state, word in (("LOCKED", "Locked"), ("JAMMED", "Jammed")):
        door.tell("lock/state", state)
        page.says(".bolt-word strong", word)
        assert all("he bolt is down, the coil must cool" in words for words in emergency_words(page))


def test_of_a_door_that_is_away_nobody_says_that_an_emergency_holds_it_open(page, door):
    door.tell("lock/state", "UNLOCKED")
    door.tell("emergency/state", "ON")
    page.enter("back")
    door.vanish()
    page.says(".last-known", "the door is offline")
    unknown = "hether the door is open is not known"
    assert emergency_words(page) == [f"Emergency: w{unknown}", f"W{unknown}."]


def test_a_call_of_an_emergency_is_told_as_a_call(page, door):
    page.enter("back")
    door.happens(event(7, "emergency", hold_seconds=120.0))
    page.says(".event .title", "Emergency")
    assert page.texts(".event .detail") == ["called for 2 min"]


def titled(page):
    """What the title of the tab says of each door."""
    return set(page.browser.title.removesuffix(" \N{EN DASH} petdoor").split(", "))


def test_the_title_tells_the_bolt_of_a_door_that_is_there_and_of_no_other(page, broker, door):
    with closing(StandIn(broker.port, door="side", lock__state="UNLOCKED")):
        page.enter("back", "side")
        page.until(lambda: titled(page) == {"back locked", "side unlocked"})
        door.vanish()
        page.until(lambda: titled(page) == {"back offline", "side unlocked"})


def overhang(page, width, scheme):
    """Pixels by which the page is wider than such a screen."""
    preference = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", preference)
    page.resize(width, 844)
    script = "const page = document.documentElement; return page.scrollWidth - page.clientWidth"
    return page.browser.execute_script(script)


def test_nothing_reaches_over_the_edge_of_the_screen(page, door, picture):
    door.tell("snapshot/last", picture)
    door.tell("lock/state", "UNLOCKED")
    door.tell("recent", [event(1, "camera_lost", reason="x" * 200), event(2)])
    page.enter("back")
    page.shows(".picture img")
    screens = [(width, scheme) for width in (360, 390, 768, 1280) for scheme in ("light", "dark")]
    assert {screen: overhang(page, *screen) for screen in screens} == dict.fromkeys(screens, 0)
    assert page.complaints() == []
