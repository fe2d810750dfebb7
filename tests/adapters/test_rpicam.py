"""The Raspberry Pi camera, against a program that behaves like its own, and misbehaves."""

import json
import sys
import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from petdoor.adapters.camera import LatestFrameCamera, Patience
from petdoor.adapters.rpicam import RpicamCapture
from petdoor.errors import CameraError

STAND_IN = Path(__file__).with_name("rpicam_stand_in.py")
WIDTH, HEIGHT = 64, 48
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def capture(*arguments, timeout_seconds=30.0, camera=0, fps=10.0):
    program = (sys.executable, str(STAND_IN), *arguments)
    return RpicamCapture(
        camera, width=WIDTH, height=HEIGHT, fps=fps, timeout_seconds=timeout_seconds, program=program
    )


def plain(colour):
    return np.full((HEIGHT, WIDTH, 3), colour, np.uint8)


def read_until_lost(camera):
    while camera.read(30):
        pass


def test_frames_come_in_order_shape_and_colour():
    with closing(capture()) as camera:
        for colour in (RED, GREEN, BLUE):
            picture = camera.rgb(camera.read())
            assert (picture.shape, picture.dtype) == ((HEIGHT, WIDTH, 3), np.uint8)
            np.testing.assert_allclose(picture, plain(colour), atol=4)


def test_what_is_read_is_raw_until_somebody_wants_it():
    with closing(capture()) as camera:
        assert camera.read().shape == (HEIGHT * 3 // 2, WIDTH)


def test_a_frame_is_not_overwritten_by_the_next():
    with closing(capture()) as camera:
        first = camera.read()
        camera.read()
        np.testing.assert_allclose(camera.rgb(first), plain(RED), atol=4)


def test_it_is_live_and_sets_its_own_pace():
    with closing(capture()) as camera:
        assert (camera.is_live, camera.interval_seconds) == (True, 0.0)


def test_a_program_that_dies_is_lost_with_its_last_words():
    with closing(capture("--mode=die", "--frames=2")) as camera:
        camera.read()
        camera.read()
        with pytest.raises(CameraError, match=r"ended: ERROR: \*\*\* the camera is unplugged \*\*\*$"):
            camera.read()


def test_a_program_that_ends_without_a_word_is_lost_all_the_same():
    silent = RpicamCapture(0, width=WIDTH, height=HEIGHT, fps=10, program=(sys.executable, "-c", ""))
    with closing(silent), pytest.raises(CameraError, match=r"rpicam-vid ended$"):
        silent.read()


def test_a_program_that_stops_within_a_frame_is_lost_after_the_timeout():
    stalling = capture("--mode=stall", "--frames=0", timeout_seconds=0.2)
    with closing(stalling), pytest.raises(CameraError, match=r"sent nothing for 0\.2 s"):
        stalling.read()


def test_a_program_that_is_missing_says_what_to_install():
    with pytest.raises(CameraError, match=r"no-such-rpicam.*apt install rpicam-apps"):
        RpicamCapture(0, width=WIDTH, height=HEIGHT, fps=10, program=("no-such-rpicam",))


@pytest.mark.parametrize("arguments", [(), ("--mode=ignore-sigterm",), ("--mode=die",)])
def test_closing_ends_the_program(arguments):
    camera = capture(*arguments)
    camera.read()
    camera.close()
    assert camera._process.poll() is not None


def test_closing_twice_is_closing_once():
    camera = capture()
    camera.close()
    camera.close()
    assert camera._process.poll() is not None


def test_rpicam_vid_is_asked_for_raw_frames_without_end(tmp_path):
    file = tmp_path / "arguments.json"
    with closing(capture(f"--arguments-file={file}", camera=1, fps=12.5)) as camera:
        camera.read()
    assert " ".join(json.loads(file.read_text())[1:]) == (
        "--camera 1 --width 64 --height 48 --framerate 12.5 --codec yuv420 --timeout 0 --nopreview "
        "--flush --verbose 0 --output -"
    )


def test_a_program_that_died_is_started_again():
    may_reopen = threading.Event()
    programs = iter([("--mode=die", "--frames=1"), ("--mode=play", "--frames=1000000")])

    def open_capture():
        arguments = next(programs)
        assert "--mode=die" in arguments or may_reopen.wait(30)
        return capture(*arguments)

    with closing(LatestFrameCamera(open_capture, patience=Patience(30.0, reopen_seconds=0.001))) as camera:
        with pytest.raises(CameraError, match="unplugged"):
            read_until_lost(camera)
        may_reopen.set()
        assert camera.read(30).pixels.shape == (HEIGHT, WIDTH, 3)
