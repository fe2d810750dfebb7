"""The newest frame, and what happens when there is none."""

import threading
import time
from collections import deque
from contextlib import contextmanager

import numpy as np
import pytest

from petdoor.adapters.camera import LatestFrameCamera, Patience
from petdoor.errors import CameraError, EndOfFramesError
from petdoor.pictures import View
from tests.fakes import FakeClock

LONG_SECONDS = 30
"""Never reached unless something is broken."""
HASTY = Patience(stall_seconds=5.0, freeze_seconds=3.0, reopen_seconds=0.001, reopen_max_seconds=0.01)


def picture(seed):
    return np.random.default_rng(seed).integers(0, 256, (16, 24, 3), np.uint8)


def shade(value):
    return np.full((16, 24, 3), value, np.uint8)


class Handed:
    """Things one thread hands to another, which waits for them; an exception is raised there."""

    def __init__(self, *things):
        self._things = deque(things)
        self._changed = threading.Condition()
        self._is_waiting = False
        self.asked_at = []

    def take(self):
        with self._changed:
            self.asked_at.append(time.monotonic())
            self._is_waiting = True
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: self._things, LONG_SECONDS)
            self._is_waiting = False
            thing = self._things.popleft()
        if isinstance(thing, Exception):
            raise thing
        return thing

    def hand(self, *things):
        with self._changed:
            self._things.extend(things)
            self._changed.notify_all()

    def wait_until_used_up(self):
        """All was taken and dealt with, and the taker is back for more."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._is_waiting and not self._things, LONG_SECONDS)


class ScriptedCapture:
    """Gives the pictures it is handed; its own form of them is BGR."""

    def __init__(self, *steps, is_live=True, interval_seconds=0.0):
        self.steps = Handed(*steps)
        self.is_live = is_live
        self.interval_seconds = interval_seconds
        self.closings = 0

    def read(self):
        return self.steps.take()

    def rgb(self, raw):
        return raw[..., ::-1]

    def close(self):
        self.closings += 1


def recording(*steps, interval_seconds=0.0):
    return ScriptedCapture(*steps, is_live=False, interval_seconds=interval_seconds)


@contextmanager
def watching(*openings, **options):
    """A camera whose captures are ``openings``, and what hands it further ones."""
    captures = Handed(*openings)
    camera = LatestFrameCamera(captures.take, **{"patience": HASTY} | options)
    try:
        yield camera, captures
    finally:
        let_go(captures, *(opening.steps for opening in openings if isinstance(opening, ScriptedCapture)))
        camera.close()
        assert "petdoor-camera" not in {thread.name for thread in threading.enumerate()}


def let_go(*handed):
    for things in handed:
        things.hand(*[EndOfFramesError("let go")] * 2)


def shown(frame):
    """The frame's pixels as the capture gave them."""
    return frame.pixels[..., ::-1]


def test_a_frame_is_rgb_and_knows_when_it_was_taken():
    clock = FakeClock(77.0)
    with watching(ScriptedCapture(picture(1)), clock=clock) as (camera, _):
        frame = camera.read(LONG_SECONDS)
    np.testing.assert_array_equal(frame.pixels, picture(1)[..., ::-1])
    assert frame.taken_at == 77.0


def test_a_frame_is_turned_as_the_view_says():
    with watching(ScriptedCapture(picture(1)), view=View(rotate=180)) as (camera, _):
        np.testing.assert_array_equal(shown(camera.read(LONG_SECONDS)), picture(1)[::-1, ::-1])


def test_the_newest_frame_wins_and_stale_ones_are_skipped():
    capture = ScriptedCapture(picture(1), picture(2), picture(3))
    with watching(capture) as (camera, _):
        capture.steps.wait_until_used_up()
        np.testing.assert_array_equal(shown(camera.read(0)), picture(3))


