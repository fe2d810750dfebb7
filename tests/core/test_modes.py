"""What the owner wants of the door, and what a changed mind does to a door in the middle of something."""

from dataclasses import replace

import pytest

from petdoor.core.contacts import Contacts, Way
from petdoor.core.decision import step
from petdoor.core.door import Door, LatchState
from petdoor.core.events import (
    AnimalJudged,
    AnimalWaiting,
    Cause,
    CoilHot,
    DoorLocked,
    DoorUnlocked,
    Emergency,
    LockReason,
    Verdict,
)
from petdoor.core.heat import HeatBudget
from petdoor.core.modes import Hold, Mode
from petdoor.core.policy import Policy
from petdoor.core.species import CAT, DOG, OTHER, Sighting

AUTO = Policy()
LOCKED, UNLOCKED, OBSERVE = (AUTO.now(mode) for mode in (Mode.LOCKED, Mode.UNLOCKED, Mode.OBSERVE))
CURFEW = AUTO.now(Mode.AUTO, frozenset({DOG}))
EVERY = 0.25
A_DOG, A_CAT, SOMETHING = (Sighting(species, 0.9, {species: 0.9}) for species in (DOG, CAT, OTHER))
SHUT, OPEN = Contacts(), Contacts(flap_is_closed=False)
LOCK, CALL = Contacts(locks=True), Contacts(emergency=True)


def live(door, seconds, sighting=None, policy=AUTO, contacts=SHUT):
    """Step the door through so many seconds of the same; all events in order."""
    events = []
    for _ in range(round(seconds / EVERY)):
        now = 0.0 if door.clock is None else door.clock + EVERY
        door, news = step(door, sighting, now, policy, contacts)
        events += news
    return door, events


def told(door, contacts, policy=AUTO, sighting=None):
    """One pass, as an order lasts."""
    return live(door, EVERY, sighting, policy, contacts)


def admitted():
    door, _ = live(Door(), 1.0, A_DOG)
    assert door.latch is LatchState.UNLOCKED
    return door


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def reasons(events):
    return [event.reason for event in of(DoorLocked, events)]


def test_left_to_itself_the_door_goes_by_the_rules_of_the_house():
    assert AUTO.now(Mode.AUTO) == AUTO


def test_a_curfew_holds_back_the_welcome_it_names_and_nobody_else():
    policy = Policy(admit=frozenset({DOG, "fox"})).now(Mode.AUTO, frozenset({DOG, CAT}))
    assert policy.held_back == {DOG: Hold.CURFEW}


def test_a_door_that_observes_keeps_its_curfew():
    assert AUTO.now(Mode.OBSERVE, frozenset({DOG})) == replace(CURFEW, moves_bolt=False)


def test_a_locked_door_holds_back_all_whatever_the_hour_and_hears_no_button():
    policy = AUTO.now(Mode.LOCKED, frozenset({DOG}))
    assert (policy.held_back, policy.opens_for_buttons) == ({DOG: Hold.MODE}, False)


def test_an_unlocked_door_admits_every_known_animal_whatever_the_hour():
    policy = Policy(keep_in=frozenset({CAT, OTHER})).now(Mode.UNLOCKED, frozenset({DOG}))
    assert (policy.admit, policy.keep_in, policy.held_back) == ({DOG, CAT}, frozenset(), {})


@pytest.mark.parametrize(("policy", "hold"), [(LOCKED, Hold.MODE), (CURFEW, Hold.CURFEW)])
def test_a_welcome_animal_is_held_back_and_that_is_told_once_a_visit(policy, hold):
    door, events = live(Door(), 10.0, A_DOG, policy)
    judged = of(AnimalJudged, events)
    assert [(event.verdict, event.held_by) for event in judged] == [(Verdict.HOLD, hold)]
    assert door.latch is LatchState.LOCKED
    door, _ = live(door, 4.0, None, policy)
    assert len(of(AnimalJudged, live(door, 10.0, A_DOG, policy)[1])) == 1


def test_an_animal_that_is_held_back_waits_and_that_is_told():
    assert of(AnimalWaiting, live(Door(), 600.0, A_DOG, LOCKED)[1])


def test_a_cat_beside_a_dog_that_is_held_back_is_kept_in():
    both = Sighting(DOG, 0.7, {DOG: 0.7, CAT: 0.3})
    judged = of(AnimalJudged, live(Door(), 3.0, both, LOCKED)[1])
    assert [(event.verdict, event.held_by) for event in judged] == [(Verdict.KEEP_IN, None)]


@pytest.mark.parametrize(("before", "hold"), [(LOCKED, "mode"), (CURFEW, "curfew")])
def test_an_animal_that_was_held_back_comes_in_as_soon_as_it_may(before, hold):
    door, events = live(Door(), 5.0, A_DOG, before)
    assert hold in str(of(AnimalJudged, events)[0])
    assert of(DoorUnlocked, told(door, SHUT, AUTO, A_DOG)[1]) == [DoorUnlocked(Cause.ANIMAL, species=DOG)]


