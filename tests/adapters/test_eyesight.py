"""What is measured in pictures of the drawn yard, and in photos."""

import cv2
import numpy as np
import pytest

from petdoor import pictures
from petdoor.adapters.eyesight import Eyesight, Views
from petdoor.core.diagnosis import Diagnosis, diagnose
from petdoor.core.eyesight import EyesightLimits, Impairment
from petdoor.core.ports import Frame
from petdoor.scene.scene import Scene
from petdoor.scene.weather import CALM

SIZE = (240, 320)
LIMITS = EyesightLimits()


class Watcher:
    """Looks at pictures as the door does, as many seconds apart as it is told."""

    def __init__(self, views=None):
        self._eyes = Eyesight(views=views)
        self.diagnosis = Diagnosis()
        self.looks = []
        self.now = 0.0

    def see(self, picture, seconds=2.0):
        self.now += seconds
        look = self._eyes.look(Frame(picture, self.now))
        self.diagnosis = diagnose(self.diagnosis, look, self.now, LIMITS)
        if self.diagnosis.may_learn:
            self._eyes.learn()
        self.looks.append(look)
        return look


def yard(seed=0, seconds=1.0):
    return Scene(seed, visits=1, size=SIZE, weather=CALM).picture(seconds)


@pytest.fixture
def used():
    """Who has looked at the calm yard for a while."""
    watcher = Watcher(Views(learn_looks=20))
    for _ in range(21):
        watcher.see(yard())
    return watcher


def noisy(picture, seed=0, level=6.0):
    noise = np.random.default_rng(seed).normal(0, level, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def blurred(picture, sigma):
    return cv2.GaussianBlur(picture, (0, 0), sigma)


def pink(picture):
    """As a camera sees by day whose infra-red filter is open."""
    return np.clip(picture * np.array([1.5, 0.6, 1.5]) + 20, 0, 255).astype(np.uint8)


def turned(picture):
    """As a camera sees that was knocked askew."""
    how = cv2.getRotationMatrix2D((SIZE[1] / 2, SIZE[0] / 2), 15, 1)
    how[:, 2] += (50, 40)
    return cv2.warpAffine(picture, how, SIZE[::-1], borderMode=cv2.BORDER_REFLECT)


FAULTS = {
    Impairment.BLACK: lambda picture, seed: noisy(np.zeros_like(picture), seed),
    Impairment.WHITE: lambda picture, seed: noisy(np.full_like(picture, 255), seed),
    Impairment.BLURRED: lambda picture, seed: noisy(blurred(picture, 6.0), seed),
    Impairment.MOVED: lambda picture, seed: noisy(turned(picture), seed),
    Impairment.TINTED: lambda picture, seed: noisy(pink(picture), seed),
}


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.name)
def test_each_fault_is_recognised_and_nothing_else_is(used, kind):
    for seed in range(1000):
        used.see(FAULTS[kind](yard(), seed % 7))
        if used.diagnosis.impairments:
            break
    assert used.diagnosis.impairments == (kind,)
    for seed in range(20):
        used.see(noisy(yard(), seed))
    assert used.diagnosis.impairments == ()


@pytest.mark.parametrize("seed", range(3))
def test_no_weather_light_or_visitor_is_taken_for_a_fault(seed):
    scene, watcher = Scene(seed, visits=8, size=SIZE), Watcher(Views(learn_looks=3))
    for second in range(0, int(scene.duration_seconds), 3):
        watcher.see(scene.picture(second))
        assert watcher.diagnosis.impairments == ()
    known = [look.likeness for look in watcher.looks if look.likeness is not None]
    assert len(known) > len(watcher.looks) - 5
    assert min(known) > LIMITS.likeness
    assert min(look.sharpness for look in watcher.looks) > LIMITS.sharpness


def test_one_look_a_second_is_enough():
    eyes, picture = Eyesight(), yard()
    seen = [eyes.look(Frame(picture, tenths / 10)) is not None for tenths in range(25)]
    assert [index for index, looked in enumerate(seen) if looked] == [0, 10, 20]


def learnt(views, edges, times=600, **light):
    for _ in range(times):
        views.compare(edges, **light)
        views.learn()