def test_a_frame_is_handed_out_once():
    with watching(ScriptedCapture(picture(1))) as (camera, _):
        assert camera.read(LONG_SECONDS) is not None
        assert camera.read(0) is None


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: CameraError("does not open"), "does not open"),
        (lambda: RuntimeError("odd opening"), "unforeseen: odd opening"),
        (lambda: ScriptedCapture(CameraError("has died")), "has died"),
        (lambda: ScriptedCapture(picture(1), CameraError("has died")), "has died"),
        (lambda: ScriptedCapture(RuntimeError("odd reading")), "unforeseen: odd reading"),
    ],
    ids=["fails to open", "odd opening", "dies at once", "dies later", "odd reading"],
)
def test_a_camera_that_was_lost_says_so_and_comes_back(make, reason):
    with watching() as (camera, captures):
        captures.hand(make())
        captures.wait_until_used_up()
        with pytest.raises(CameraError, match=reason):
            camera.read(LONG_SECONDS)
        second = ScriptedCapture(picture(2))
        captures.hand(second)
        np.testing.assert_array_equal(shown(camera.read(LONG_SECONDS)), picture(2))
        assert camera.read(0) is None
        let_go(second.steps)


def test_a_lost_camera_says_so_at_every_read_until_it_is_back():
    with watching(CameraError("unplugged")) as (camera, _):
        for timeout_seconds in (LONG_SECONDS, 0, 0):
            with pytest.raises(CameraError, match="unplugged"):
                camera.read(timeout_seconds)


def test_a_frame_from_before_the_camera_died_is_not_handed_out_after():
    first = ScriptedCapture(picture(1), CameraError("has died"))
    with watching(first) as (camera, captures):
        captures.wait_until_used_up()
        with pytest.raises(CameraError, match="has died"):
            camera.read(0)
        assert first.closings == 1


def test_what_nobody_foresaw_is_logged_with_its_traceback(caplog):
    with watching(RuntimeError("odd")) as (camera, _), pytest.raises(CameraError):
        camera.read(LONG_SECONDS)
    assert [record.exc_info[0] for record in caplog.records] == [RuntimeError]


def test_the_wait_before_reopening_doubles():
    patience = Patience(reopen_seconds=0.001, reopen_max_seconds=3600.0)
    with watching(*[CameraError("gone")] * 6, patience=patience) as (_, captures):
        captures.wait_until_used_up()
        waits = np.diff(captures.asked_at)
    assert (waits >= 0.9 * np.array([0.001, 0.002, 0.004, 0.008, 0.016, 0.032])).all()


def test_the_wait_before_reopening_grows_no_further_than_the_longest():
    # Doubling for ever would come to hours.
    patience = Patience(reopen_seconds=0.001, reopen_max_seconds=0.002)
    with watching(*[CameraError("gone")] * 25, patience=patience) as (_, captures):
        captures.wait_until_used_up()
        assert len(captures.asked_at) == 26


def test_a_camera_that_was_well_is_reopened_without_the_long_wait():
    # Doubling over all of these would come to hours.
    patience = Patience(stall_seconds=0.0, reopen_seconds=0.001, reopen_max_seconds=3600.0)
    well = [ScriptedCapture(picture(1), picture(2), CameraError("gone")) for _ in range(25)]
    with watching(*well, patience=patience) as (_, captures):
        captures.wait_until_used_up()
        assert [capture.closings for capture in well] == [1] * 25


def test_a_frozen_camera_is_reopened_with_growing_waits():
    clock = FakeClock()
    patience = Patience(freeze_seconds=3.0, reopen_seconds=0.01, reopen_max_seconds=3600.0)
    frozen = [ScriptedCapture(picture(1)) for _ in range(4)]
    with watching(*frozen, patience=patience, clock=clock) as (_, captures):
        for capture in frozen:
            capture.steps.wait_until_used_up()
            clock.advance(3.0)
            capture.steps.hand(picture(1))
        captures.wait_until_used_up()
        assert (np.diff(captures.asked_at) >= 0.9 * np.array([0.01, 0.02, 0.04, 0.08])).all()


def test_a_picture_repeated_by_a_live_camera_is_no_new_frame():
    capture = ScriptedCapture(picture(1), picture(1), picture(1))
    with watching(capture) as (camera, _):
        assert camera.read(LONG_SECONDS) is not None
        capture.steps.wait_until_used_up()
        assert camera.read(0) is None


