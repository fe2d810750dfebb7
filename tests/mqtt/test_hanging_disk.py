"""A disk that does not answer, or late: nobody waits for it, and nothing is lost, or told out of order."""

import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from petdoor.mqtt.mail import Mail
from tests.fakes import FakeClock
from tests.mqtt.disks import OutboxDisk
from tests.mqtt.test_outbox import ALL, Clock, held, kept_at, numbers, on_disk, outbox_at, put


@pytest.fixture
def path(tmp_path):
    return tmp_path / "outbox.db"


@pytest.fixture
def disk():
    disk = OutboxDisk()
    yield disk
    disk.answer()


@pytest.fixture
def again():
    return threading.Semaphore(0)


def impatient(path, disk, **wanted):
    return outbox_at(path, open_file=disk, **{"patience_seconds": 0.02, "give_up_seconds": 30.0, **wanted})


def told(outbox, again):
    """All there is, as soon as the disk says so."""
    while not (found := outbox.after(0, ALL, again.release)):
        assert again.acquire(timeout=15)
    return [payload["n"] for _, payload in found]


def becomes(outbox, *, faulty):
    while bool(outbox.fault) is not faulty:
        assert outbox.after(outbox.newest, 1) == []


def test_whatever_is_asked_while_a_write_hangs_is_answered_from_memory(path, disk):
    with closing(impatient(path, disk)) as outbox:
        disk.hang()
        put(outbox, 1, 2, 3)
        outbox.remove(numbers(outbox)[0])
        outbox.tidy()
        outbox.dropped_told(outbox.dropped())
        assert (held(outbox), outbox.dropped(), outbox.fault) == ([2, 3], 0, "")
        disk.answer()
    assert len(on_disk(path)) == 2


def test_only_the_first_to_put_waits_for_a_write_that_hangs(path, disk):
    with closing(impatient(path, disk, patience_seconds=0.5)) as outbox:
        disk.hang()
        began_at = time.monotonic()
        put(outbox, *range(100))
        assert 0.5 <= time.monotonic() - began_at < 10
        disk.answer()
    assert len(on_disk(path)) == 100


def test_what_is_put_while_the_file_is_settled_waits_no_longer(path, disk):
    with closing(impatient(path, disk)) as outbox:
        disk.hang()
        outbox.tidy()
        disk.wait_until_somebody_waits()
        put(outbox, 1, 2)
        assert held(outbox) == [1, 2]
        disk.answer()
    assert len(on_disk(path)) == 2


def test_a_disk_that_hangs_is_a_fault_until_it_answers(path, disk, again):
    with closing(impatient(path, disk, give_up_seconds=0.2)) as outbox:
        disk.hang()
        put(outbox, 1)
        becomes(outbox, faulty=True)
        assert outbox.fault == f"cannot keep events on disk: {path} does not answer"
        disk.answer()
        becomes(outbox, faulty=False)
        assert told(outbox, again) == [1]


def test_what_lies_on_disk_comes_first_though_it_is_waited_for(path, disk, again):
    kept_at(path, [1, 2])
    with closing(impatient(path, disk)) as outbox:
        disk.hang()
        put(outbox, 3)
        assert outbox.after(0, ALL, again.release) == outbox.after(0, ALL, again.release) == []
        disk.answer()
        assert again.acquire(timeout=15)
        assert told(outbox, again) == [1, 2, 3]


def test_a_disk_that_never_answers_at_once_is_read_in_the_end(path, again):
    kept_at(path, [1, 2])
    with closing(outbox_at(path, patience_seconds=0.0)) as outbox:
        assert told(outbox, again) == [1, 2]


def test_while_there_is_a_fault_memory_is_told_and_the_rest_once_it_is_over(path, disk, again):
    kept_at(path, [1, 2])
    with closing(impatient(path, disk, give_up_seconds=0.2)) as outbox:
        edition = outbox.edition
        disk.hang()
        put(outbox, 3)
        becomes(outbox, faulty=True)
        assert [payload["n"] for _, payload in outbox.after(0, ALL, again.release)] == [3]
        disk.answer()
        assert again.acquire(timeout=15)
        assert told(outbox, again) == [1, 2, 3]
        assert outbox.edition > edition


