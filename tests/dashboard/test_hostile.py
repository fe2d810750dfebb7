"""Whatever comes over the wire is text, and what is no word of the contract is as if it had not been said."""

import json

from tests.dashboard.stand_in import STATES, event

HTML = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


def settled(page, door):
    """Until all that was told before has been heard, on either line: a broker keeps the order."""
    door.happens(event(59, "coil_cooled"))
    door.tell("recent", [event(58, "flap_freed")])
    page.says(".event .title", "The coil has cooled")
    page.says(".event .title", "The flap is closed again")


def test_html_is_shown_as_it_is_written_and_never_runs(page, door):
    page.enter("back")
    door.tell("problem/attributes", {"reasons": {HTML: HTML}})
    door.tell("problem/state", "ON")
    door.tell("info", {"version": HTML, "backbone": HTML})
    door.happens(event(1, species=HTML, message=HTML), event(2, "door_locked", reason=HTML))
    settled(page, door)
    assert HTML in page.texts(".problems li")[0]
    assert page.all(".card script, .card img[src='x']") == []
    assert "owned" not in page.browser.title
    assert page.complaints() == []


MEANINGLESS = [
    '{"broken": ',
    "[]",
    "null",
    "42",
    '"text"',
    "[[1], null, {}, 7]",
    '{"reasons": [1], "species": {}, "transaction": {}}',
    "[" * 20_000,
    b"\xff\xfe\x00\xd8",
    b"\xff\xd8\xff but no picture",
]
PARTS = [
    *(part for part in STATES if part != "availability"),
    *("event", "event/replayed", "stats", "snapshot", "snapshot/last", "model/state", "response/lock"),
    *("constructor", "__proto__", "a/b/c"),
]


def test_a_payload_that_means_nothing_changes_nothing(page, door):
    page.enter("back")
    settled(page, door)
    for part in PARTS:
        for payload in MEANINGLESS:
            door.tell(part, payload, retain=False)
    door.tell("recent", [event(1)])
    door.tell("lock/state", "UNLOCKED")
    page.says(".event .title", "Dog let in")
    page.says(".bolt-word strong", "Unlocked")
    assert page.texts(".reported") == ["0.68"]
    assert len(page.texts(".event")) == 3
    assert not page.seen(".picture")
    assert page.complaints() == []


def test_an_event_whose_fields_are_of_wrong_types_is_told_as_far_as_it_goes(page, door):
    page.enter("back")
    for row, wrong in enumerate((None, 7, "text", [], {}, True, 1e308, "x" * 500)):
        judged = dict.fromkeys(("species", "confidence", "agree", "frames", "vetoed_by", "message"), wrong)
        others = dict.fromkeys(("reason", "part", "unlocked_seconds", "cause", "value", "count"), wrong)
        kinds = (
            "animal_admitted",
            "animal_held_back",
            "door_locked",
            "door_unlocked",
            "problem_found",
            "odd",
        )
        door.happens(*(event(6 * row + i, kind, **judged, **others) for i, kind in enumerate(kinds)))
    settled(page, door)
    page.says(".more", "Show all 50")
    assert page.complaints() == []


def test_of_a_huge_list_the_newest_are_taken(page, door):
    page.enter("back")
    door.tell("recent", [event(number, ts=f"2026-11-22T12:00:00.{number:04}Z") for number in range(300)])
    page.says(".more", "Show all 50")
    page.click(".more")
    assert len(page.texts(".event")) == 50


def test_of_a_list_with_odd_items_the_good_ones_are_taken(page, door):
    page.enter("back")
    door.tell(
        "recent", [None, 7, event(1), {}, event(2, id=7), event(3, ts="never"), event(4, replayed="yes")]
    )
    page.says(".event .title", "Dog let in")
    assert [row.get_attribute("data-id") for row in page.all(".event")] == ["e4", "e1"]


def test_topics_that_are_no_doors_make_no_cards(page, door):
    door.tell("../we ird/availability", "online", retain=True)
    door.tell("deeper/availability", "online", retain=True)
    page.enter("back")
    settled(page, door)
    assert page.texts(".name") == ["back"]


def test_a_list_that_is_no_list_leaves_the_timeline_as_it_was(page, door):
    door.tell("recent", [event(3)])
    page.enter("back")
    page.says(".event .title", "Dog let in")
    door.tell("recent", json.dumps({"length": 3}))
    settled(page, door)
    assert page.texts(".event .title")[2:] == ["Dog let in"]