def test_a_picture_that_comes_again_after_another_is_a_new_frame():
    capture = ScriptedCapture(picture(1), picture(2))
    with watching(capture) as (camera, _):
        capture.steps.wait_until_used_up()
        camera.read(0)
        capture.steps.hand(picture(1))
        np.testing.assert_array_equal(shown(camera.read(LONG_SECONDS)), picture(1))


def test_a_frozen_picture_is_a_fault_in_time():
    clock = FakeClock()
    capture = ScriptedCapture(picture(1), picture(1))
    with watching(capture, clock=clock) as (camera, captures):
        assert camera.read(LONG_SECONDS) is not None
        capture.steps.wait_until_used_up()
        clock.advance(3.0)
        capture.steps.hand(picture(1))
        captures.wait_until_used_up()
        with pytest.raises(CameraError, match="frozen for 3 s"):
            camera.read(0)
        assert capture.closings == 1


def test_a_picture_that_repeats_for_less_than_that_is_no_fault():
    clock = FakeClock()
    capture = ScriptedCapture(picture(1))
    with watching(capture, clock=clock) as (camera, _):
        assert camera.read(LONG_SECONDS) is not None
        clock.advance(2.9)
        capture.steps.hand(picture(1))
        capture.steps.wait_until_used_up()
        assert camera.read(0) is None
        assert capture.closings == 0


@pytest.mark.parametrize("value", [0, 16, 255])
def test_a_picture_all_of_one_shade_is_not_frozen(value):
    clock = FakeClock()
    capture = ScriptedCapture(shade(value))
    with watching(capture, clock=clock) as (camera, _):
        for _ in range(3):
            assert camera.read(LONG_SECONDS) is not None
            clock.advance(100.0)
            capture.steps.hand(shade(value))
            capture.steps.wait_until_used_up()
        assert capture.closings == 0


def test_a_picture_repeated_in_a_recording_is_no_new_frame_and_no_fault():
    clock = FakeClock()
    capture = recording(picture(1))
    with watching(capture, clock=clock) as (camera, _):
        np.testing.assert_array_equal(shown(camera.read(LONG_SECONDS)), picture(1))
        for _ in range(3):
            clock.advance(100.0)
            capture.steps.hand(picture(1))
            capture.steps.wait_until_used_up()
        capture.steps.hand(picture(2))
        np.testing.assert_array_equal(shown(camera.read(LONG_SECONDS)), picture(2))


def test_a_camera_that_still_shows_its_frozen_picture_once_reopened_stays_lost():
    clock = FakeClock()
    frozen, again = ScriptedCapture(picture(1)), ScriptedCapture(picture(1))
    with watching(frozen, again, clock=clock) as (camera, _):
        assert camera.read(LONG_SECONDS)
        clock.advance(3.0)
        frozen.steps.hand(picture(1))
        again.steps.wait_until_used_up()
        for _ in range(2):
            with pytest.raises(CameraError, match="frozen"):
                camera.read(0)


def test_a_camera_that_dies_at_once_again_and_again_is_reopened_with_growing_waits():
    patience = Patience(reopen_seconds=0.01, reopen_max_seconds=3600.0)
    flapping = [ScriptedCapture(picture(seed), CameraError("gone")) for seed in range(4)]
    with watching(*flapping, patience=patience) as (_, captures):
        captures.wait_until_used_up()
        assert (np.diff(captures.asked_at) >= 0.9 * np.array([0.01, 0.02, 0.04, 0.08])).all()


def test_a_live_camera_faster_than_asked_for_does_not_count_for_more():
    clock = FakeClock()
    capture = ScriptedCapture(picture(1))
    with watching(capture, clock=clock, max_fps=10) as (camera, _):
        assert camera.read(LONG_SECONDS)
        clock.advance(0.05)
        capture.steps.hand(picture(2))
        capture.steps.wait_until_used_up()
        assert camera.read(0) is None
        clock.advance(0.05)
        capture.steps.hand(picture(3))
        np.testing.assert_array_equal(shown(camera.read(LONG_SECONDS)), picture(3))


