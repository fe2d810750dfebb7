import json
import os
import queue
import threading
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petdoor.adapters.steering import SteeringFile, Unhurried
from petdoor.core.modes import Mode
from petdoor.core.orders import MAX_THRESHOLD, MIN_THRESHOLD, SetMode, SetThreshold
from petdoor.core.steering import Steering
from tests.conftest import as_nobody
from tests.disks import Disk

UNKNOWN = Steering(Mode.LOCKED, mode_is_known=False)
OBSERVE = Steering(mode=Mode.OBSERVE, threshold=0.75, obeys_curfew=False)
GOOD = {"mode": "auto", "threshold": None, "obeys_curfew": True}
STEERINGS = st.builds(
    Steering,
    mode=st.sampled_from(Mode),
    threshold=st.none() | st.floats(MIN_THRESHOLD, MAX_THRESHOLD),
    obeys_curfew=st.booleans(),
)


def without(key):
    return {name: value for name, value in GOOD.items() if name != key}


FOREIGN = [
    *(without(key) for key in GOOD),
    *(GOOD | {"mode": mode} for mode in ("ajar", "", 7, [], {})),
    *(GOOD | {"threshold": threshold} for threshold in ("high", [], {}, 0.0, 0.49, 1.0, -1, True, 10**400)),
    *(GOOD | {"threshold": float(threshold)} for threshold in ("nan", "inf")),
    *(GOOD | {"obeys_curfew": wanted} for wanted in (None, 0, "OFF", [])),
    *([], None, 7, "locked", [GOOD]),
]
BROKEN = [b"", b"\x00" * 64, b"\xff\xfe", b"{", b"mode: locked", b"[" * 100_000, b"9" * 5000]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "steering.json"


def written(path, content=b"{"):
    """A file that holds this."""
    path.write_bytes(content)
    return path


@pytest.fixture
def public_folder():
    """A folder that everybody may read."""
    with TemporaryDirectory() as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path


@given(steering=STEERINGS)
def test_what_is_set_is_known_to_the_next_one(steering):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "steering.json"
        SteeringFile(path).save(steering)
        again = SteeringFile(path)
        assert (again.load(), again.fault) == (steering, "")


@given(first=STEERINGS, second=STEERINGS)
def test_what_was_set_last_holds(first, second):
    with TemporaryDirectory() as folder:
        file = SteeringFile(Path(folder) / "steering.json")
        file.save(first)
        file.save(second)
        assert file.load() == second


def test_where_nothing_was_ever_set_the_settings_hold(path):
    file = SteeringFile(path)
    assert (file.load(), file.fault) == (Steering(), "")
    assert not path.exists()


def test_its_folder_is_made_when_it_is_missing(tmp_path):
    path = tmp_path / "state" / "petdoor" / "steering.json"
    SteeringFile(path).save(OBSERVE)
    assert SteeringFile(path).load() == OBSERVE


@pytest.mark.parametrize("content", [*BROKEN, *(json.dumps(told).encode() for told in FOREIGN)])
def test_a_file_that_cannot_be_read_locks_the_door_and_says_so(path, content):
    file = SteeringFile(written(path, content))
    assert file.load() == UNKNOWN
    assert file.fault.endswith("cannot be read, so the door stays locked: set its mode")


@given(kept=STEERINGS, share=st.floats(0, 1, exclude_max=True))
def test_half_a_file_is_never_taken_for_something_that_was_set(kept, share):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "steering.json"
        SteeringFile(path).save(kept)
        whole = path.read_text("utf-8").rstrip()
        path.write_text(whole[: int(len(whole) * share)], "utf-8")
        assert SteeringFile(path).load() == UNKNOWN


def test_a_folder_in_the_place_of_the_file_locks_the_door_and_stays_a_fault(path):
    path.mkdir()
    file = SteeringFile(path)
    assert file.load().mode is Mode.LOCKED
    file.save(OBSERVE)
    assert "will be forgotten by a restart" in file.fault


def test_a_file_that_this_user_may_not_read_locks_the_door(path):
    SteeringFile(path).save(OBSERVE)
    file = SteeringFile(path)
    with as_nobody():
        assert file.load().mode is Mode.LOCKED
    assert "the door stays locked" in file.fault


def test_a_file_that_cannot_be_read_is_logged_with_its_name(path, caplog):
    SteeringFile(written(path)).load()
    assert f"{path} cannot be read: Expecting property name" in caplog.text


def test_what_is_set_after_a_fault_is_kept_and_the_fault_is_gone(path):
    file = SteeringFile(written(path))
    file.load()
    file.save(OBSERVE)
    assert (file.fault, SteeringFile(path).load()) == ("", OBSERVE)