def test_a_disk_that_hangs_at_the_start_is_waited_for_a_while(path, disk, again):
    last = kept_at(path, [1, 2])
    disk.hang()
    with closing(impatient(path, disk, give_up_seconds=0.1)) as outbox:
        assert outbox.fault
        put(outbox, 3)
        assert numbers(outbox)[0] > last
        disk.answer()
        becomes(outbox, faulty=False)
        assert told(outbox, again) == [1, 2, 3]


def test_a_disk_that_hangs_at_the_end_is_given_up_in_words(path, disk, caplog):
    outbox = impatient(path, disk, give_up_seconds=0.1)
    disk.hang()
    put(outbox, 1, 2)
    outbox.close()
    assert "the disk does not answer: gave up on 2 events" in caplog.text


def given_up(outbox, disk, *values):
    """Nobody waits any more for an outbox amid the writing of the first of these: its thread."""
    thread = [each for each in threading.enumerate() if each.name == "petdoor-outbox"][-1]
    disk.hang()
    put(outbox, values[0])
    disk.wait_until_somebody_waits()
    put(outbox, *values[1:])
    outbox.close()
    return thread


def test_what_a_disk_that_was_given_up_brings_late_is_old_and_takes_nobody_elses_number(path, disk):
    kept_at(path, [1])
    thread = given_up(impatient(path, disk, give_up_seconds=0.1), disk, 2, 3)
    with closing(outbox_at(path)) as later:
        begins_above = later.newest
        put(later, 4, 5)
        disk.answer()
        thread.join(15)
        assert held(later) == [1, 2, 4, 5]
        assert [number > begins_above for number in numbers(later)] == [False, False, True, True]
        later.remove(numbers(later)[2])
    with closing(outbox_at(path)) as again:
        assert (held(again), again.dropped()) == ([1, 2, 5], 0)


def test_an_outbox_that_was_given_up_lets_go_of_its_file_as_soon_as_it_can(path, disk):
    outbox = impatient(path, disk, give_up_seconds=0.1)
    thread = given_up(outbox, disk, 1)
    disk.answer()
    thread.join(15)
    assert path not in {link.resolve() for link in Path("/proc/self/fd").iterdir()}


class Told:
    """A broker that takes all, beside an outbox on a disk."""

    def __init__(self, outbox):
        self.again = threading.Semaphore(0)
        self.mail = Mail(outbox, FakeClock(), again=self.again.release)
        self.topics = []
        self.mail.begin()

    def sends(self):
        self.mail.send(self._publish)

    def _publish(self, topic, _payload):
        self.topics.append(topic.removeprefix("event/"))
        return len(self.topics)


def test_what_was_passed_over_is_told_late_and_so_is_what_was_not_acknowledged(path, disk):
    kept_at(path, [1, 2])
    with closing(impatient(path, disk, give_up_seconds=0.2)) as outbox:
        told = Told(outbox)
        disk.hang()
        put(outbox, 3, 4)
        becomes(outbox, faulty=True)
        told.sends()
        told.mail.acknowledged(1)
        disk.answer()
        while len(told.topics) < 5:
            assert told.again.acquire(timeout=15)
            told.sends()
    assert told.topics == ["event", "event", "replayed", "replayed", "replayed"]
    assert len(on_disk(path)) == 3


def test_an_acknowledgement_by_a_number_of_before_removes_nobody_elses_event(tmp_path):
    last = kept_at(tmp_path / "mounted-later" / "outbox.db", [1, 2])
    (tmp_path / "state").touch()
    with closing(outbox_at(tmp_path / "state" / "outbox.db", wall_clock=Clock(0.0))) as outbox:
        told = Told(outbox)
        put(outbox, 3)
        told.sends()
        (tmp_path / "state").unlink()
        (tmp_path / "mounted-later").rename(tmp_path / "state")
        outbox.tidy()
        told.mail.acknowledged(1)
        assert (held(outbox), numbers(outbox)[-1]) == ([1, 2, 3], last + 1)
        told.sends()
    assert told.topics == ["event", "replayed", "replayed", "replayed"]
