import json
import os

import pytest

from petdoor.mqtt.recollection import Recollection


def judged(number, species="dog"):
    return {"event_type": "animal_admitted", "verdict": "admit", "species": species, "number": number}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "recent.json"


def test_the_last_twenty_events_are_known_after_a_restart(path):
    before = Recollection(path)
    for number in range(25):
        before.add(judged(number))
    before.keep()
    assert Recollection(path).events == before.events == [judged(number) for number in range(5, 25)]


def test_who_was_judged_last_is_known_though_other_things_happened_since(path):
    before = Recollection(path)
    for event in (judged(1), judged(2, "cat"), {"event_type": "door_locked"}):
        before.add(event)
    before.keep()
    assert Recollection(path).last_species == "cat"


def test_nobody_was_there_yet(path):
    assert (Recollection(path).events, Recollection(path).last_species) == ([], None)


@pytest.mark.parametrize("content", ["", "{", "7", "[1, 2]", '{"a": 1}', "[" * 100_000])
def test_a_file_that_makes_no_sense_is_as_good_as_none(path, content):
    path.write_text(content)
    assert Recollection(path).events == []


def test_a_file_that_is_not_read_in_time_is_as_good_as_none(path):
    os.mkfifo(path)  # reading it lasts until somebody writes
    recollection = Recollection(path, give_up_seconds=0.01)
    path.write_text(json.dumps([judged(1)]))
    recollection.add(judged(2))
    assert recollection.events == [judged(2)]


def test_an_event_that_lacks_its_species_is_left_out(path):
    path.write_text(json.dumps([{"verdict": "admit"}, judged(1)]))
    assert Recollection(path).events == [judged(1)]


def test_a_folder_that_is_not_there_is_no_reason_to_stop(tmp_path):
    recollection = Recollection(tmp_path / "nowhere" / "recent.json")
    recollection.add(judged(1))
    recollection.keep()
    assert recollection.last_species == "dog"