def test_a_mode_that_is_not_known_stays_unknown_until_it_is_set(path):
    file = SteeringFile(written(path))
    unknown = file.load().told(SetThreshold(0.9))
    file.save(unknown)
    again = SteeringFile(path)
    assert (again.load(), again.fault, file.fault) == (unknown, file.fault, file.fault)
    again.save(unknown.told(SetMode(Mode.LOCKED)))
    after = SteeringFile(path)
    assert (after.load(), after.fault, again.fault) == (Steering(Mode.LOCKED, threshold=0.9), "", "")


def test_a_folder_that_takes_nothing_is_a_fault_and_what_lies_there_stays(public_folder):
    path = public_folder / "steering.json"
    SteeringFile(path).save(OBSERVE)
    file = SteeringFile(path)
    with as_nobody():
        file.save(Steering())
        assert (file.load(), SteeringFile(path).load()) == (OBSERVE, OBSERVE)
    assert "will be forgotten by a restart: " in file.fault


def test_a_folder_that_takes_again_what_is_set_is_no_fault_any_more(tmp_path):
    blocked = written(tmp_path / "state")
    file = SteeringFile(blocked / "steering.json")
    file.save(OBSERVE)
    assert file.fault
    blocked.unlink()
    file.save(OBSERVE)
    assert (file.fault, file.load()) == ("", OBSERVE)


@pytest.mark.parametrize("content", [b"", b"{", b'{"mode": "unlocked"'])
def test_a_power_cut_while_it_was_written_leaves_the_old_one(path, content):
    SteeringFile(path).save(OBSERVE)
    written(path.with_name("steering.json.7f.part"), content)
    file = SteeringFile(path)
    assert (file.load(), file.fault) == (OBSERVE, "")
    file.save(Steering())
    assert file.load() == Steering()
    assert list(path.parent.iterdir()) == [path]


class SlowDisk(Disk):
    """Hangs in every writing, from the beginning until it is told to answer."""

    def __init__(self):
        super().__init__(hangs=True)

    def sync(self, descriptor):
        self.wait()
        os.fsync(descriptor)


@pytest.fixture
def disk():
    with closing(SlowDisk()) as disk:
        yield disk


def impatient(file, **wanted):
    return Unhurried(file, **{"patience_seconds": 0.0, "give_up_seconds": 15.0, **wanted})


def hung(path, disk, steering, done=lambda: None, **wanted):
    """One whose saving hangs in the middle."""
    unhurried = impatient(SteeringFile(path, sync=disk.sync), **wanted)
    unhurried.load()
    unhurried.save(steering, done)
    disk.wait_until_somebody_waits()
    return unhurried


def its_thread():
    return [each for each in threading.enumerate() if each.name == "petdoor-steering"][-1]


def test_what_is_set_is_answered_once_and_not_before_it_is_kept(path):
    answers, kept = queue.SimpleQueue(), Steering(Mode.LOCKED)
    unhurried = Unhurried(SteeringFile(path))
    for steering in (OBSERVE, kept):
        unhurried.save(steering, lambda: answers.put(SteeringFile(path).load()))
    assert {answers.get(timeout=15), answers.get(timeout=15)} <= {OBSERVE, kept}
    unhurried.checkup()
    unhurried.close()
    assert (answers.empty(), SteeringFile(path).load()) == (True, kept)


def test_a_disk_that_hangs_makes_nobody_wait_and_each_is_answered_once(path, disk):
    answers = []
    unhurried = hung(path, disk, OBSERVE, lambda: answers.append("first"))
    unhurried.save(Steering(), lambda: answers.append("second"))
    assert answers == []
    unhurried.checkup()
    assert answers == ["first", "second"]
    disk.answer()
    unhurried.close()
    assert (answers, SteeringFile(path).load()) == (["first", "second"], Steering())


def test_nobody_is_answered_by_a_checkup_before_some_time(path, disk):
    answers = []
    unhurried = Unhurried(SteeringFile(path, sync=disk.sync), patience_seconds=60.0)
    unhurried.save(OBSERVE, lambda: answers.append("kept"))
    unhurried.checkup()
    assert answers == []
    disk.answer()
    unhurried.close()
    assert answers == ["kept"]


def test_a_disk_that_hangs_is_a_fault_until_it_answers(path, disk):
    unhurried = hung(path, disk, OBSERVE, give_up_seconds=0.05)
    while not (fault := unhurried.checkup()):
        pass
    assert fault == "cannot keep what is set from afar: the disk does not answer"
    disk.answer()
    while unhurried.checkup():
        pass
    assert SteeringFile(path).load() == OBSERVE
    unhurried.close()


def test_what_was_given_up_never_replaces_what_was_kept_since(path, disk, caplog):
    answers = []
    unhurried = hung(path, disk, OBSERVE, lambda: answers.append(1), give_up_seconds=0.05)
    unhurried.save(Steering(threshold=0.9), lambda: answers.append(2))
    thread = its_thread()
    unhurried.close()
    assert sorted(answers) == [1, 2]
    assert "gave up on keeping what was set from afar: the disk does not answer" in caplog.text
    SteeringFile(path).save(Steering(Mode.LOCKED))
    disk.answer()
    thread.join(15)
    assert SteeringFile(path).load() == Steering(Mode.LOCKED)
    assert list(path.parent.iterdir()) == [path]


