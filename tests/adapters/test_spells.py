import json
import logging
from pathlib import Path

import pytest

from petdoor.adapters.spells import RememberingLatch, coil_file, ended
from petdoor.core.contacts import Way
from petdoor.core.heat import Spell
from tests.fakes import FakeClock, RecordingLatch


@pytest.fixture
def path(tmp_path):
    return tmp_path / "coil.json"


def remembering(path, clock, latch=None):
    return RememberingLatch(latch or RecordingLatch(), path, window_seconds=600.0, clock=clock)


def test_a_new_machine_has_a_cold_coil(path):
    assert remembering(path, FakeClock()).spells == ()


def test_the_bolt_moves_as_it_is_told(path):
    inner = RecordingLatch()
    latch = remembering(path, FakeClock(), inner)
    latch.unlock()
    latch.lock()
    latch.close()
    assert inner.commands == ["unlock", "lock", "lock", "close"]


def test_a_door_started_afresh_knows_when_the_coil_was_energised(path):
    clock = FakeClock(1000.0)
    latch = remembering(path, clock)
    latch.unlock()
    clock.advance(5)
    latch.lock()
    clock.advance(10)
    assert remembering(path, clock).spells == (Spell(1000.0, 1005.0, Way.IN),)


def test_a_door_that_was_killed_while_open_is_taken_to_have_been_energised_until_now(path):
    clock = FakeClock(1000.0)
    remembering(path, clock).unlock(Way.OUT)
    clock.advance(30)
    assert remembering(path, clock).spells == (Spell(1000.0, 1030.0, Way.OUT),)


def test_a_door_that_was_killed_while_open_is_taken_to_have_been_energised_until_the_first_start_after(path):
    clock = FakeClock(1000.0)
    remembering(path, clock).unlock()
    clock.advance(30)
    remembering(path, clock)
    clock.advance(300)
    assert remembering(path, clock).spells == (Spell(1000.0, 1030.0, Way.IN),)


def test_a_door_that_was_killed_while_open_and_locked_by_another_was_energised_until_then(path):
    clock = FakeClock(1000.0)
    latch = remembering(path, clock)
    for _ in range(2):
        latch.lock()
        latch.unlock(Way.OUT)
        clock.advance(5)
    ended(path, clock)
    clock.advance(500)
    assert remembering(path, clock).spells == (
        Spell(1000.0, 1005.0, Way.OUT),
        Spell(1005.0, 1010.0, Way.OUT),
    )


def test_where_nothing_is_remembered_nothing_is_ended(path, caplog):
    ended(path)
    assert (path.exists(), caplog.text) == (False, "")


@pytest.mark.parametrize("content", ["", "[1, 2]", '[["a", "b"]]', "7", b"\xff"])
def test_a_file_that_makes_no_sense_is_left_alone_by_whoever_would_end_its_spell(path, content, caplog):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = path.read_bytes()
    ended(path)
    assert path.read_bytes() == before
    assert "energised until then" in caplog.text


def test_only_a_service_remembers():
    assert coil_file({}) is None
    assert coil_file({"RUNTIME_DIRECTORY": "/run/petdoor:/run/other"}) == Path("/run/petdoor/coil.json")


def test_a_bolt_that_is_drawn_the_other_way_meanwhile_was_drawn_that_way_all_the_time(path):
    clock = FakeClock(1000.0)
    latch = remembering(path, clock)
    latch.unlock(Way.IN)
    clock.advance(3)
    latch.unlock(Way.OUT)
    clock.advance(2)
    assert remembering(path, clock).spells == (Spell(1000.0, 1005.0, Way.OUT),)
    latch.lock()
    assert remembering(path, clock).spells == (Spell(1000.0, 1005.0, Way.OUT),)


def test_a_file_that_knows_of_no_way_is_read_and_kept(path):
    clock = FakeClock(1000.0)
    path.write_text(json.dumps([[980.0, 985.0], [990.0, None]]))
    for _ in range(2):
        latch = remembering(path, clock)
        assert latch.spells[:2] == (Spell(980.0, 985.0), Spell(990.0, 1000.0))
        latch.unlock()
        latch.lock()


def test_what_was_once_known_is_kept_for_the_next_start_too(path):
    clock = FakeClock(1000.0)
    remembering(path, clock).unlock()
    clock.advance(30)
    again = remembering(path, clock)
    again.unlock()
    clock.advance(5)
    again.lock()
    assert remembering(path, clock).spells == (
        Spell(1000.0, 1030.0, Way.IN),
        Spell(1030.0, 1035.0, Way.IN),
    )


def test_what_has_cooled_is_forgotten(path):
    clock = FakeClock(1000.0)
    latch = remembering(path, clock)
    latch.unlock()
    clock.advance(5)
    latch.lock()
    clock.advance(601)
    assert remembering(path, clock).spells == ()


def test_a_file_from_before_the_machine_was_started_is_not_believed(path):
    path.write_text(json.dumps([[90_000.0, 90_005.0]]))
    assert remembering(path, FakeClock(1000.0)).spells == ()


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", '[["a", "b"]]', '[[1, 2, "up"]]', "7"])
def test_a_file_that_makes_no_sense_is_told_of_and_the_door_works(path, content, caplog):
    path.write_text(content)
    latch = remembering(path, FakeClock())
    latch.unlock()
    assert latch.spells == ()
    assert "cannot be known" in caplog.text


def test_a_folder_that_takes_nothing_is_told_of_once_and_the_bolt_moves(tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    inner = RecordingLatch()
    latch = remembering(tmp_path / "absent" / "coil.json", FakeClock(), inner)
    for _ in range(3):
        latch.unlock()
        latch.lock()
    assert inner.commands == ["unlock", "lock"] * 3
    assert caplog.text.count("will not know how warm") == 1
