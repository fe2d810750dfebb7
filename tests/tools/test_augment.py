"""Photos as another day would show them: always another, always the same for the same seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from petdoor import pictures
from petdoor.adapters.classifier import TFLiteClassifier
from petdoor.core.species import MassRule
from tests.conftest import data
from tests.pictures_on_disk import scene
from tools.training.augment import augmented

SIZE = (48, 64)


def views(picture, count, size=SIZE):
    return [augmented(picture, size, np.random.default_rng(seed)) for seed in range(count)]


def is_grey(view):
    return bool((view.max(axis=2).astype(int) - view.min(axis=2) <= 1).all())


def test_the_same_seed_shows_the_same_picture():
    assert all(
        (one == again).all() for one, again in zip(views(scene(1), 20), views(scene(1), 20), strict=True)
    )


def test_other_seeds_show_other_pictures():
    shown = {view.tobytes() for view in views(scene(1), 50)}
    assert len(shown) == 50


def test_the_picture_itself_stays_as_it_is():
    picture = scene(1)
    before = picture.copy()
    views(picture, 50)
    assert (picture == before).all()


@settings(deadline=None, max_examples=60)
@given(
    arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))),
    st.tuples(st.integers(28, 70), st.integers(28, 70)),
    st.integers(0, 2**63),
)
def test_every_picture_gets_the_size_asked_for(picture, size, seed):
    view = augmented(picture, size, np.random.default_rng(seed))
    assert (view.shape, view.dtype) == ((*size, 3), np.uint8)


@pytest.mark.parametrize("shape", [(1, 1), (2, 500), (500, 2), (1, 3000), (2000, 3000)])
def test_pictures_of_odd_shapes_survive(shape):
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    assert all(view.shape == (*SIZE, 3) for view in views(picture, 20))


def test_some_are_seen_by_night_in_grey_most_in_colour():
    grey = sum(map(is_grey, views(scene(1), 400)))
    assert 0.08 * 400 < grey < 0.25 * 400


def test_a_bright_half_stays_the_brighter_one_or_changes_sides():
    picture = np.full((96, 128, 3), 60, np.uint8)
    picture[:, :64] = 190
    shown = [view.astype(int) for view in views(picture, 100)]
    differences = np.array([view[:, :20].mean() - view[:, -20:].mean() for view in shown])
    assert (abs(differences) > 40).all()
    assert 25 < (differences > 0).sum() < 75


def test_on_average_a_picture_keeps_its_light_and_colour():
    picture = np.full((96, 128, 3), (180, 120, 60), np.uint8)
    red, green, blue = np.mean(views(picture, 300), axis=(0, 1, 2))
    assert red > green + 20 > blue + 40
    assert abs((red + green + blue) / 3 - 120) < 20


def test_the_door_still_sees_the_dog_in_nearly_every_view(door_model):
    classifier = TFLiteClassifier(door_model)
    rule = MassRule(classifier.ranges)
    photo = pictures.read(data("photos/pets_original.jpg"))
    seen = [rule.sighting(classifier.probabilities(view)).species for view in views(photo, 60, (224, 224))]
    assert seen.count("dog") >= 54
