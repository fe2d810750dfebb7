from dataclasses import replace

import pytest

from petdoor.core.contacts import Contacts, Way
from petdoor.core.decision import step
from petdoor.core.door import Door, Unlocked
from petdoor.core.events import Cause
from petdoor.core.flap import Flap
from petdoor.core.heat import HeatBudget
from petdoor.core.modes import Mode
from petdoor.core.obedience import ordered, refusal
from petdoor.core.orders import CallEmergency, InstallModel, Lock, SetCurfew, SetMode, SetThreshold, Unlock
from petdoor.core.policy import Policy
from petdoor.core.species import CAT, DOG, Sighting

POLICY = Policy()
CALL, CALM = CallEmergency(wanted=True), CallEmergency(wanted=False)


def obeyed(order, door=None, policy=POLICY, seconds=1.0):
    """The door after a step with this order, and why it was refused."""
    before = door or Door(clock=0.0)
    after, _ = step(before, None, before.clock + seconds, policy, ordered(Contacts(), order))
    return after, refusal(order, after, policy)


def rested(door, seconds, policy=POLICY):
    """The door after so many seconds in which nothing happened."""
    for _ in range(round(seconds)):
        door, _ = step(door, None, door.clock + 1.0, policy)
    return door


@pytest.mark.parametrize(
    ("order", "contacts"),
    [
        (None, Contacts()),
        (Lock(), Contacts(locks=True)),
        (Unlock(Way.OUT), Contacts(opens=Way.OUT)),
        (CALL, Contacts(emergency=True)),
        (CALM, Contacts(calms=True)),
    ],
)
def test_an_order_for_the_bolt_is_heard_beside_what_the_wires_say(order, contacts):
    wired = Contacts(flap_is_closed=False, pressed=Way.IN, rings=True)
    assert ordered(wired, order) == replace(contacts, flap_is_closed=False, pressed=Way.IN, rings=True)


@pytest.mark.parametrize(
    "order", [SetMode(Mode.OBSERVE), SetThreshold(0.5), SetCurfew(wanted=True), InstallModel()]
)
def test_an_order_for_anything_else_is_none_for_the_bolt(order):
    assert ordered(Contacts(), order) == Contacts()
    assert refusal(order, Door(), POLICY) == ""


@pytest.mark.parametrize("order", [Lock(), Unlock(), Unlock(Way.OUT), CALL, CALM])
def test_an_order_that_can_be_obeyed_is_not_refused(order):
    assert obeyed(order)[1] == ""


def test_told_to_unlock_a_door_that_is_open_already_it_is_not_refused():
    door, _ = obeyed(Unlock())
    assert obeyed(Unlock(), door)[1] == ""


A_CAT = Sighting(CAT, 0.9, {CAT: 0.9})
OPEN = Contacts(flap_is_closed=False)


def let_in():
    """A dog in the flap."""
    unlocked = Unlocked(Cause.ANIMAL, Way.IN, DOG, since=0.0, asked_at=0.0, seen_at=0.0)
    return Door(clock=0.0, unlocked=unlocked, flap=Flap(stands_open=True, opened=Way.IN))


def asked(door, order, wired=OPEN, policy=POLICY):
    door, _ = step(door, None, door.clock + 0.25, policy, ordered(wired, order))
    return door, refusal(order, door, policy)


def test_told_to_unlock_a_door_that_an_emergency_holds_open_it_is_not_refused():
    door, _ = obeyed(CALL)
    assert obeyed(Unlock(), door)[1] == ""


def test_a_door_told_to_lock_that_waits_for_its_flap_says_so_and_falls():
    door, _ = asked(let_in(), Lock())
    door, why = asked(door, Unlock())
    assert why == "it is about to lock: ask again"
    assert asked(door, None, Contacts())[0].unlocked is None


def test_a_door_that_waits_for_its_flap_to_keep_a_cat_in_says_so_and_falls():
    door = let_in()
    for _ in range(2):
        door, _ = step(door, A_CAT, door.clock + 0.25, POLICY, OPEN)
    door, why = asked(door, Unlock())
    assert why == "it is about to lock: ask again"
    assert asked(door, None, Contacts())[0].unlocked is None


def test_a_door_that_somebody_is_going_through_the_other_way_says_so():
    policy = replace(POLICY, has_two_coils=True)
    door, why = asked(let_in(), Unlock(Way.OUT), policy=policy)
    assert (why, door.drawn) == ("somebody is in the flap: ask again", Way.IN)
    assert asked(door, Unlock(Way.OUT), Contacts(), policy)[1] == ""


def test_a_door_that_must_lock_before_its_usual_time_says_when():
    door, answers = obeyed(Unlock())[0], []
    for _ in range(4):
        door, why = obeyed(Unlock(), door, seconds=4.875)
        answers.append(why)
    assert answers == ["", "", "", "it is open, but must lock in 0.5 s"]
    assert door.unlocked.asked_at == door.now


def test_a_door_whose_coil_must_rest_before_its_usual_time_says_when():
    policy = replace(POLICY, heat=HeatBudget(0.25, 24.0))
    door, why = obeyed(Unlock(), policy=policy)
    assert why == ""
    assert obeyed(Unlock(), door, policy, seconds=1.0)[1] == ""
    assert obeyed(Unlock(), door, policy, seconds=2.5)[1] == "it is open, but must lock in 3.5 s"


def test_a_door_that_only_observes_is_not_taken_over_and_says_so():
    door, why = asked(let_in(), Unlock(), policy=POLICY.now(Mode.OBSERVE))
    assert why == "it only observes: the bolt is not moved"
    assert door.unlocked.cause is Cause.ANIMAL


def test_a_door_that_an_emergency_holds_open_is_not_locked():
    door, _ = obeyed(CALL)
    assert obeyed(Lock(), door)[1] == "an emergency is called"


def test_a_door_that_rests_says_for_how_long():
    door = rested(obeyed(Unlock())[0], 5)
    assert obeyed(Unlock(), door)[1] == "it rests after locking, for another 2 s"


def test_a_door_that_only_observes_says_so_but_obeys_an_emergency():
    policy = POLICY.now(Mode.OBSERVE)
    assert obeyed(Unlock(), policy=policy)[1] == "it only observes: the bolt is not moved"
    assert obeyed(CALL, policy=policy)[1] == ""


@pytest.mark.parametrize("order", [Unlock(), CALL])
def test_a_coil_that_is_too_hot_is_named(order):
    policy = replace(POLICY, heat=HeatBudget(0.25, 24.0))
    door = rested(obeyed(Unlock(), policy=policy)[0], 10, policy)
    assert obeyed(order, door, policy)[1] == "the coil must cool first"