@pytest.mark.parametrize(
    "dark",
    [
        np.full((16, 24, 3), (4, 0, 2), np.uint8),
        np.vstack([np.zeros((64, 64), np.uint8), np.full((32, 64), 128, np.uint8)]),
    ],
    ids=["bgr", "yuv420"],
)
def test_a_dark_night_is_not_a_frozen_picture(dark):
    clock = FakeClock()
    capture = ScriptedCapture(dark)
    with watching(capture, clock=clock) as (camera, _):
        for _ in range(3):
            assert camera.read(LONG_SECONDS)
            clock.advance(100.0)
            capture.steps.hand(dark)


def test_a_stalled_camera_is_a_fault_in_time():
    clock = FakeClock()
    capture = ScriptedCapture(picture(1))
    with watching(capture, clock=clock) as (camera, _):
        assert camera.read(LONG_SECONDS) is not None
        clock.advance(4.9)
        assert camera.read(0) is None
        clock.advance(0.1)
        with pytest.raises(CameraError, match="no new frame for 5 s"):
            camera.read(0)


def test_a_camera_that_takes_for_ever_to_open_is_a_fault_in_time():
    clock = FakeClock()
    with watching(clock=clock) as (camera, _):
        assert camera.read(0) is None
        clock.advance(5.0)
        with pytest.raises(CameraError, match="no new frame for 5 s"):
            camera.read(0)


def test_a_stalled_camera_that_goes_on_is_well_again():
    clock = FakeClock()
    capture = ScriptedCapture()
    with watching(capture, clock=clock) as (camera, _):
        clock.advance(60.0)
        with pytest.raises(CameraError, match="no new frame"):
            camera.read(0)
        capture.steps.hand(picture(1))
        np.testing.assert_array_equal(shown(camera.read(LONG_SECONDS)), picture(1))
        assert camera.read(0) is None


def test_the_last_frame_is_read_before_the_end():
    capture = recording(picture(1), picture(2), EndOfFramesError("played"))
    with watching(capture) as (camera, _):
        camera._thread.join(LONG_SECONDS)
        np.testing.assert_array_equal(shown(camera.read(0)), picture(2))
        with pytest.raises(EndOfFramesError, match="played"):
            camera.read(0)


def test_the_end_is_final():
    capture = recording(EndOfFramesError("played"))
    with watching(capture) as (camera, captures):
        for _ in range(3):
            with pytest.raises(EndOfFramesError, match="played"):
                camera.read(LONG_SECONDS)
        assert (len(captures.asked_at), capture.closings) == (1, 1)


def test_a_recording_is_played_at_its_own_pace():
    capture = recording(*map(picture, range(4)), EndOfFramesError("played"), interval_seconds=0.02)
    with watching(capture) as (camera, _):
        camera._thread.join(LONG_SECONDS)
    asked_at = np.array(capture.steps.asked_at)
    # A read that comes late is made up for by the next one: each is held against the first.
    assert (asked_at[1:] - asked_at[0] >= 0.02 * np.arange(1, 5) - 0.01).all()


def test_closing_ends_the_thread_and_the_capture():
    capture = recording(picture(1), interval_seconds=3600.0)
    with watching(capture) as (camera, _):
        assert camera.read(LONG_SECONDS) is not None
        camera.close()
        assert not camera._thread.is_alive()
        assert capture.closings == 1


def test_closing_twice_is_closing_once():
    capture = recording(picture(1), interval_seconds=3600.0)
    with watching(capture) as (camera, _):
        camera.close()
        camera.close()
        assert capture.closings <= 1
        assert not camera._thread.is_alive()


def test_closing_does_not_sit_out_the_wait_before_reopening():
    patience = Patience(reopen_seconds=3600.0, reopen_max_seconds=3600.0)
    with watching(CameraError("gone"), patience=patience) as (camera, captures):
        with pytest.raises(CameraError):
            camera.read(LONG_SECONDS)
        camera.close()
        assert not camera._thread.is_alive()
        assert len(captures.asked_at) == 1
