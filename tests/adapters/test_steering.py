import json
import queue
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petdoor.adapters.steering import SteeringFile, Unhurried
from petdoor.core.modes import Mode
from petdoor.core.orders import MAX_THRESHOLD, MIN_THRESHOLD, SetMode, SetThreshold
from petdoor.core.ports import Forgetful
from petdoor.core.steering import Steering
from tests.conftest import as_nobody

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
    written(path.with_suffix(".part"), content)
    file = SteeringFile(path)
    assert (file.load(), file.fault) == (OBSERVE, "")
    file.save(Steering())
    assert file.load() == Steering()
    assert list(path.parent.iterdir()) == [path]


class SlowKeeper(Forgetful):
    """Keeps when it is told to."""

    def __init__(self):
        super().__init__()
        self.may, self.kept = threading.Event(), []

    def save(self, steering, done=lambda _: None):
        self.may.wait(10)
        self.kept.append(steering)
        done("")


def test_a_slow_disk_makes_nobody_wait_and_it_is_said_when_it_is_done():
    slow, done = SlowKeeper(), []
    unhurried = Unhurried(slow)
    unhurried.save(Steering(Mode.LOCKED), lambda _: done.append(slow.kept[-1].mode))
    unhurried.save(Steering(Mode.OBSERVE), lambda _: done.append(slow.kept[-1].mode))
    assert (slow.kept, done) == ([], [])
    slow.may.set()
    unhurried.close()
    assert done == [Mode.LOCKED, Mode.OBSERVE]


def test_what_the_disk_did_not_take_it_is_given_again_until_it_does(tmp_path):
    blocked, faults, kept = written(tmp_path / "state"), queue.SimpleQueue(), threading.Event()

    class Watched(SteeringFile):
        def save(self, steering, done=lambda _: None):
            super().save(steering, done)
            if not self.fault:
                kept.set()

    file = Watched(blocked / "steering.json")
    unhurried = Unhurried(file, again_seconds=0.01)
    unhurried.save(OBSERVE, faults.put)
    assert "will be forgotten by a restart" in faults.get(timeout=10)
    blocked.unlink()
    assert kept.wait(10)
    unhurried.close()
    assert (file.load(), file.fault, faults.empty()) == (OBSERVE, "", True)


def test_what_could_not_be_kept_is_complained_of_once(tmp_path, caplog):
    file = SteeringFile(written(tmp_path / "state") / "steering.json")
    for _ in range(3):
        file.save(OBSERVE)
    assert [record.levelname for record in caplog.records].count("WARNING") == 1
