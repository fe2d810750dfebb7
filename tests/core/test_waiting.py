from dataclasses import replace

import pytest

from petdoor.core.decision import step
from petdoor.core.door import Door, LatchState
from petdoor.core.events import AnimalWaiting
from petdoor.core.policy import Policy
from petdoor.core.species import CAT, DOG, OTHER, Sighting
from petdoor.core.waiting import Escalation

POLICY = replace(Policy(), trusts_its_eyes=False, escalation=Escalation(3, 600.0, 1800.0))


def sees(species, **beside):
    return Sighting(species, 0.9, {DOG: 0.0, CAT: 0.0, OTHER: 0.0} | {species: 0.9} | beside)


def stay(door, sighting, seconds, policy=POLICY, every=0.25):
    events = []
    for _ in range(round(seconds / every)):
        now = 0.0 if door.clock is None else door.clock + every
        door, news = step(door, sighting, now, policy)
        events += news
    return door, [event for event in events if isinstance(event, AnimalWaiting)]


def test_a_dog_that_stands_before_the_locked_door_is_told_of_once():
    _, waiting = stay(Door(), sees(DOG), 300.0)
    assert waiting == [AnimalWaiting(DOG, 3, pytest.approx(40.0, abs=0.5))]


def test_a_dog_that_comes_back_for_the_third_time_is_told_of():
    door, told = Door(), []
    for _ in range(3):
        door, first = stay(door, sees(DOG), 2.0)
        door, second = stay(door, None, 120.0)
        told.append(len(first + second))
    assert told == [0, 0, 1]


def test_visits_that_lie_far_apart_do_not_count_together():
    door, told = Door(), []
    for _ in range(5):
        door, first = stay(door, sees(DOG), 2.0)
        door, second = stay(door, None, 400.0, every=2.0)
        told += first + second
    assert told == []


def test_it_is_told_again_later_while_the_dog_still_waits():
    _, waiting = stay(Door(), sees(DOG), 4000.0, every=1.0)
    assert len(waiting) == 3


def test_a_dog_kept_out_by_a_cat_beside_it_waits_too():
    _, waiting = stay(Door(), sees(DOG, cat=0.5), 60.0, replace(POLICY, trusts_its_eyes=True))
    assert len(waiting) == 1


@pytest.mark.parametrize("species", [CAT, OTHER])
def test_nobody_is_told_that_an_unwelcome_animal_waits(species):
    assert stay(Door(), sees(species), 300.0)[1] == []


def test_one_frame_of_a_dog_now_and_then_is_no_dog_that_waits():
    door, told = Door(), []
    for _ in range(10):
        door, first = stay(door, sees(DOG), 0.25)
        door, second = stay(door, None, 30.0)
        told += first + second
    assert told == []


def test_a_dog_that_is_let_in_has_not_waited():
    policy = replace(POLICY, trusts_its_eyes=True)
    door, waiting = stay(Door(), sees(DOG), 1.0, policy)
    assert door.latch is LatchState.UNLOCKED
    assert (door.waiting.seen_at, waiting) == ((), [])


@pytest.mark.parametrize(
    ("values", "fault"),
    [({"times": 0}, "times: 1 or more"), ({"times": 40}, "within_seconds: 20 s or more for each of the 40")],
)
def test_an_escalation_that_could_never_be_is_refused(values, fault):
    with pytest.raises(ValueError, match=fault):
        Escalation(**values)
