from dataclasses import replace

import pytest

from petdoor.core.contacts import Contacts, Way
from petdoor.core.decision import lock, step
from petdoor.core.door import Door, LatchState
from petdoor.core.events import (
    Cause,
    CoilHot,
    DoorLocked,
    DoorUnlocked,
    Emergency,
    FlapFreed,
    FlapJammed,
    LockReason,
)
from petdoor.core.heat import HeatBudget
from petdoor.core.policy import Policy
from petdoor.core.species import CAT, DOG, Sighting

POLICY = Policy()
EVERY = 0.25
A_DOG = Sighting(DOG, 0.9, {DOG: 0.9, CAT: 0.0})
A_CAT = Sighting(CAT, 0.9, {DOG: 0.0, CAT: 0.9})
OPEN = Contacts(flap_is_closed=False)
SHUT = Contacts()
CALL = Contacts(emergency=True)
INSIDE, OUTSIDE = Contacts(pressed=Way.OUT), Contacts(pressed=Way.IN)


def feel(door, seconds, contacts=SHUT, sighting=None, policy=POLICY):
    """Step the door through so many seconds of the same; all events in order."""
    events = []
    for _ in range(round(seconds / EVERY)):
        now = 0.0 if door.clock is None else door.clock + EVERY
        door, news = step(door, sighting, now, policy, contacts)
        events += news
    return door, events


def once(door, contacts, policy=POLICY):
    """One pass, as a button or a call lasts."""
    return feel(door, EVERY, contacts, policy=policy)


def admitted(policy=POLICY):
    door, _ = feel(Door(), 1.0, sighting=A_DOG, policy=policy)
    assert door.latch is LatchState.UNLOCKED
    return door


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def reasons(events):
    return [event.reason for event in of(DoorLocked, events)]


def test_the_bolt_falls_as_soon_as_the_flap_has_closed_behind_the_dog():
    door, _ = feel(admitted(), 0.5, OPEN)
    door, events = feel(door, 0.75, SHUT)
    assert reasons(events) == [LockReason.PASSAGE]
    assert events[0].unlocked_seconds == pytest.approx(1.25)


def test_a_flap_that_still_swings_keeps_the_bolt_drawn():
    door = admitted()
    for _ in range(4):
        door, _ = feel(door, 0.25, OPEN)
        door, _ = feel(door, 0.25, SHUT)
    assert door.latch is LatchState.UNLOCKED


def test_the_bolt_does_not_fall_against_an_open_flap_when_the_time_is_up():
    door, events = feel(admitted(), 8.0, OPEN)
    assert (door.latch, events) == (LatchState.UNLOCKED, [])


def test_a_cat_behind_the_dog_is_locked_in_as_soon_as_the_flap_allows():
    door, _ = feel(admitted(), 1.0, OPEN, A_CAT)
    assert door.latch is LatchState.UNLOCKED
    door, events = feel(door, 0.25, SHUT, A_CAT)
    assert reasons(events) == [LockReason.VETO]


def test_the_current_is_cut_at_the_longest_unlock_and_the_flap_is_jammed_until_it_closes():
    door, events = feel(admitted(), 25.0, OPEN)
    assert reasons(events) == [LockReason.CAP]
    assert of(FlapJammed, events) == [FlapJammed(open_seconds=20.0)]
    assert door.latch is LatchState.JAMMED
    door, events = feel(door, 1.0, SHUT)
    assert [type(event) for event in events] == [FlapFreed]
    assert door.latch is LatchState.LOCKED


def test_a_flap_that_is_pushed_open_though_locked_is_told_of():
    door, _ = feel(Door(), 1.0)
    door, events = feel(door, 4.75, OPEN)
    assert events == []
    door, events = feel(door, 1.0, OPEN)
    assert of(FlapJammed, events) == [FlapJammed(open_seconds=5.0)]


def test_a_jammed_flap_is_freed_by_drawing_the_bolt_for_a_moment_less_and_less_often():
    door, events = feel(Door(), 300.0, OPEN)
    assert [event.cause for event in of(DoorUnlocked, events)] == [Cause.JAM] * 3
    door, _ = feel(door, 2.0, SHUT)
    assert door.latch is LatchState.LOCKED


def test_the_bolt_falls_at_once_behind_a_jammed_flap_that_fell_shut():
    door, events = feel(Door(), 36.0, OPEN)
    assert of(DoorUnlocked, events)
    assert door.latch is LatchState.UNLOCKED
    door, events = feel(door, 0.75, SHUT)
    assert reasons(events) == [LockReason.PASSAGE]


