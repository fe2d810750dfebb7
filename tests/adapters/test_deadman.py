import logging
import threading

import pytest

from petdoor.adapters.deadman import DeadMansLatch
from petdoor.core.contacts import Way
from petdoor.errors import LatchError
from tests.fakes import RecordingLatch


class AwaitedLatch(RecordingLatch):
    """Tells when it was locked."""

    def __init__(self):
        super().__init__()
        self.locked = threading.Event()

    def lock(self):
        super().lock()
        self.locked.set()


class StuckLatch(AwaitedLatch):
    """Obeys no sooner than at the third attempt."""

    def lock(self):
        self.commands.append("lock")
        if self.commands.count("lock") < 3:
            raise LatchError("GPIO 17: stuck")
        self.locked.set()


def guards():
    return [thread for thread in threading.enumerate() if thread.name == "petdoor-dead-man"]


def test_a_latch_nobody_locks_is_locked_when_its_longest_time_is_over():
    latch = AwaitedLatch()
    DeadMansLatch(latch, limit_seconds=-0.99).unlock()
    assert latch.locked.wait(10)
    assert latch.commands == ["unlock", "lock"]


def test_a_latch_locked_in_time_is_left_alone():
    latch = RecordingLatch()
    guarded = DeadMansLatch(latch, limit_seconds=3600)
    guarded.unlock()
    guard = guards()[0]
    guarded.lock()
    guard.join(10)
    assert latch.commands == ["unlock", "lock"]


def test_unlocking_again_does_not_begin_the_time_anew():
    guarded = DeadMansLatch(RecordingLatch(), limit_seconds=3600)
    guarded.unlock()
    first = guards()
    guarded.unlock()
    assert guards() == first
    guarded.close()


def test_a_loop_that_holds_the_bolt_gives_it_its_longest_time_anew():
    guarded = DeadMansLatch(RecordingLatch(), limit_seconds=3600)
    guarded.unlock()
    first = guards()
    guarded.hold()
    assert guards()[-1] is not first[0]
    guarded.close()


def test_holding_a_locked_bolt_guards_nothing():
    guarded = DeadMansLatch(RecordingLatch(), limit_seconds=3600)
    before = guards()  # of others, which have only just been called off
    guarded.hold()
    assert set(guards()) <= set(before)


def test_closing_ends_the_guard():
    guarded = DeadMansLatch(RecordingLatch(), limit_seconds=3600)
    guarded.unlock()
    guard = guards()[0]
    guarded.close()
    guard.join(10)
    assert not guard.is_alive()


def test_a_latch_that_failed_to_unlock_is_guarded_all_the_same():
    latch = AwaitedLatch()
    latch.unlock = lambda _: (_ for _ in ()).throw(LatchError("half drawn"))
    with pytest.raises(LatchError):
        DeadMansLatch(latch, limit_seconds=-0.99).unlock()
    assert latch.locked.wait(10)


def test_a_bolt_that_is_stuck_is_cried_out_and_driven_again_until_it_obeys(caplog):
    latch = StuckLatch()
    DeadMansLatch(latch, limit_seconds=-0.99, again_seconds=0.01).unlock()
    assert latch.locked.wait(10)
    for guard in guards():
        guard.join(10)
    assert latch.commands == ["unlock", "lock", "lock", "lock"]
    assert caplog.text.count("cannot be locked: GPIO 17: stuck") == 2
    assert "locked it" in caplog.text


def test_a_latch_that_did_not_obey_the_loop_is_still_guarded():
    latch = StuckLatch()
    guarded = DeadMansLatch(latch, limit_seconds=-0.5, again_seconds=0.01)
    guarded.unlock()
    with pytest.raises(LatchError):
        guarded.lock()
    assert latch.locked.wait(10)


class HungLog(logging.Handler):
    """Takes no line until it is let go of."""

    def __init__(self):
        super().__init__()
        self.go_on = threading.Event()

    def emit(self, _record):
        self.go_on.wait(10)


def test_a_log_that_hangs_does_not_keep_a_stuck_bolt_from_being_driven_again():
    latch, hung, log = StuckLatch(), HungLog(), logging.getLogger("petdoor.adapters.deadman")
    log.addHandler(hung)
    DeadMansLatch(latch, limit_seconds=-0.99, again_seconds=0.01).unlock()
    assert latch.locked.wait(5)
    log.removeHandler(hung)
    hung.go_on.set()


def fell_by_itself(latch):
    """A latch that was unlocked, and locked because the loop hung."""
    guarded = DeadMansLatch(latch, limit_seconds=-0.99)
    guarded.unlock(Way.OUT)
    for guard in guards():
        guard.join(10)
    return guarded


def test_a_bolt_that_fell_while_the_loop_hung_is_drawn_again_when_the_loop_holds_it():
    latch = RecordingLatch()
    fell_by_itself(latch).hold()
    assert latch.commands[:3] == ["unlock out", "lock", "unlock out"]


def test_a_bolt_that_the_loop_has_locked_is_not_drawn_by_holding_it():
    latch = RecordingLatch()
    guarded = fell_by_itself(latch)
    guarded.lock()
    guarded.hold()
    assert latch.commands == ["unlock out", "lock", "lock"]
