"""The drawn scene as a camera."""

import numpy as np
import pytest

from petdoor.adapters.demo import SceneCapture
from petdoor.core.tally import Tally
from petdoor.errors import EndOfFramesError
from petdoor.scene.scene import Scene

FPS = 2.0


def capture(**wanted):
    return SceneCapture(Scene(seed=1, visits=2, size=(48, 64)), **{"fps": FPS, **wanted})


def frames_of(capture):
    """All frames up to the end, which comes as an exception."""
    pictures = []
    try:
        while len(pictures) < 1000:
            pictures.append(capture.rgb(capture.read()))
    except EndOfFramesError as end:
        assert str(end) == "the scene is over"  # noqa: PT017 -- the frames before it are the point
    return pictures


def test_it_plays_the_whole_scene_at_its_pace():
    played = capture()
    pictures = frames_of(played)
    assert len(pictures) == pytest.approx(Scene(seed=1, visits=2).duration_seconds * FPS, abs=1)
    assert played.interval_seconds == 1 / FPS
    assert {(picture.shape, picture.dtype) for picture in pictures} == {((48, 64, 3), np.dtype(np.uint8))}


def test_the_truth_is_told_to_the_tally_and_to_nobody_else():
    tally = Tally(admit=frozenset({"dog"}), keep_in=frozenset({"cat"}))
    frames_of(capture(tally=tally))
    tally.close()
    assert [line.partition(" (")[0] for line in tally.lines()[:2]] == [
        "dog: 1 came, 0 let in",
        "cat: 1 came, 0 let in",
    ]
    assert not tally.is_faultless


def test_whoever_is_at_the_door_when_the_bolt_moves_is_let_in():
    tally = Tally(admit=frozenset({"dog"}), keep_in=frozenset({"cat"}))
    scene = Scene(seed=1, visits=2)
    playing = capture(tally=tally)
    while playing.seconds < scene.script.visits[0].ends_at - 1:
        playing.read()
    tally.moved(is_open=True)
    tally.moved(is_open=False)
    frames_of(playing)
    tally.close()
    assert tally.is_faultless


def test_each_comer_is_named_in_the_log_once(caplog):
    caplog.set_level("INFO")
    frames_of(capture())
    assert caplog.messages == ["scene: dog", "scene: cat"]


def test_in_a_loop_the_scene_begins_anew_and_the_count_goes_on():
    tally = Tally(admit=frozenset(), keep_in=frozenset())
    playing = capture(loop=True, tally=tally)
    for _ in range(2 * len(frames_of(capture())) + 2):
        playing.read()
    tally.close()
    assert [line[:11] for line in tally.lines()[:2]] == ["dog: 2 came", "cat: 2 came"]