def test_what_was_given_up_replaces_nothing_though_nothing_was_kept_since(path, disk):
    SteeringFile(path).save(Steering(Mode.LOCKED))
    unhurried = hung(path, disk, OBSERVE, give_up_seconds=0.05)
    thread = its_thread()
    unhurried.close()
    disk.answer()
    thread.join(15)
    assert SteeringFile(path).load() == Steering(Mode.LOCKED)
    assert list(path.parent.iterdir()) == [path]


def test_what_was_given_up_does_not_disturb_what_is_being_kept(path, disk, caplog):
    given_up = hung(path, disk, OBSERVE, give_up_seconds=0.05)
    thread = its_thread()
    given_up.close()
    with closing(SlowDisk()) as later, closing(hung(path, later, Steering(Mode.LOCKED))):
        disk.answer()
        thread.join(15)
        later.answer()
    assert SteeringFile(path).load() == Steering(Mode.LOCKED)
    assert "will be forgotten by a restart" not in caplog.text


def test_a_file_that_is_not_read_in_time_locks_the_door_until_it_is(path):
    os.mkfifo(path)  # reading it lasts until somebody writes
    unhurried = impatient(SteeringFile(path), give_up_seconds=0.05)
    assert (unhurried.load(), unhurried.found()) == (UNKNOWN, None)
    assert unhurried.checkup()
    path.write_text(json.dumps(GOOD))
    while not (found := unhurried.found()):
        pass
    assert (found, unhurried.found(), unhurried.checkup()) == (Steering(), None, "")
    unhurried.close()


def test_a_mode_that_is_set_before_the_file_is_read_is_kept(path):
    os.mkfifo(path)
    unhurried, kept = impatient(SteeringFile(path), give_up_seconds=0.05), threading.Event()
    unhurried.load()
    unhurried.save(OBSERVE, kept.set)
    path.write_text(json.dumps(GOOD))
    assert kept.wait(15)
    unhurried.close()
    assert SteeringFile(path).load() == OBSERVE


def test_what_is_set_beside_a_mode_that_is_not_read_yet_does_not_replace_it(path):
    os.mkfifo(path)
    unhurried, done = impatient(SteeringFile(path), give_up_seconds=0.05), threading.Event()
    unhurried.save(unhurried.load().told(SetThreshold(0.9)), done.set)
    path.write_text(json.dumps(GOOD))
    assert done.wait(15)
    assert path.is_fifo()
    assert unhurried.found() == Steering()
    unhurried.close()


def test_what_the_disk_did_not_take_it_is_given_again_until_it_does(tmp_path):
    blocked, answers = written(tmp_path / "state"), queue.SimpleQueue()
    path = blocked / "steering.json"
    unhurried = impatient(SteeringFile(path), again_seconds=0.0, give_up_seconds=15.0)
    unhurried.save(OBSERVE, lambda: answers.put("it cannot be kept"))
    assert answers.get(timeout=15)
    assert "will be forgotten by a restart" in unhurried.checkup()
    blocked.unlink()
    while unhurried.checkup():
        pass
    assert SteeringFile(path).load() == OBSERVE
    unhurried.close()


def test_what_the_disk_did_not_take_it_is_given_a_last_time_at_the_end(tmp_path, caplog):
    blocked = written(tmp_path / "state")
    for is_mended in (False, True):
        unhurried, answers = Unhurried(SteeringFile(blocked / "steering.json")), queue.SimpleQueue()
        unhurried.save(OBSERVE, lambda answers=answers: answers.put("it cannot be kept"))
        assert answers.get(timeout=15)
        if is_mended:
            blocked.unlink()
        unhurried.close()
        assert ("gave up on keeping" in caplog.text) is not is_mended
        caplog.clear()
    assert SteeringFile(blocked / "steering.json").load() == OBSERVE


def test_a_mode_that_is_not_known_is_a_fault_again_once_the_rest_can_be_kept(tmp_path):
    path = tmp_path / "steering.json"
    disk_is_full = [True]

    def sync(_descriptor):
        if disk_is_full:
            raise OSError("No space left on device")

    file = SteeringFile(written(path), sync=sync)
    unknown = file.load().told(SetThreshold(0.9))
    lost = file.fault
    file.save(unknown)
    assert "will be forgotten by a restart" in file.fault
    disk_is_full.clear()
    file.save(unknown)
    assert file.fault == lost


def test_what_could_not_be_kept_is_complained_of_once(tmp_path, caplog):
    file = SteeringFile(written(tmp_path / "state") / "steering.json")
    for _ in range(3):
        file.save(OBSERVE)
    assert [record.levelname for record in caplog.records].count("WARNING") == 1
