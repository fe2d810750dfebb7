"""A week before the door, in looks: what is told of the camera, and what is learnt."""

from dataclasses import replace

import numpy as np
import pytest

from petdoor.adapters.eyesight import LIMITS, Views
from petdoor.core.eyesight import Impairment, Look, is_grey
from petdoor.core.ports import Frame
from petdoor.examination import Examination

EVERY_SECONDS = 10
MINUTE, HOUR, DAY = 60, 3600, 86_400
BY_DAY = Look(
    brightness=100,
    darkest=40,
    brightest=200,
    sharpness=2.1,
    likeness=None,
    steadiness=None,
    pink=0.0,
    colour=20,
)
BY_NIGHT = replace(BY_DAY, brightness=60, darkest=30, brightest=120, sharpness=1.3, colour=0.0)
BLACK = replace(BY_DAY, brightness=4, darkest=0, brightest=15, colour=0.0)
WHITE = replace(BY_DAY, brightness=250, darkest=245, brightest=255, colour=0.0)
HUNTING = replace(WHITE, brightest=254)
DEW = replace(BY_DAY, sharpness=1.1)
PINK = replace(BY_DAY, pink=0.9)
LAMP = replace(BY_DAY, brightness=70)


def is_night(second):
    return not 7 * HOUR <= second % DAY < 17 * HOUR


def is_between(second, hour, seconds):
    return 0 <= second % DAY - hour * HOUR < seconds


class Yard:
    """What the camera sees at each second of a week that begins at midnight, and what is learnt of it."""

    def __init__(self, scene):
        self._scene = scene
        self._views = Views(learn_looks=600 // EVERY_SECONDS)
        self._edges = {}

    def look(self, frame):
        look, *name = frame.pixels
        edges = self._edges.setdefault(tuple(name), self._drawn(len(self._edges)))
        likeness, steadiness = self._views.compare(edges, is_grey=is_grey(look, LIMITS))
        return replace(look, likeness=likeness, steadiness=steadiness)

    def learn(self):
        self._views.learn()

    def at(self, second):
        """The look, and what names its edges: no two scenes, and no two lights, are alike."""
        look = self._ordinary(second)
        return look, self._scene(second), look in {BY_NIGHT, PINK, WHITE, HUNTING}, look is LAMP

    @staticmethod
    def _ordinary(second):
        passing = {
            BLACK: is_between(second, 12, 5 * MINUTE) or is_between(second, 23, 5 * MINUTE),
            WHITE: is_between(second, 20, HOUR) and second % 30 < 10,
            HUNTING: is_between(second, 17, MINUTE) and second % 20 < 10,
            LAMP: is_between(second, 21.5, 2 * MINUTE),
            PINK: is_between(second, 7, MINUTE),
            DEW: is_between(second, 7.25, 4 * MINUTE),
        }
        usual = BY_NIGHT if is_night(second) else BY_DAY
        return next((look for look, is_seen in passing.items() if is_seen), usual)

    @staticmethod
    def _drawn(seed):
        random = np.random.default_rng(seed)
        return (random.normal(size=200) + 1j * random.normal(size=200)).astype(np.complex64)


def watched(scene, days=7.0, from_hour=0.0):
    """From when to when each impairment was told, in hours since the first midnight."""
    yard = Yard(scene)
    examination, since, told = Examination(yard, LIMITS), {}, {kind: [] for kind in Impairment}
    for second in range(round(from_hour * HOUR), round(days * DAY), EVERY_SECONDS):
        found = examination.examine(Frame(yard.at(second), float(second)))
        if found is None:
            continue
        for kind in found - set(since):
            since[kind] = second / HOUR
        for kind in set(since) - found:
            told[kind].append((since.pop(kind), second / HOUR))
    assert since == {}
    return told


@pytest.fixture(scope="module")
def week():
    """Snow falls on the third night, melts at noon of the sixth day, and falls again the next afternoon."""
    is_white = ((51, 132), (160, 200))
    return watched(lambda second: any(begin <= second / HOUR < end for begin, end in is_white))


def test_snow_locks_the_door_once_and_for_six_hours(week):
    ((told_at, learnt_at),) = week[Impairment.MOVED]
    assert told_at == pytest.approx(51, abs=0.1)
    assert learnt_at - told_at == pytest.approx(LIMITS.adopt_seconds / HOUR, abs=0.25)


def test_a_covered_lens_is_told_each_time_by_day_and_by_night(week):
    told_at = [begin for begin, _ in week[Impairment.BLACK]]
    covered_at = [day * 24 + hour for day in range(7) for hour in (12, 23)]
    assert told_at == pytest.approx(covered_at, abs=0.05)
    assert all(end - begin < 0.1 for begin, end in week[Impairment.BLACK])


def test_nights_dawns_dew_headlights_and_lamps_never_lock_the_door(week):
    assert {kind for kind, spells in week.items() if spells} == {Impairment.MOVED, Impairment.BLACK}


@pytest.mark.parametrize("hour", [2.0, 6.9, 7.1, 12.05, 16.99, 21.5])
def test_a_door_that_begins_at_any_hour_learns_its_days_and_nights_unlocked(hour):
    told = watched(lambda _: "yard", days=2.0, from_hour=hour)
    assert {kind for kind, spells in told.items() if spells} == {Impairment.BLACK}


def test_a_car_that_parks_before_the_door_each_day_locks_it_once():
    told = watched(lambda second: "car" if is_between(second, 9, 9 * HOUR) else "yard", days=2.0)
    ((told_at, learnt_at),) = told[Impairment.MOVED]
    assert (told_at, learnt_at) == pytest.approx((9.1, 15.2), abs=0.1)


def test_a_camera_that_a_storm_has_turned_by_night_is_told_and_after_six_hours_usual(caplog):
    told = watched(lambda second: second >= 26 * HOUR, days=2.0)
    assert told[Impairment.MOVED] == [pytest.approx((26.1, 32.2), abs=0.1)]
    learnt = "what the camera shows was steady for 6.0 h: it is learnt as the usual view"
    assert caplog.messages == [learnt]
