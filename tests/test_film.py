"""The door's view with its verdicts drawn in."""

import resource
from contextlib import contextmanager

import cv2
import numpy as np
import pytest

from petdoor import pictures
from petdoor.core.door import LatchState
from petdoor.core.species import Sighting
from petdoor.errors import PictureError
from petdoor.film import Moment, drawn, open_film

GREY = np.full((240, 320, 3), 128, np.uint8)
DOG = Sighting("dog", 0.9, {"dog": 0.9, "cat": 0.04, "other": 0.06})


def moment(*, sighting=DOG, sentence="Doggy come on in!", latch=LatchState.UNLOCKED, decides=True):
    return Moment(GREY, sighting, sentence, latch, decides)


def record(path, *moments):
    film = open_film(path, fps=10)
    for taken in moments:
        film.take(taken)
    return film.close()


def changed(one, other):
    """The share of points that differ."""
    return float((one != other).any(axis=2).mean())


def test_what_is_drawn_leaves_the_frame_itself_alone():
    before = GREY.copy()
    drawn(moment())
    assert (before == GREY).all()


def test_the_middle_where_the_animal_is_stays_free():
    picture = drawn(moment())
    assert changed(picture, GREY) > 0.1
    assert (picture[100:200, 60:260] == 128).all()


def test_an_open_door_does_not_look_like_a_locked_one():
    assert changed(drawn(moment()), drawn(moment(latch=LatchState.LOCKED))) > 0.01


def test_a_surer_door_draws_longer_bars():
    unsure = Sighting("dog", 0.5, {"dog": 0.5, "cat": 0.2, "other": 0.3})
    assert changed(drawn(moment()), drawn(moment(sighting=unsure))) > 0.002


def test_a_frame_in_which_nothing_happens_shows_the_bolt_only():
    assert changed(drawn(moment(sighting=None, sentence="")), GREY) < 0.05


@pytest.mark.parametrize("name", ["film.mp4", "film.avi", "film.mkv", "FILM.MP4"])
def test_a_video_holds_every_moment(tmp_path, name):
    assert record(tmp_path / name, *[moment()] * 7, moment(decides=False))
    capture = cv2.VideoCapture(str(tmp_path / name))
    frames = 0
    while capture.read()[0]:
        frames += 1
    assert (frames, capture.get(cv2.CAP_PROP_FPS)) == (8, 10)


@pytest.mark.parametrize("name", ["sheet.png", "sheet.jpg", "sheet.jpeg", "sheet.webp", "SHEET.PNG"])
def test_a_sheet_holds_the_moments_that_decided(tmp_path, name):
    assert record(tmp_path / name, *[moment()] * 4, *[moment(decides=False)] * 5)
    assert pictures.read(tmp_path / name).shape == (480, 960, 3)


@pytest.mark.parametrize("shape", [(480, 640), (4096, 4096), (1, 4096), (4096, 1), (2000, 1000)])
def test_a_sheet_has_its_limits_and_says_what_it_leaves_out(tmp_path, shape, caplog):
    large = Moment(np.zeros((*shape, 3), np.uint8), None, "", LatchState.LOCKED, decides=True)
    film = open_film(tmp_path / "sheet.webp", fps=10)
    for _ in range(63):
        film.take(large)
    assert film.close()
    assert max(pictures.read(tmp_path / "sheet.webp").shape) < 16_383
    assert "no room for the last 3 frames" in caplog.text


@pytest.mark.parametrize("name", ["film.mp4", "sheet.png"])
def test_of_nothing_no_file_is_made(tmp_path, name):
    assert not record(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_sheet_on_which_nothing_was_decided_is_not_written(tmp_path):
    assert not record(tmp_path / "sheet.png", moment(decides=False))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["film.mp4", "sheet.png"])
def test_a_film_may_be_closed_twice_and_says_the_same(tmp_path, name):
    film = open_film(tmp_path / name, fps=10)
    film.take(moment())
    assert (film.close(), film.close()) == (True, True)


@pytest.mark.parametrize("name", ["film.txt", "film"])
def test_a_name_that_says_no_kind_of_film_is_refused_with_those_there_are(tmp_path, name):
    with pytest.raises(PictureError, match=r"\.jpg.*\.mp4"):
        open_film(tmp_path / name, fps=10)


@pytest.mark.parametrize("name", ["film.mp4", "sheet.jpg"])
def test_a_film_for_a_folder_that_is_not_there_is_refused_at_once_with_what_to_do(tmp_path, name):
    with pytest.raises(PictureError, match="No such file or directory; name a file in a folder"):
        open_film(tmp_path / "nowhere" / name, fps=10)


def test_a_film_in_place_of_a_folder_is_refused_at_once(tmp_path):
    (tmp_path / "film.mp4").mkdir()
    with pytest.raises(PictureError, match="Is a directory"):
        open_film(tmp_path / "film.mp4", fps=10)


def test_trying_the_place_harms_nothing_that_is_there(tmp_path):
    (tmp_path / "sheet.jpg").write_bytes(b"an older one")
    open_film(tmp_path / "sheet.jpg", fps=10).close()
    assert (tmp_path / "sheet.jpg").read_bytes() == b"an older one"


@contextmanager
def disk_that_fills_up():
    """No file grows beyond 8 KiB: the system says so to whoever writes on, as a full disk does."""
    _, hard = before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("name", ["film.mp4", "film.avi", "film.mkv"])
def test_a_video_that_found_no_room_is_told(tmp_path, name):
    pixels = np.random.default_rng(0).integers(0, 255, (12, *GREY.shape), np.uint8)
    moments = [Moment(one, DOG, "", LatchState.LOCKED, decides=False) for one in pixels]
    with disk_that_fills_up(), pytest.raises(PictureError, match="not written to its end; is the disk full"):
        record(tmp_path / name, *moments)


def test_a_sheet_that_found_no_room_is_told_and_leaves_no_half(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, GREY.shape, np.uint8)
    with disk_that_fills_up(), pytest.raises(PictureError, match="cannot be written: File too large"):
        record(tmp_path / "sheet.png", Moment(noise, DOG, "", LatchState.LOCKED, decides=True))
    assert not list(tmp_path.iterdir())