def test_a_locked_door_opens_for_no_button_but_for_the_owner_and_an_emergency():
    assert of(DoorUnlocked, told(Door(), Contacts(pressed=Way.OUT), LOCKED)[1]) == []
    assert of(DoorUnlocked, told(Door(), Contacts(opens=Way.OUT), LOCKED)[1])
    assert of(DoorUnlocked, told(Door(), CALL, LOCKED)[1])


def test_an_unlocked_door_opens_for_a_cat_too_and_for_a_moment_only():
    door, events = live(Door(), 1.0, A_CAT, UNLOCKED)
    assert of(DoorUnlocked, events) == [DoorUnlocked(Cause.ANIMAL, species=CAT)]
    assert reasons(live(door, 30.0, None, UNLOCKED)[1]) == [LockReason.TIME]


def test_an_unlocked_door_does_not_open_for_something_unknown():
    assert of(DoorUnlocked, live(Door(), 10.0, SOMETHING, UNLOCKED)[1]) == []


def test_a_cat_kept_in_a_moment_ago_does_not_bar_a_door_that_was_unlocked_since():
    door, _ = live(Door(), 2.0, A_CAT)
    assert of(DoorUnlocked, told(door, SHUT, UNLOCKED, A_CAT)[1])


def test_a_door_that_observes_tells_once_whom_it_would_admit_and_does_not_move():
    door, events = live(Door(), 600.0, A_DOG, OBSERVE)
    judged = of(AnimalJudged, events)
    assert [(event.verdict, event.observed) for event in judged] == [(Verdict.ADMIT, True)]
    assert (door.latch, events) == (LatchState.LOCKED, judged)


@pytest.mark.parametrize("contacts", [Contacts(pressed=Way.OUT), Contacts(opens=Way.IN)])
def test_a_door_that_observes_is_moved_by_no_button_and_no_order(contacts):
    assert told(Door(), contacts, OBSERVE)[1] == []


def test_a_door_that_observes_is_opened_by_an_emergency():
    door, events = told(Door(), CALL, OBSERVE)
    assert events == [Emergency(120.0), DoorUnlocked(Cause.EMERGENCY, Way.OUT)]
    assert live(door, 100.0, None, OBSERVE)[0].latch is LatchState.UNLOCKED


@pytest.mark.parametrize("policy", [LOCKED, CURFEW, OBSERVE])
def test_a_mode_that_changes_lets_the_bolt_fall_behind_an_animal_once_the_flap_has_closed(policy):
    door, _ = told(admitted(), OPEN)
    door, events = live(door, 2.0, None, policy, OPEN)
    assert events == []
    assert reasons(told(door, SHUT, policy)[1]) == [LockReason.HOLD]


@pytest.mark.parametrize("policy", [LOCKED, OBSERVE])
def test_a_mode_that_changes_lets_the_bolt_fall_that_a_button_has_drawn(policy):
    door, _ = told(Door(), Contacts(pressed=Way.OUT))
    assert reasons(told(door, SHUT, policy)[1]) == [LockReason.HOLD]


def test_a_mode_that_changes_does_not_take_the_owners_word_back():
    door, _ = told(Door(), Contacts(opens=Way.OUT))
    assert told(door, SHUT, LOCKED)[1] == []


def test_told_to_lock_the_bolt_falls_at_once_behind_a_closed_flap():
    assert reasons(told(admitted(), LOCK)[1]) == [LockReason.COMMAND]


def test_told_to_lock_the_bolt_falls_as_soon_as_an_open_flap_has_closed():
    door, _ = told(admitted(), OPEN)
    door, events = told(door, replace(OPEN, locks=True))
    assert events == []
    assert live(door, 2.0, A_DOG, AUTO, OPEN)[1] == []
    assert reasons(told(door, SHUT)[1]) == [LockReason.COMMAND]


def test_whoever_stands_there_when_told_to_lock_is_not_let_in_until_they_have_gone():
    door, _ = told(admitted(), LOCK, AUTO, A_DOG)
    door, events = live(door, 60.0, A_DOG)
    assert of(DoorUnlocked, events) == []
    door, _ = live(door, 4.0)
    assert of(DoorUnlocked, live(door, 2.0, A_DOG)[1])


def test_a_dog_that_comes_after_another_was_sent_away_is_let_in_though_rain_goes_on():
    door, _ = told(admitted(), LOCK, AUTO, A_DOG)
    door, _ = live(door, 5.0, SOMETHING)
    assert of(DoorUnlocked, live(door, 2.0, A_DOG)[1])


def test_told_to_lock_a_door_that_is_called_by_an_emergency_goes_on():
    door, _ = told(Door(), CALL)
    door, events = told(door, LOCK)
    assert (door.latch, events) == (LatchState.UNLOCKED, [])
    assert reasons(live(door, 121.0)[1]) == [LockReason.TIME]


@pytest.mark.parametrize("way", Way)
def test_told_to_unlock_the_door_opens_that_way_for_a_moment(way):
    door, events = told(Door(), Contacts(opens=way))
    assert events == [DoorUnlocked(Cause.COMMAND, way)]
    assert live(door, 30.0)[1] == [DoorLocked(LockReason.TIME, 5.0)]