@pytest.mark.parametrize(("button", "way"), [(INSIDE, Way.OUT), (OUTSIDE, Way.IN)])
def test_a_button_opens_the_door_its_way_for_the_usual_time(button, way):
    door, events = once(Door(), button)
    assert events == [DoorUnlocked(Cause.BUTTON, way)]
    door, events = feel(door, 6.0)
    assert events == [DoorLocked(LockReason.TIME, 5.0)]


def test_a_button_pressed_again_neither_locks_the_door_nor_keeps_it_open():
    door, _ = once(Door(), INSIDE)
    door, events = feel(door, 4.75, INSIDE)
    assert (door.latch, events) == (LatchState.UNLOCKED, [])
    assert reasons(feel(door, 1.0, INSIDE)[1]) == [LockReason.TIME]


def test_who_presses_a_button_may_let_the_cat_out():
    door, _ = once(Door(), INSIDE)
    door, events = feel(door, 2.0, SHUT, A_CAT)
    assert (door.latch, events) == (LatchState.UNLOCKED, [])


def test_a_button_needs_no_camera():
    door, _ = once(Door(), INSIDE)
    door, events = lock(door, door.clock, LockReason.CAMERA, POLICY)
    assert (door.latch, events) == (LatchState.UNLOCKED, [])


def test_a_button_waits_until_the_latch_has_rested():
    door, _ = once(Door(), INSIDE)
    door, events = feel(door, 5.0)
    assert reasons(events) == [LockReason.TIME]
    door, events = feel(door, 2.75, INSIDE)
    assert events == []
    assert of(DoorUnlocked, once(door, INSIDE)[1])


def test_a_button_is_not_spared_the_heat_of_the_coil():
    policy = replace(POLICY, heat=HeatBudget(0.25, 24.0))
    door, _ = once(Door(), INSIDE, policy)
    door, _ = feel(door, 10.0, policy=policy)
    door, events = once(door, INSIDE, policy)
    assert [type(event) for event in events] == [CoilHot]


def test_an_emergency_opens_at_once_and_holds_the_door_for_its_time_whatever_is_seen():
    door, events = once(Door(), CALL)
    assert events == [Emergency(120.0), DoorUnlocked(Cause.EMERGENCY, Way.OUT)]
    door, events = feel(door, 119.5, sighting=A_CAT)
    assert (door.latch, events) == (LatchState.UNLOCKED, [])
    assert reasons(feel(door, 1.0)[1]) == [LockReason.CAP]


def test_an_emergency_waits_for_no_rest():
    door, _ = once(Door(), INSIDE)
    door, _ = feel(door, 5.25)
    door, events = once(door, CALL)
    assert of(DoorUnlocked, events)


def test_an_emergency_holds_a_door_that_is_open_already():
    door, events = once(admitted(), CALL)
    assert events == [Emergency(120.0)]
    door, events = feel(door, 100.0)
    assert (door.latch, events) == (LatchState.UNLOCKED, [])


def test_an_alarm_whose_contact_chatters_calls_once():
    door, _ = once(Door(), CALL)
    door, events = feel(door, 119.0, CALL)
    assert events == []
    assert reasons(feel(door, 2.0)[1]) == [LockReason.CAP]


@pytest.mark.parametrize("reason", [LockReason.CAMERA, LockReason.EYESIGHT])
def test_a_lost_camera_ends_no_emergency(reason):
    door, _ = once(Door(), CALL)
    assert lock(door, door.clock, reason, POLICY)[0].latch is LatchState.UNLOCKED


def test_a_petdoor_that_stops_locks_the_door_in_an_emergency_too():
    door, _ = once(Door(), CALL)
    assert lock(door, door.clock, LockReason.STOP, POLICY)[0].latch is LatchState.LOCKED


def test_an_emergency_does_not_burn_the_coil_and_opens_again_when_it_has_cooled():
    policy = replace(POLICY, heat=HeatBudget(0.25, 40.0))
    door, events = once(Door(), CALL, policy)
    door, events = feel(door, 50.0, policy=policy)
    assert reasons(events)[0] is LockReason.HEAT
    assert len(of(DoorUnlocked, events)) >= 1
    assert sum(event.unlocked_seconds for event in of(DoorLocked, events)) <= 20.0


def test_eyes_that_are_not_trusted_open_nothing_but_buttons_do():
    policy = replace(POLICY, trusts_its_eyes=False)
    door, events = feel(Door(), 5.0, sighting=A_DOG, policy=policy)
    assert (door.latch, of(DoorUnlocked, events)) == (LatchState.LOCKED, [])
    assert once(door, INSIDE, policy)[0].latch is LatchState.UNLOCKED
