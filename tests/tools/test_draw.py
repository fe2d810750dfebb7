"""``tools draw``: labelled pictures of the drawn yard, and two animals side by side."""

import numpy as np
import pytest
from click.testing import CliRunner

from petdoor import pictures
from petdoor.errors import DataError, PictureError
from tests.fakes import SilentTeller
from tests.pictures_on_disk import jpeg
from tests.tools.coloured import GREEN, RED
from tools.commands.draw import draw as command
from tools.data.dataset import open_dataset
from tools.data.draw import Drawing, draw


def drawn(folder, count=20, **told):
    draw(Drawing(folder, count, **{"size": 40, "seed": 0, **told}), SilentTeller())
    return folder


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.jpg"))


def content(folder):
    return {name: (folder / name).read_bytes() for name in names(folder)}


@pytest.fixture(scope="module")
def yard(tmp_path_factory):
    return drawn(tmp_path_factory.mktemp("yard"))


@pytest.fixture
def photos(tmp_path):
    """Dogs are red and cats are green."""
    for number in range(3):
        jpeg(tmp_path / "photos" / "dog" / f"{number}.jpg", np.full((60, 80, 3), RED, np.uint8))
        jpeg(tmp_path / "photos" / "cat" / f"{number}.jpg", np.full((80, 60, 3), GREEN, np.uint8))
    return tmp_path / "photos"


def test_three_of_ten_are_dogs_three_cats_and_four_others(yard):
    dataset = open_dataset(str(yard))
    assert dataset.classes == ("cat", "dog", "other")
    assert np.bincount([example.label for example in dataset.examples]).tolist() == [6, 6, 8]


def test_each_is_a_square_of_the_size_asked_for_and_no_two_are_alike(yard):
    assert {pictures.read(yard / name).shape for name in names(yard)} == {(40, 40, 3)}
    assert len(set(content(yard).values())) == 20


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(yard, tmp_path):
    assert content(drawn(tmp_path / "again")) == content(yard)
    other = content(drawn(tmp_path / "other", seed=1))
    assert not set(other.values()) & set(content(yard).values())


def test_fewer_pictures_are_the_first_of_more_and_replace_them(yard, tmp_path):
    folder = drawn(drawn(tmp_path / "yard", 12), 10)
    assert len(names(folder)) == 10
    assert content(folder).items() <= content(yard).items()


def test_a_folder_that_holds_something_else_is_refused_and_left_alone(tmp_path):
    (tmp_path / "dog").mkdir()
    (tmp_path / "dog" / "rex.jpg").write_bytes(b"precious")
    with pytest.raises(DataError, match=r"holds something else, as .*dog/rex.jpg: name another --output"):
        drawn(tmp_path)
    assert names(tmp_path) == ["dog/rex.jpg"]


def halves(path):
    """Of which colour the left and the right edge are, and where the seam lies."""
    row = pictures.read(path)[20].astype(int)
    is_red = row[:, 0] > row[:, 1]
    return is_red[0], is_red[-1], int(np.flatnonzero(np.diff(is_red)).mean()) + 1


def test_a_dog_beside_a_cat_is_a_cat_on_either_side_and_with_a_seam_that_moves(photos, tmp_path):
    folder = drawn(tmp_path / "pairs", 0, photos=photos, pairs=30)
    assert (len(names(folder)), names(folder)[0]) == (30, "cat/pair-00001.jpg")
    left, right, seams = zip(*(halves(folder / name) for name in names(folder)), strict=True)
    assert all(one != other for one, other in zip(left, right, strict=True))
    assert 5 <= sum(left) <= 25
    assert (min(seams) >= 0.35 * 40 - 1, max(seams) <= 0.65 * 40 + 1, len(set(seams)) > 5) == (True,) * 3


def test_a_dog_beside_a_dog_is_a_dog(photos, tmp_path):
    folder = drawn(tmp_path / "pairs", 0, photos=photos, dog_pairs=3)
    assert names(folder) == [f"dog/pair-0000{number}.jpg" for number in (1, 2, 3)]
    colour = pictures.read(folder / "dog" / "pair-00001.jpg").mean(axis=(0, 1))
    assert np.abs(colour - RED).max() < 10


def test_pairs_without_photos_of_both_are_refused(photos, tmp_path):
    with pytest.raises(DataError, match="name their folder"):
        drawn(tmp_path / "pairs", pairs=1)
    for path in (photos / "cat").iterdir():
        path.unlink()
    with pytest.raises(DataError, match=r"photos/cat: no photos there to put side by side"):
        drawn(tmp_path / "pairs", photos=photos, pairs=1)


def test_a_photo_that_cannot_be_read_is_named(photos, tmp_path):
    for path in (photos / "cat").iterdir():
        path.write_bytes(b"no picture")
    with pytest.raises(PictureError, match=r"cat/\d.jpg: this is no picture"):
        drawn(tmp_path / "pairs", photos=photos, pairs=1)


def test_the_command_says_what_it_wrote(tmp_path):
    shown = CliRunner().invoke(
        command, ["--output", str(tmp_path / "yard"), "--pictures", "10", "--size", "28"]
    )
    assert shown.output == f"wrote 10 pictures to {tmp_path}/yard: 3 dog, 3 cat, 4 other\n"