def drawn(seed):
    """Edges that are unlike those of any other seed."""
    random = np.random.default_rng(seed)
    return (random.normal(size=4800) + 1j * random.normal(size=4800)).astype(np.complex64)


DAY, NIGHT, SNOW, CAR = ({"edges": drawn(seed), "is_grey": seed == 1} for seed in range(4))


def likeness(views, look):
    return views.compare(**look)[0]


def test_what_is_usual_is_known_after_ten_minutes_of_looks():
    views = Views()
    learnt(views, **DAY, times=599)
    assert likeness(views, DAY) is None
    learnt(views, **DAY, times=1)
    assert likeness(views, DAY) == pytest.approx(1.0, abs=0.01)


def test_a_hand_before_the_lens_in_the_first_moments_is_not_what_is_usual():
    views = Views()
    learnt(views, **CAR, times=100)
    learnt(views, **DAY, times=500)
    assert likeness(views, DAY) > 0.9


def test_the_first_night_is_not_compared_with_the_days():
    views = Views()
    learnt(views, **DAY)
    assert likeness(views, NIGHT) is None
    learnt(views, **NIGHT)
    assert likeness(views, NIGHT) > 0.9
    assert likeness(views, DAY) > 0.9


def test_what_is_learnt_though_it_is_unlike_all_is_usual_beside_what_was():
    views = Views()
    learnt(views, **DAY)
    assert likeness(views, SNOW) < LIMITS.likeness
    learnt(views, **SNOW)
    assert likeness(views, SNOW) > 0.9
    assert likeness(views, DAY) > 0.9
    assert likeness(views, CAR) < LIMITS.likeness


def test_in_another_scene_the_nights_are_others_too():
    views = Views()
    learnt(views, **DAY)
    learnt(views, **NIGHT)
    learnt(views, **SNOW)
    assert likeness(views, {"edges": CAR["edges"], "is_grey": True}) is None


def test_of_many_scenes_the_one_that_was_not_seen_for_longest_is_forgotten():
    views = Views()
    for seed in (10, 11, 12, 13, 14, 15, 10, 16):
        learnt(views, drawn(seed), is_grey=False)
    known = [views.compare(drawn(seed), is_grey=False)[0] > 0.9 for seed in (10, 11, 12, 16)]
    assert known == [True, False, True, True]


def test_what_stays_is_steady_also_where_it_is_not_usual():
    views = Views()
    learnt(views, **DAY)
    seen = [views.compare(**SNOW)[1] for _ in range(300)]
    assert seen[0] < LIMITS.likeness < seen[-1]


def photographs(photos):
    paths = sorted((photos / "other").iterdir())[::3]
    return [cv2.resize(pictures.read(path), (640, 480)) for path in paths]


def in_colour(picture):
    return np.clip(picture + np.array([0.0, 0.0, 20.0]), 0, 255).astype(np.uint8)


def test_of_photos_other_views_are_told_from_the_same_in_other_light(photos):
    views = photographs(photos)
    same, other = [], []
    for view, another in zip(views, views[1:] + views[:1], strict=True):
        eyes = Eyesight(every_seconds=0.0, views=Views(learn_looks=1))
        eyes.look(Frame(in_colour(view), 0.0))
        eyes.learn()
        dim = noisy((view * 0.3).astype(np.uint8))
        same.append(eyes.look(Frame(in_colour(dim), 1.0)).likeness)
        other.append(eyes.look(Frame(in_colour(another), 2.0)).likeness)
    assert np.mean(np.array(same) > LIMITS.likeness) == 1.0
    assert np.mean(np.array(other) < LIMITS.likeness) >= 0.9


def test_of_photos_blurred_ones_are_told_from_sharp_ones(photos):
    sharp, soft = [], []
    for view in photographs(photos):
        eyes = Eyesight(every_seconds=0.0)
        sharp.append(eyes.look(Frame(noisy(view), 0.0)).sharpness)
        soft.append(eyes.look(Frame(noisy(blurred(view, 8.0)), 1.0)).sharpness)
    assert np.mean(np.array(sharp) > LIMITS.sharpness) >= 0.97
    assert np.mean(np.array(soft) < LIMITS.sharpness) >= 0.9
