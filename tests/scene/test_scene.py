from functools import lru_cache

import numpy as np
import pytest

from petdoor.scene.scene import Scene, portrait
from petdoor.scene.script import Character
from petdoor.scene.weather import CALM, Light, Weather

SMALL = (120, 160)


@lru_cache
def calm(seed=0, size=SMALL):
    return Scene(seed, size=size, weather=CALM)


def middle(scene, character):
    visit = next(visit for visit in scene.script.visits if visit.character is character)
    return (visit.begins_at + visit.ends_at) / 2


def changed_share(one, other):
    """The share of the points that differ by more than a trained eye overlooks."""
    return np.mean(np.abs(one.astype(int) - other).max(axis=2) > 20)


def brightness(weather):
    return Scene(0, size=SMALL, weather=weather).picture(1.0).mean()


@pytest.mark.parametrize("size", [(480, 640), (240, 320)])
def test_pictures_are_rgb_of_the_size_asked_for(size):
    picture = Scene(size=size).picture(6.0)
    assert (picture.shape, picture.dtype) == ((*size, 3), np.uint8)


def test_a_picture_depends_on_seed_and_time_alone():
    times = [0.0, 5.5, 7.5, 16.0, 30.25]
    forwards, backwards = Scene(2, size=SMALL), Scene(2, size=SMALL)
    there = [forwards.picture(time) for time in times]
    back = [backwards.picture(time) for time in reversed(times)]
    assert all(np.array_equal(one, other) for one, other in zip(there, reversed(back), strict=True))


def test_another_seed_is_another_scene():
    assert changed_share(calm(0).picture(0), calm(1).picture(0)) > 0.3


def test_drawing_leaves_the_yard_as_it_was():
    before = calm().picture(0.0)
    calm().picture(middle(calm(), Character.DOG))
    assert np.array_equal(before, calm().picture(0.0))


@pytest.mark.parametrize("character", [who for who in Character if who is not Character.WIND])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_visitor_covers_a_good_part_of_the_picture(character, seed):
    scene = calm(seed)
    assert changed_share(scene.picture(middle(scene, character)), scene.picture(0)) > 0.05


@pytest.mark.parametrize("character", [Character.DOG, Character.CAT, Character.RACCOON])
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_a_waiting_animal_is_large_and_within_the_middle(character, seed):
    scene = calm(seed)
    seen = np.abs(scene.picture(middle(scene, character)).astype(int) - scene.picture(0)).max(axis=2) > 20
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    assert np.ptp(rows) > 0.35 * SMALL[0]
    assert columns.min() >= SMALL[1] * 20 / 640
    assert columns.max() <= SMALL[1] * 620 / 640


def test_dog_and_cat_stand_side_by_side():
    scene = calm()
    changed = np.abs(scene.picture(middle(scene, Character.DOG_AND_CAT)).astype(int) - scene.picture(0)) > 20
    left, right = np.array_split(changed.any(axis=2), 2, axis=1)
    assert min(left.mean(), right.mean()) > 0.04


def test_a_visitor_moves_while_it_waits():
    scene = calm()
    time = middle(scene, Character.DOG)
    assert not np.array_equal(scene.picture(time), scene.picture(time + 0.2))


def test_nobody_is_seen_as_a_visit_begins_and_ends():
    scene = calm()
    for visit in scene.script.visits:
        for time in (visit.begins_at, visit.ends_at - 1e-6):
            assert changed_share(scene.picture(time), scene.picture(0)) < 0.02


def test_the_wind_moves_only_some_leaves():
    scene = calm()
    assert 0.002 < changed_share(scene.picture(middle(scene, Character.WIND)), scene.picture(0)) < 0.2


def test_a_calm_empty_yard_repeats():
    assert np.array_equal(calm().picture(0.0), calm().picture(0.1))


def test_the_noise_of_a_sensor_never_repeats():
    scene = Scene(size=SMALL, weather=Weather(noise=3))
    one, other = scene.picture(0.0), scene.picture(0.04)
    assert 1 < np.abs(one.astype(int) - other).mean() < 8


def test_dusk_is_darker_and_bluer():
    dusk = Scene(size=SMALL, weather=Weather(Light.DUSK)).picture(0).mean(axis=(0, 1))
    day = calm().picture(0).mean(axis=(0, 1))
    assert dusk.mean() < 0.8 * day.mean()
    assert dusk[2] / dusk[0] > 1.2 * day[2] / day[0]


def test_night_is_grey():
    picture = Scene(size=SMALL, weather=Weather(Light.NIGHT)).picture(0)
    assert np.ptp(picture, axis=2).max() <= 1


def test_clouds_change_the_light_slowly():
    scene = Scene(size=SMALL, visits=1, weather=Weather(Light.CLOUDS))
    light = np.array([scene.picture(time).mean() for time in np.arange(0, 3.5, 0.1)])
    assert np.ptp(light) > 4
    assert np.abs(np.diff(light)).max() < 2


@pytest.mark.parametrize("weather", [Weather(shadows=0.4), Weather(rain=0.8)])
def test_shadows_and_rain_move(weather):
    scene = Scene(size=SMALL, weather=weather)
    assert changed_share(scene.picture(0.0), scene.picture(0.5)) > 0.002


def test_each_visit_has_its_own_weather_and_it_changes_without_a_jump():
    scene = Scene(7, size=SMALL)
    light = np.array([scene.picture(time).mean() for time in np.arange(0, scene.duration_seconds, 0.5)])
    assert np.ptp(light) > 15
    assert np.abs(np.diff(light)).max() < 25


def test_portraits_of_one_generator_differ_and_repeat_with_its_seed():
    random = np.random.default_rng(1)
    one, other = (portrait(Character.DOG, random, size=SMALL).picture for _ in range(2))
    again = portrait(Character.DOG, np.random.default_rng(1), size=SMALL).picture
    assert changed_share(one, other) > 0.2
    assert np.array_equal(one, again)


@pytest.mark.parametrize(
    ("character", "species"),
    [
        (Character.DOG, {"dog", "other"}),
        (Character.CAT, {"cat", "other"}),
        (Character.DOG_AND_CAT, {"dog", "cat", "other"}),
        (Character.RACCOON, {"other"}),
        (Character.PERSON, {"other"}),
        (Character.WIND, {"other"}),
        (None, {"other"}),
    ],
)
def test_portraits_know_their_species(character, species):
    random = np.random.default_rng(3)
    named = [portrait(character, random, size=(60, 80)).species for _ in range(12)]
    assert set(named) <= species
    assert len(set(named) - {"other"}) == 0 or named.count("other") < 6


def test_only_a_visible_animal_names_a_portrait():
    random = np.random.default_rng(4)
    taken = [portrait(Character.DOG, random, size=(60, 80)) for _ in range(40)]
    assert {one.species for one in taken} == {"dog", "other"}
    assert all((one.visible >= 0.6) == (one.species == "dog") for one in taken)
