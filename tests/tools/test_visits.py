"""A photo as a visit of several frames, before the door's own decision."""

from types import SimpleNamespace

import numpy as np
import pytest

from petdoor.core.policy import Policy
from petdoor.core.species import ClassRange, MassRule
from tests.fakes import SilentTeller
from tests.pictures_on_disk import jpeg
from tools.judging.visits import admitted_visits

DOG, CAT, OTHER = np.eye(3, dtype=np.float32)


class Script:
    """Answers each frame with the next of these, and keeps the frames."""

    def __init__(self, *answers):
        self._answers = iter(answers)
        self.frames = []

    def probabilities(self, pixels):
        self.frames.append(pixels)
        return next(self._answers)


@pytest.fixture
def photo(tmp_path):
    picture = np.random.default_rng(0).integers(0, 255, (60, 80, 3)).astype(np.uint8)
    return SimpleNamespace(path=jpeg(tmp_path / "dog.jpg", picture))


def is_admitted(script, photo):
    rule = MassRule({"dog": (ClassRange(0, 0),), "cat": (ClassRange(1, 1),)}, 0.5)
    return admitted_visits(script, rule, Policy(), [photo], teller=SilentTeller())[0]


@pytest.mark.parametrize(
    ("answers", "admitted"),
    [
        ((DOG, DOG, DOG, DOG), True),
        ((DOG, DOG, OTHER, DOG, DOG), True),
        ((DOG, OTHER, DOG, OTHER, DOG), False),
        ((DOG, DOG, CAT, DOG, DOG), False),
        ((DOG, DOG, DOG, OTHER, OTHER), False),
    ],
)
def test_four_of_five_frames_must_show_a_dog_and_none_a_cat(answers, admitted, photo):
    assert is_admitted(Script(*answers), photo) is admitted


def test_the_frames_are_different_parts_of_the_photo_and_the_same_ones_each_time(photo):
    one, other = (Script(*[OTHER] * 5) for _ in range(2))
    is_admitted(one, photo)
    is_admitted(other, photo)
    assert len(one.frames) == 5
    assert {frame.shape for frame in one.frames} == {(54, 72, 3)}
    assert all((one.frames[0] != frame).any() for frame in one.frames[1:])
    np.testing.assert_array_equal(one.frames, other.frames)
