"""The outbox: what was put and not removed, whatever happens to the process, the disk or the clock."""

import itertools
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from petdoor.mqtt.outbox import Outbox
from petdoor.mqtt.outboxfile import OutboxFile, Part, Row

ALL = 10**6
PUTTING = """
import itertools, sys, threading
from pathlib import Path
from petdoor.mqtt.outbox import Outbox

outbox = Outbox(Path(sys.argv[1]), keep_seconds=1e9, keep_events=10**6, patience_seconds=60.0)


def tidy():
    while True:
        outbox.tidy()


if sys.argv[2] == "tidied":
    threading.Thread(target=tidy, daemon=True).start()
for n in itertools.count():
    outbox.put({"n": n})
    print(n, flush=True)
"""


class Clock:
    def __init__(self, now=1_800_000_000.0):
        self.now = now

    def __call__(self):
        return self.now


def outbox_at(path, **wanted):
    """One that waits for this machine's disk, however busy that is."""
    return Outbox(path, **{"keep_seconds": 1e9, "keep_events": 10**5, "patience_seconds": 60.0, **wanted})


def put(outbox, *values):
    for value in values:
        outbox.put({"n": value})


def held(outbox):
    return [payload["n"] for _, payload in outbox.after(0, ALL)]


def numbers(outbox):
    return [number for number, _ in outbox.after(0, ALL)]


def levels(caplog):
    return [record.levelname for record in caplog.records if record.name.startswith("petdoor")]


def kept_at(path, values):
    """A closed outbox that holds these."""
    with closing(outbox_at(path)) as outbox:
        put(outbox, *values)
        return outbox.newest


def on_disk(path):
    with closing(sqlite3.connect(path)) as db:
        return [number for (number,) in db.execute("SELECT number FROM events ORDER BY number")]


def damage(path, start, content):
    with path.open("r+b") as file:
        file.seek(start)
        file.write(content)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "outbox.db"


@pytest.fixture
def outbox(path):
    with closing(outbox_at(path)) as outbox:
        yield outbox


@pytest.fixture
def disk(tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "disk", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk, *, spare=0):
    """Leave so many bytes; gives the file that takes the others."""
    filler = disk / "somebody-elses"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    filler.write_bytes(bytes(free - spare))
    return filler


def put_until_it_complains(outbox):
    """As many as the disk takes, and five that it does not; gives all that ever were put."""
    put(outbox, *range(10))
    outbox.tidy()
    for n in itertools.takewhile(lambda _: not outbox.fault, itertools.count(10)):
        put(outbox, n)
    last = held(outbox)[-1]
    put(outbox, *range(last + 1, last + 5))
    return list(range(last + 5))


def test_what_is_put_comes_out_as_it_was_and_in_order(outbox):
    outbox.put({"event_type": "door_locked", "nested": {"dog": [0.5, None]}, "name": "Strolch \u00e4\ud83d"})
    put(outbox, 2, 3)
    first, second, third = outbox.after(0, ALL)
    assert first.payload == {
        "event_type": "door_locked",
        "nested": {"dog": [0.5, None]},
        "name": "Strolch \u00e4\ud83d",
    }
    assert first.number < second.number < third.number == outbox.newest


def test_no_more_come_out_than_asked_for_and_only_those_after_the_number(outbox):
    put(outbox, *range(5))
    second = numbers(outbox)[1]
    assert [payload["n"] for _, payload in outbox.after(second, 2)] == [2, 3]
    assert outbox.after(outbox.newest, ALL) == outbox.after(0, 0) == []


def test_what_is_removed_does_not_come_out_again(outbox):
    put(outbox, 1, 2, 3)
    outbox.remove(numbers(outbox)[1])
    outbox.remove(999)
    assert held(outbox) == [1, 3]
    assert len(outbox) == 2


def test_a_restart_changes_nothing(path):
    kept_at(path, [1, 2, 3])
    with closing(outbox_at(path)) as outbox:
        assert held(outbox) == [1, 2, 3]
        assert not outbox.fault


def test_numbers_grow_even_after_everything_was_removed_and_a_restart(path):
    with closing(outbox_at(path)) as outbox:
        put(outbox, 1, 2)
        last = outbox.newest
        for number in numbers(outbox):
            outbox.remove(number)
    with closing(outbox_at(path)) as outbox:
        assert outbox.newest >= last
        put(outbox, 3)
        assert numbers(outbox)[0] > last


