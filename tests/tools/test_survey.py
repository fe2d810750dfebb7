"""Every picture looked at once: what is read, what is left out, which are doubles."""

import hashlib

import cv2
import numpy as np
import pytest

from petdoor import pictures
from petdoor.errors import DataError
from tests.fakes import SilentTeller
from tests.pictures_on_disk import class_folders, jpeg, scene
from tools.data.dataset import open_dataset
from tools.data.survey import conflicts, duplicates, near_duplicates, survey


def surveyed(folder):
    return survey(open_dataset(str(folder)), SilentTeller())


def names(groups):
    return [[f"{r.example.path.parent.name}/{r.example.path.name}" for r in group] for group in groups]


def png(path, picture):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture[..., ::-1])
    return path


def test_every_readable_picture_is_recorded_in_order(tmp_path):
    jpeg(tmp_path / "dog" / "a.jpg", scene(1, 48, 64))
    png(tmp_path / "cat" / "b.png", scene(2, 30, 20))
    found = surveyed(tmp_path)
    assert [(r.example.path.name, r.example.label, r.height, r.width) for r in found.records] == [
        ("b.png", 0, 30, 20),
        ("a.jpg", 1, 48, 64),
    ]
    assert found.records[1].digest == hashlib.sha256((tmp_path / "dog/a.jpg").read_bytes()).hexdigest()
    assert found.unreadable == ()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"this is a letter\n" * 9, "this is no picture that OpenCV can read"),
        (pictures.encode_jpeg(scene(1))[:-2], "the file is cut short"),
        (pictures.encode_jpeg(scene(1))[:600], "the file is cut short"),
        (cv2.imencode(".png", scene(1))[1].tobytes()[:-20], "the file is cut short"),
    ],
)
def test_a_broken_file_among_good_ones_is_listed_and_left_out(tmp_path, content, reason):
    (class_folders(tmp_path, cat=2, dog=2) / "dog" / "broken.jpg").write_bytes(content)
    found = surveyed(tmp_path)
    assert len(found.records) == 4
    assert found.unreadable == ((tmp_path / "dog" / "broken.jpg", reason),)


def test_a_file_that_may_not_be_read_is_listed(tmp_path):
    class_folders(tmp_path, cat=1, dog=1)
    dataset = open_dataset(str(tmp_path))
    (tmp_path / "dog" / "0.jpg").unlink()
    assert survey(dataset, SilentTeller()).unreadable == (
        (tmp_path / "dog" / "0.jpg", "cannot read the picture: No such file or directory"),
    )


def test_the_end_of_a_thumbnail_is_not_taken_for_the_end_of_the_picture(tmp_path):
    whole = pictures.encode_jpeg(scene(1))
    thumbnail = pictures.encode_jpeg(scene(2, 16, 16))
    header = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2) + thumbnail
    class_folders(tmp_path, dog=1)
    (tmp_path / "dog" / "whole.jpg").write_bytes(whole[:2] + header + whole[2:])
    (tmp_path / "dog" / "cut.jpg").write_bytes(whole[:2] + header + whole[2:-40])
    assert [path.name for path, _ in surveyed(tmp_path).unreadable] == ["cut.jpg"]


def test_what_a_camera_writes_behind_the_end_does_no_harm(tmp_path):
    (class_folders(tmp_path, dog=1) / "dog" / "more.jpg").write_bytes(
        pictures.encode_jpeg(scene(9)) + b"\0" * 99
    )
    assert len(surveyed(tmp_path).records) == 2


def test_without_one_readable_picture_the_first_reason_is_told(tmp_path):
    (tmp_path / "dog").mkdir()
    (tmp_path / "dog" / "a.jpg").write_bytes(b"")
    with pytest.raises(
        DataError, match=r"not one of its 1 pictures can be read; .*a\.jpg: the file is empty"
    ):
        surveyed(tmp_path)


def test_equal_files_are_found_whatever_their_names(tmp_path):
    class_folders(tmp_path, cat=2, dog=2)
    (tmp_path / "dog" / "copy.jpg").write_bytes((tmp_path / "dog" / "1.jpg").read_bytes())
    records = surveyed(tmp_path).records
    assert names(duplicates(records)) == [["dog/1.jpg", "dog/copy.jpg"]]
    assert near_duplicates(records) == ()


def test_another_size_or_quality_of_a_picture_is_nearly_the_same(tmp_path):
    class_folders(tmp_path, cat=3, dog=3)
    original = scene(5, 240, 320)
    jpeg(tmp_path / "dog" / "a.jpg", original)
    jpeg(tmp_path / "dog" / "b.jpg", original, quality=40)
    png(tmp_path / "dog" / "c.png", pictures.resized(original, (120, 160)))
    records = surveyed(tmp_path).records
    assert duplicates(records) == ()
    assert names(near_duplicates(records)) == [["dog/a.jpg", "dog/b.jpg", "dog/c.png"]]


def test_different_pictures_are_not_taken_for_doubles(tmp_path):
    records = surveyed(class_folders(tmp_path, cat=60, dog=60)).records
    assert near_duplicates(records) == duplicates(records) == ()


def test_plain_pictures_have_too_little_to_compare(tmp_path):
    for name, colour in (("a", 40), ("b", 90), ("c", 200)):
        png(tmp_path / "dog" / f"{name}.png", np.full((40, 50, 3), colour, np.uint8))
    assert near_duplicates(surveyed(tmp_path).records) == ()


def test_a_bright_pole_and_a_bright_ball_are_not_the_same(tmp_path):
    # From left to right alone, whatever is bright in the middle looks alike.
    across = np.abs(np.linspace(-1, 1, 90))
    pole, ball = across + 0 * across[:, None], (across + across[:, None]) / 2
    for name, darkness in (("pole", pole), ("ball", ball)):
        png(tmp_path / "dog" / f"{name}.png", np.uint8(250 - 200 * np.repeat(darkness[..., None], 3, axis=2)))
    assert near_duplicates(surveyed(tmp_path).records) == ()


def test_doubles_in_two_classes_are_conflicts(tmp_path):
    class_folders(tmp_path, cat=2, dog=2)
    for copy in ("dog/copy.jpg", "cat/copy.jpg"):
        (tmp_path / copy).write_bytes((tmp_path / "dog" / "1.jpg").read_bytes())
    (tmp_path / "cat" / "again.jpg").write_bytes((tmp_path / "cat" / "0.jpg").read_bytes())
    groups = duplicates(surveyed(tmp_path).records)
    assert len(groups) == 2
    assert names(conflicts(groups)) == [["cat/copy.jpg", "dog/1.jpg", "dog/copy.jpg"]]