def test_told_to_unlock_the_door_first_rests():
    door, _ = told(Door(), Contacts(opens=Way.IN))
    door, _ = live(door, 5.0)
    assert told(door, Contacts(opens=Way.IN))[1] == []
    door, _ = live(door, 3.0)
    assert of(DoorUnlocked, told(door, Contacts(opens=Way.IN))[1])


@pytest.mark.parametrize("way", Way)
def test_told_to_unlock_a_door_open_for_a_dog_it_is_the_owners_and_its_time_begins_anew(way):
    door, _ = live(admitted(), 4.5)
    door, events = told(door, Contacts(opens=way))
    assert (events, door.drawn) == ([DoorUnlocked(Cause.COMMAND, way)], way)
    door, events = live(door, 4.75, A_CAT)
    assert (door.latch, events) == (LatchState.UNLOCKED, [])
    assert live(door, 0.25, A_CAT)[1] == [DoorLocked(LockReason.TIME, 9.75)]


def test_told_to_unlock_again_the_time_begins_anew_and_nothing_is_told_but_the_other_way():
    door, _ = told(Door(), Contacts(opens=Way.IN))
    door, _ = live(door, 4.0)
    door, events = told(door, Contacts(opens=Way.IN))
    assert events == []
    door, events = live(door, 4.0)
    assert (door.latch, events) == (LatchState.UNLOCKED, [])
    assert told(door, Contacts(opens=Way.OUT))[1] == [DoorUnlocked(Cause.COMMAND, Way.OUT)]


@pytest.mark.parametrize("wires", [OPEN, Contacts(beam_is_broken=True)])
def test_of_two_coils_the_other_is_not_drawn_while_somebody_is_in_the_flap(wires):
    policy = Policy(has_two_coils=True)
    door, _ = told(Door(), Contacts(pressed=Way.OUT), policy)
    door, _ = live(door, 1.0, None, policy, wires)
    door, events = told(door, replace(wires, opens=Way.IN), policy)
    assert (events, door.drawn, door.unlocked.cause) == ([], Way.OUT, Cause.BUTTON)
    assert told(door, replace(wires, opens=Way.OUT), policy)[1] == [DoorUnlocked(Cause.COMMAND, Way.OUT)]


def test_one_coil_is_drawn_both_ways_whoever_is_in_the_flap():
    door, _ = told(Door(), Contacts(pressed=Way.OUT))
    assert told(door, replace(OPEN, opens=Way.IN))[1] == [DoorUnlocked(Cause.COMMAND, Way.IN)]


def test_told_to_unlock_again_and_again_the_longest_unlock_is_not_exceeded():
    _, events = live(Door(), 20.25, contacts=Contacts(opens=Way.IN))
    assert events == [DoorUnlocked(Cause.COMMAND), DoorLocked(LockReason.CAP, 20.0)]


def test_told_to_unlock_again_and_again_the_coil_is_not_burnt():
    policy = Policy(heat=HeatBudget(0.25, 24.0))
    _, events = live(Door(), 6.25, None, policy, Contacts(opens=Way.IN))
    assert events == [DoorUnlocked(Cause.COMMAND), DoorLocked(LockReason.HEAT, 6.0)]


def test_told_to_unlock_as_the_longest_unlock_is_reached_nothing_is_told_but_that():
    door, _ = live(admitted(), 19.75, A_DOG)
    assert told(door, Contacts(opens=Way.OUT))[1] == [DoorLocked(LockReason.CAP, 20.0)]


def test_told_to_unlock_behind_a_dog_that_is_through_the_door_waits_for_somebody_else():
    door, _ = live(admitted(), 0.5, contacts=OPEN)
    door, _ = told(door, replace(OPEN, opens=Way.IN))
    door, events = live(door, 4.5)
    assert (door.latch, events) == (LatchState.UNLOCKED, [])


def test_told_to_unlock_a_flap_that_is_being_freed_the_door_is_the_owners():
    door, _ = told(Door(), Contacts(opens=Way.IN))
    door, events = live(door, 57.0, contacts=OPEN)
    assert door.unlocked.cause is Cause.JAM
    door, _ = told(door, replace(OPEN, opens=Way.IN))
    door, events = live(door, 8.0, contacts=OPEN)
    assert (door.latch, events) == (LatchState.UNLOCKED, [])


def test_told_to_unlock_a_door_that_an_emergency_holds_open_nothing_changes():
    door, _ = told(Door(), CALL)
    door, events = told(door, Contacts(opens=Way.IN))
    assert (events, door.drawn, door.unlocked.cause) == ([], Way.OUT, Cause.EMERGENCY)


def test_told_to_unlock_the_coil_is_not_burnt():
    policy = Policy(heat=HeatBudget(0.25, 24.0))
    door, _ = told(Door(), Contacts(opens=Way.IN), policy)
    door, _ = live(door, 10.0, None, policy)
    assert [type(event) for event in told(door, Contacts(opens=Way.IN), policy)[1]] == [CoilHot]