def test_only_its_owner_may_read_the_file_and_what_belongs_to_it(tmp_path):
    folder = tmp_path / "not" / "yet"
    with closing(outbox_at(folder / "outbox.db")) as outbox:
        put(outbox, 1)
        found = {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}
    assert found == dict.fromkeys(["outbox.db", "outbox.db-wal", "outbox.db-shm"], 0o600)


def test_a_file_that_others_could_read_is_closed_to_them(path):
    path.touch(mode=0o644)
    outbox_at(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_without_a_path_all_is_kept_in_memory(tmp_path):
    outbox = outbox_at(None, keep_events=3)
    put(outbox, *range(5))
    outbox.remove(numbers(outbox)[0])
    outbox.tidy()
    outbox.close()
    assert held(outbox) == [3, 4]
    assert (len(outbox), outbox.dropped(), outbox.fault) == (2, 2, "")
    assert not list(tmp_path.iterdir())


def test_an_event_that_is_no_json_costs_nothing_but_itself(outbox, caplog):
    circle = {}
    circle["circle"] = circle
    outbox.put(circle)
    outbox.put({("no", "key"): 1})
    outbox.put({"n": Path("a/path")})
    assert held(outbox) == ["a/path"]
    assert caplog.text.count("no JSON") == 2


@pytest.mark.parametrize("how", ["tidied", "untidied"])
@pytest.mark.parametrize("printed", [1, 40, 700])
def test_what_was_put_outlives_kill_9(path, printed, how):
    command = [sys.executable, "-c", PUTTING, str(path), how]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as door:
        for _ in range(printed):
            door.stdout.readline()
        door.send_signal(signal.SIGKILL)
        rest = door.stdout.read().split(b"\n")[:-1]
    told = printed + len(rest)
    with closing(outbox_at(path)) as outbox:
        assert not outbox.fault
        assert held(outbox)[:told] == list(range(told))
        assert len(outbox) <= told + 1


def test_two_threads_at_once_lose_nothing_and_keep_the_order(outbox):
    taken = []
    is_over = threading.Event()

    def take():
        while not is_over.is_set() or len(outbox):
            for number, payload in outbox.after(0, 20):
                taken.append(payload["n"])
                outbox.remove(number)
            outbox.tidy()

    taker = threading.Thread(target=take)
    taker.start()
    put(outbox, *range(3000))
    is_over.set()
    taker.join()
    assert taken == list(range(3000))


def test_tidying_empties_the_log(path, outbox):
    put(outbox, *range(500))
    log = path.with_name("outbox.db-wal")
    assert log.stat().st_size > 10**6
    outbox.tidy()
    assert log.stat().st_size == 0
    assert held(outbox) == list(range(500))


def test_of_too_many_the_oldest_are_dropped_and_counted(path):
    with closing(outbox_at(path, keep_events=250)) as outbox:
        put(outbox, *range(500))
        outbox.tidy()
        assert held(outbox) == list(range(250, 500))
        assert outbox.dropped() == 250


def test_the_count_of_the_dropped_outlives_a_restart_until_it_was_told(path):
    with closing(outbox_at(path, keep_events=3)) as outbox:
        put(outbox, *range(10))
        outbox.tidy()
    with closing(outbox_at(path)) as outbox:
        assert outbox.dropped() == 7
        outbox.dropped_told(5)
    with closing(outbox_at(path)) as outbox:
        assert outbox.dropped() == 2


@pytest.mark.parametrize("name", ["outbox.db", None])
def test_the_too_old_are_dropped_but_for_the_newest_hundred(tmp_path, name):
    clock = Clock()
    with closing(outbox_at(name and tmp_path / name, keep_seconds=60.0, wall_clock=clock)) as outbox:
        put(outbox, *range(150))
        clock.now += 59.0
        put(outbox, *range(150, 180))
        clock.now += 2.0
        outbox.tidy()
        assert held(outbox) == list(range(80, 180))
        assert outbox.dropped() == 80


def test_those_young_enough_stay_however_many_are_newer(path):
    clock = Clock()
    with closing(outbox_at(path, keep_seconds=60.0, wall_clock=clock)) as outbox:
        put(outbox, *range(50))
        clock.now += 61.0
        put(outbox, *range(50, 250))
        outbox.tidy()
        assert held(outbox) == list(range(50, 250))


def test_a_clock_that_goes_back_drops_nothing(path):
    clock = Clock()
    with closing(outbox_at(path, keep_seconds=60.0, wall_clock=clock)) as outbox:
        put(outbox, *range(150))
        clock.now = 0.0
        outbox.tidy()
        assert len(outbox) == 150


def test_a_clock_set_years_ahead_leaves_the_newest_hundred(path):
    clock = Clock(0.0)
    with closing(outbox_at(path, keep_seconds=60.0, wall_clock=clock)) as outbox:
        put(outbox, *range(90))
        clock.now = 1_800_000_000.0
        outbox.tidy()
        assert held(outbox) == list(range(90))


def test_while_another_holds_the_file_events_wait_in_memory_and_then_go_to_disk_in_order(path, outbox):
    put(outbox, 0)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        put(outbox, 1, 2)
        assert (held(outbox), outbox.fault) == ([0, 1, 2], "")
        other.execute("ROLLBACK")
    put(outbox, 3)
    assert on_disk(path) == numbers(outbox)
    assert held(outbox) == [0, 1, 2, 3]


def test_a_file_that_another_holds_for_long_is_a_fault_until_it_lets_go(path, outbox):
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        put(outbox, 1)
        outbox.tidy()
        assert "locked" in outbox.fault
    outbox.tidy()
    assert not outbox.fault
    assert on_disk(path) == numbers(outbox)


def test_what_another_door_wrote_into_the_same_file_is_kept_beside_ours(path, outbox):
    put(outbox, 1)
    with closing(outbox_at(path)) as other:
        put(other, 2)
        put(outbox, 3)
        outbox.tidy()
    assert not outbox.fault
    assert sorted(held(outbox)) == [1, 2, 3]


def test_a_folder_that_cannot_be_made_is_complained_of_once_and_the_newest_are_kept(tmp_path, caplog):
    (tmp_path / "state").touch()
    outbox = outbox_at(tmp_path / "state" / "outbox.db", keep_events=5)
    put(outbox, *range(8))
    outbox.tidy()
    assert held(outbox) == [3, 4, 5, 6, 7]
    assert outbox.dropped() == 3
    assert "cannot keep events on disk" in outbox.fault
    outbox.close()
    assert levels(caplog) == ["WARNING", "WARNING"]
    assert "gave up on 5 events" in caplog.text


def test_what_memory_held_is_written_as_soon_as_the_folder_can_be_made(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    (tmp_path / "state").touch()
    path = tmp_path / "state" / "outbox.db"
    with closing(outbox_at(path)) as outbox:
        put(outbox, *range(250))
        outbox.remove(numbers(outbox)[0])
        before = numbers(outbox)
        (tmp_path / "state").unlink()
        outbox.tidy()
        assert on_disk(path) == numbers(outbox) == before
        assert not outbox.fault
    assert levels(caplog) == ["WARNING", "INFO"]


@pytest.mark.parametrize("now", [0.0, 1_800_000_000.0])
def test_what_the_disk_held_all_along_comes_before_what_memory_held(tmp_path, now):
    kept_at(tmp_path / "mounted-later" / "outbox.db", [1, 2, 3])
    (tmp_path / "state").touch()
    with closing(outbox_at(tmp_path / "state" / "outbox.db", wall_clock=Clock(now))) as outbox:
        put(outbox, 4, 5)
        (tmp_path / "state").unlink()
        (tmp_path / "mounted-later").rename(tmp_path / "state")
        outbox.tidy()
        put(outbox, 6)
        assert held(outbox) == [1, 2, 3, 4, 5, 6]


def test_a_path_that_is_a_folder_is_a_fault_in_words(path):
    path.mkdir()
    with closing(outbox_at(path)) as outbox:
        put(outbox, 1)
        assert "unable to open database file" in outbox.fault
        assert held(outbox) == [1]
        outbox.remove(outbox.newest)


def test_a_full_disk_costs_no_event(disk, caplog):
    caplog.set_level(logging.INFO)
    with closing(outbox_at(disk / "outbox.db")) as outbox:
        filler = fill(disk, spare=65536)
        every = put_until_it_complains(outbox)
        outbox.tidy()
        assert "full" in outbox.fault
        assert held(outbox) == every
        filler.unlink()
        outbox.tidy()
        assert not outbox.fault
    assert levels(caplog) == ["WARNING", "INFO"]
    with closing(outbox_at(disk / "outbox.db")) as outbox:
        assert held(outbox) == every


def test_what_is_removed_while_the_disk_is_full_stays_removed(disk):
    with closing(outbox_at(disk / "outbox.db")) as outbox:
        filler = fill(disk, spare=65536)
        last = put_until_it_complains(outbox)[-1]
        for number in numbers(outbox)[:-1]:
            outbox.remove(number)
        assert (held(outbox), len(outbox)) == ([last], 1)
        filler.unlink()
    with closing(outbox_at(disk / "outbox.db")) as outbox:
        assert held(outbox) == [last]


def test_a_disk_that_is_full_from_the_start_keeps_what_is_put_for_later(disk):
    filler = fill(disk)
    with closing(outbox_at(disk / "outbox.db")) as outbox:
        put(outbox, 1, 2)
        assert outbox.fault
        assert held(outbox) == [1, 2]
        filler.unlink()
    assert len(on_disk(disk / "outbox.db")) == 2


def test_a_read_only_disk_costs_no_event(disk):
    last = kept_at(disk / "outbox.db", [1, 2])
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    with closing(outbox_at(disk / "outbox.db", wall_clock=Clock(last))) as outbox:
        put(outbox, 3, 4)
        assert held(outbox) == [3, 4]
        assert numbers(outbox)[0] > last
        assert "Read-only file system" in outbox.fault
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        outbox.tidy()
        assert not outbox.fault
        assert held(outbox) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("start", "content"),
    [
        pytest.param(0, b"no database", id="the header"),
        pytest.param(4096 * 3, b"\xff" * 4096 * 5, id="pages in the middle"),
        pytest.param(4096 * 2, bytes(4096 * 20), id="pages of nothing"),
    ],
)
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(path, caplog, start, content):
    caplog.set_level(logging.INFO)
    last = kept_at(path, ["x" * 100] * 1000)
    damage(path, start, content)
    with closing(outbox_at(path, wall_clock=Clock(last))) as outbox:
        put(outbox, 1, 2)
        assert held(outbox) == [1, 2]
        assert numbers(outbox)[0] > last
        assert "moved it to outbox.db.broken and began a new one" in outbox.fault
        outbox.tidy()
        assert not outbox.fault
    assert path.with_name("outbox.db.broken").stat().st_size > 10**5
    assert levels(caplog) == ["WARNING", "INFO"]


def test_a_file_damaged_while_it_is_used_is_noticed_and_replaced(path, outbox):
    put(outbox, *["one that needs pages of its own" * 200] * 50)
    outbox.tidy()
    damage(path, 4096, b"\xff" * (path.stat().st_size - 4096))
    assert outbox.after(0, ALL) == []
    put(outbox, "new")
    assert "malformed" in outbox.fault
    outbox.tidy()
    assert "began a new one" in outbox.fault
    outbox.tidy()
    assert (held(outbox), outbox.fault, outbox.dropped()) == (["new"], "", 50)


def test_only_the_last_damaged_file_is_kept(path):
    for content in (b"an older one" * 100, b"the last one" * 100):
        path.write_bytes(content)
        outbox_at(path).close()
    assert path.with_name("outbox.db.broken").read_bytes() == b"the last one" * 100
    assert sorted(file.name for file in path.parent.iterdir()) == ["outbox.db", "outbox.db.broken"]


def test_the_file_of_a_later_petdoor_is_set_aside_rather_than_misread(path):
    kept_at(path, [1, 2])
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 2")
    with closing(outbox_at(path)) as outbox:
        assert held(outbox) == []
        assert "no outbox of version 1" in outbox.fault
    assert len(on_disk(path.with_name("outbox.db.broken"))) == 2


def test_the_database_of_another_program_is_set_aside_and_not_written_into(path):
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE recipes (name TEXT)")
    content = path.read_bytes()
    kept_at(path, [1])
    assert path.with_name("outbox.db.broken").read_bytes() == content


def test_a_file_whose_very_table_is_damaged_is_set_aside(path):
    kept_at(path, [1])
    at = path.read_bytes().index(b"payload TEXT")
    damage(path, at, b"\xff")
    with closing(outbox_at(path)) as outbox:
        put(outbox, 2)
        assert "began a new one" in outbox.fault
        assert on_disk(path) == numbers(outbox)


def test_a_file_taken_away_is_begun_anew_and_what_it_held_is_counted(path, outbox, caplog):
    put(outbox, 1, 2, 3)
    path.unlink()
    outbox.tidy()
    put(outbox, 4)
    assert "taken away" in caplog.text
    assert (held(outbox), outbox.fault, outbox.dropped()) == ([4], "", 3)
    assert on_disk(path) == numbers(outbox)


def test_an_event_that_can_no_longer_be_read_is_dropped_and_counted(path, outbox):
    put(outbox, 1, 2, 3)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE events SET payload = CAST(x'7bff' AS TEXT) WHERE payload LIKE '%2%'")
    assert held(outbox) == [1, 3]
    assert (len(outbox), outbox.dropped()) == (2, 1)


@settings(max_examples=30, deadline=None)
@given(flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1))
def test_whatever_is_damaged_nothing_raises_and_new_events_are_kept(flips):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "outbox.db"
        kept_at(path, range(200))
        size = path.stat().st_size
        for place, byte in flips:
            damage(path, int(place * size), bytes([byte]))
        with closing(outbox_at(path)) as outbox:
            held_before = numbers(outbox)
            put(outbox, "new")
            outbox.remove(next(iter(held_before), 0))
            outbox.tidy()
            outbox.tidy()
            assert outbox.after(0, ALL)[-1].payload == {"n": "new"}
            assert not outbox.fault


def test_closing_twice_is_closing_once_and_what_is_put_later_does_no_harm(path):
    outbox = outbox_at(path)
    put(outbox, 1)
    outbox.close()
    outbox.close()
    put(outbox, 2)
    outbox.tidy()
    assert len(on_disk(path)) == 1


class LikeAList(RuleBasedStateMachine):
    """An outbox and the list it should be."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.model = []
        self.count = 0
        self.dropped = 0
        self.newest = 0
        self.open()

    def open(self):
        self.outbox = outbox_at(Path(self.folder.name) / "outbox.db", keep_events=8)

    @rule()
    def put(self):
        self.count += 1
        self.outbox.put({"n": self.count})
        assert self.outbox.newest > self.newest
        self.newest = self.outbox.newest
        self.model.append((self.newest, {"n": self.count}))

    @rule(chance=st.randoms(use_true_random=False))
    def remove(self, chance):
        number = chance.choice([*(number for number, _ in self.model), self.newest + 1, 0])
        self.outbox.remove(number)
        self.model = [entry for entry in self.model if entry[0] != number]

    @rule()
    def tidy(self):
        self.outbox.tidy()
        self.dropped += max(0, len(self.model) - 8)
        self.model = self.model[-8:]

    @rule(count=st.integers(0, 3))
    def told(self, count):
        self.outbox.dropped_told(count)
        self.dropped = max(0, self.dropped - count)

    @rule()
    def reopen(self):
        self.tidy()  # as closing does
        self.outbox.close()
        self.open()

    @invariant()
    def holds_what_the_list_does(self):
        assert self.outbox.after(0, ALL) == self.model
        assert (len(self.outbox), self.outbox.dropped()) == (len(self.model), self.dropped)
        assert not self.outbox.fault

    def teardown(self):
        self.outbox.close()
        self.folder.cleanup()


LikeAList.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
test_it_is_a_list_that_outlives_the_process = LikeAList.TestCase


def test_what_one_writes_that_was_given_up_is_counted_by_the_one_after_it(tmp_path):
    path = tmp_path / "outbox.sqlite3"
    with closing(OutboxFile(path)) as given_up, closing(OutboxFile(path)) as after:
        given_up.write(Part([Row(1, 0.0, "{}"), Row(2, 0.0, "{}")], [], 2, 0))
        assert after.write(Part([Row(3, 0.0, "{}")], [], 3, 0)) == 3
        assert after.write(Part([], [1, 2], 3, 0)) == 1
