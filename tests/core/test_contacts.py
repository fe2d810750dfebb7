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
from petdoor.core.flap import Flap
from petdoor.core.heat import HeatBudget
from petdoor.core.modes import Mode
from petdoor.core.policy import Policy
from petdoor.core.species import CAT, DOG, Sighting

POLICY = Policy()
EVERY = 0.25
A_DOG = Sighting(DOG, 0.9, {DOG: 0.9, CAT: 0.0})
A_CAT = Sighting(CAT, 0.9, {DOG: 0.0, CAT: 0.9})
OPEN = Contacts(flap_is_closed=False)
SHUT = Contacts()
BEAM = Contacts(beam_is_broken=True)
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
    assert of(FlapJammed, events) == [FlapJammed(open_seconds=24.75)]
    assert door.latch is LatchState.JAMMED
    door, events = feel(door, 1.0, SHUT)
    assert [type(event) for event in events] == [FlapFreed]
    assert door.latch is LatchState.LOCKED


def test_whoever_is_in_the_flap_as_the_bolt_falls_has_the_usual_time_to_come_out_of_it():
    door, events = feel(admitted(), 24.5, OPEN)
    assert reasons(events) == [LockReason.CAP]
    assert of(FlapJammed, events) == []
    assert feel(door, 5.0, SHUT)[1] == []


def test_a_flap_that_stays_open_is_jammed_however_often_the_dog_before_it_is_let_in():
    door, events = feel(admitted(), 20.0, OPEN, A_DOG)
    assert reasons(events) == [LockReason.CAP]
    _, events = feel(door, 60.0, OPEN, A_DOG)
    assert len(of(DoorUnlocked, events)) > 1
    assert of(FlapJammed, events)


def test_a_flap_that_is_pushed_open_though_locked_is_told_of():
    door, _ = feel(Door(), 1.0)
    door, events = feel(door, 4.75, OPEN)
    assert events == []
    door, events = feel(door, 1.0, OPEN)
    assert of(FlapJammed, events) == [FlapJammed(open_seconds=5.0)]


def left_open(way=Way.OUT, policy=POLICY):
    """A door whose flap was left open by somebody a button let through; the bolt has just fallen."""
    door, _ = once(Door(), Contacts(pressed=way), policy)
    door, _ = feel(door, policy.max_unlock_seconds, OPEN, policy=policy)
    assert door.latch is not LatchState.UNLOCKED
    return door


@pytest.mark.parametrize("way", Way)
def test_a_flap_left_open_is_freed_by_drawing_the_bolt_the_way_it_was_opened_a_few_times(way):
    door, events = feel(left_open(way), 3600.0, OPEN)
    assert of(DoorUnlocked, events) == [DoorUnlocked(Cause.JAM, way)] * 3
    assert {event.unlocked_seconds for event in of(DoorLocked, events)} == {5.0}
    assert door.latch is LatchState.JAMMED
    assert feel(door, 1.0, SHUT)[0].latch is LatchState.LOCKED


def test_each_attempt_to_free_a_flap_waits_twice_as_long():
    door, tried_at = left_open(), []
    for _ in range(1200):
        door, events = once(door, OPEN)
        tried_at += [door.now for event in of(DoorUnlocked, events)]
    first, second, third = tried_at
    assert (second - first, third - second) == (60.0, 120.0)


def test_a_flap_that_closed_and_was_left_open_anew_is_freed_anew():
    door, _ = feel(left_open(), 600.0, OPEN)
    door, _ = feel(door, 5.0, SHUT)
    door, _ = once(door, INSIDE)
    _, events = feel(door, 60.0, OPEN)
    assert [event.cause for event in of(DoorUnlocked, events)] == [Cause.JAM]


def test_whoever_waits_in_the_beam_before_the_locked_door_does_not_jam_the_flap():
    door, events = feel(Door(), 3600.0, BEAM)
    assert (door.latch, events) == (LatchState.LOCKED, [])


def test_whoever_stays_in_the_beam_when_the_bolt_has_fallen_does_not_jam_the_flap():
    door, _ = once(Door(), INSIDE)
    door, events = feel(door, 600.0, BEAM)
    assert reasons(events) == [LockReason.CAP]
    assert (door.latch, len(events)) == (LatchState.LOCKED, 1)


def test_a_flap_that_has_closed_is_no_longer_jammed_though_somebody_stands_in_its_beam():
    door, _ = feel(left_open(), 10.0, OPEN)
    door, events = feel(door, 1.0, BEAM)
    assert [type(event) for event in events] == [FlapFreed]
    assert door.latch is LatchState.LOCKED


def test_a_dog_that_stood_in_the_beam_as_it_was_let_in_and_steps_back_has_not_gone_through():
    door, events = feel(Door(), 1.0, BEAM, A_DOG)
    assert of(DoorUnlocked, events)
    door, events = feel(door, 4.75, SHUT)
    assert (door.latch, events) == (LatchState.UNLOCKED, [])
    assert reasons(feel(door, 0.25, SHUT)[1]) == [LockReason.TIME]


def test_a_dog_that_stood_in_the_beam_as_it_was_let_in_has_gone_through_once_the_flap_was_open():
    door, _ = feel(Door(), 1.0, BEAM, A_DOG)
    door, _ = feel(door, 0.5, replace(BEAM, flap_is_closed=False))
    door, events = feel(door, 0.75, SHUT)
    assert reasons(events) == [LockReason.PASSAGE]


def test_where_only_a_beam_is_wired_whoever_comes_into_it_and_leaves_has_gone_through():
    door, _ = feel(admitted(), 0.5, BEAM)
    assert reasons(feel(door, 0.75, SHUT)[1]) == [LockReason.PASSAGE]


def test_the_bolt_does_not_fall_while_somebody_stands_in_the_beam():
    door, events = feel(feel(Door(), 1.0, BEAM, A_DOG)[0], 10.0, BEAM)
    assert (door.latch, events) == (LatchState.UNLOCKED, [])


def begun_behind(way):
    """A door that begins a moment after the bolt was drawn this way."""
    return Door(flap=Flap(stands_open=True, opened=way))


@pytest.mark.parametrize("way", Way)
def test_a_flap_that_was_left_open_before_the_start_is_freed_the_way_it_was_opened_a_few_times(way):
    _, events = feel(begun_behind(way), 3600.0, OPEN)
    assert of(DoorUnlocked, events) == [DoorUnlocked(Cause.JAM, way)] * 3


def test_a_flap_that_hangs_shut_at_the_start_was_opened_by_nobody():
    door, events = feel(begun_behind(Way.OUT), 1.0, SHUT)
    assert events == []
    assert of(DoorUnlocked, feel(door, 3600.0, OPEN)[1]) == []


def test_a_flap_that_was_forced_or_whose_wire_is_cut_draws_no_bolt():
    door, _ = feel(Door(), 1.0)
    door, events = feel(door, 3600.0, OPEN)
    assert (door.latch, of(DoorUnlocked, events)) == (LatchState.JAMMED, [])


def test_a_flap_that_stood_open_before_anybody_was_let_through_draws_no_bolt_afterwards():
    door, _ = feel(Door(), 1.0, OPEN)
    door, _ = once(door, replace(OPEN, pressed=Way.OUT))
    door, _ = feel(door, 20.0, OPEN)
    assert of(DoorUnlocked, feel(door, 600.0, OPEN)[1]) == []


@pytest.mark.parametrize("sighting", [A_CAT, A_DOG])
def test_a_flap_left_open_is_not_freed_before_somebody_who_stands_there(sighting):
    policy = replace(POLICY, admit=frozenset({"fox"}))
    door, events = feel(left_open(policy=policy), 600.0, OPEN, sighting, policy)
    assert of(DoorUnlocked, events) == []
    assert of(DoorUnlocked, feel(door, 10.0, OPEN, policy=policy)[1])


def test_a_flap_left_open_is_not_freed_by_eyes_that_cannot_be_trusted():
    blind = replace(POLICY, trusts_its_eyes=False)
    assert of(DoorUnlocked, feel(left_open(), 600.0, OPEN, policy=blind)[1]) == []


@pytest.mark.parametrize("mode", [Mode.LOCKED, Mode.OBSERVE])
def test_a_flap_left_open_is_not_freed_by_a_door_that_is_to_stay_locked(mode):
    assert of(DoorUnlocked, feel(left_open(), 600.0, OPEN, policy=POLICY.now(mode))[1]) == []


def being_freed():
    door, _ = feel(left_open(), 37.0, OPEN)
    assert door.unlocked.cause is Cause.JAM
    return door


def test_the_bolt_falls_at_once_behind_a_jammed_flap_that_fell_shut():
    _, events = feel(being_freed(), 0.75, SHUT)
    assert reasons(events) == [LockReason.PASSAGE]


def test_the_bolt_falls_at_once_when_a_cat_comes_while_a_flap_is_freed():
    _, events = feel(being_freed(), 0.5, OPEN, A_CAT)
    assert reasons(events) == [LockReason.VETO]


def test_an_emergency_takes_over_from_an_attempt_to_free_the_flap():
    door, events = once(being_freed(), replace(OPEN, emergency=True))
    assert events == [Emergency(120.0)]
    assert feel(door, 100.0, OPEN)[1] == []


def test_a_flap_is_not_tried_to_be_freed_while_the_coil_is_too_hot_and_that_is_no_attempt():
    policy = replace(POLICY, heat=HeatBudget(0.01, 2000.0))
    door, events = feel(left_open(policy=policy), 1000.0, OPEN, policy=policy)
    assert (of(DoorUnlocked, events), door.flap.tries) == ([], 0)


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


def resting(policy=POLICY):
    """A door whose bolt has just fallen."""
    door, _ = once(Door(), INSIDE, policy)
    door, events = feel(door, 5.0, policy=policy)
    assert reasons(events) == [LockReason.TIME]
    return door


def test_a_button_pressed_once_while_the_latch_rests_opens_when_it_has_rested_and_only_then():
    door, events = once(resting(), OUTSIDE)
    assert events == []
    door, events = feel(door, 2.75)
    assert events == [DoorUnlocked(Cause.BUTTON, Way.IN)]
    assert of(DoorUnlocked, feel(door, 60.0)[1]) == []


def test_a_button_pressed_longer_ago_than_three_seconds_opens_nothing():
    policy = replace(POLICY, refractory_seconds=3.5)
    door, _ = once(resting(policy), INSIDE, policy)
    assert feel(door, 60.0, policy=policy)[1] == []
    assert once(Door(), replace(INSIDE, pressed_seconds_ago=3.25))[1] == []


def test_how_slow_the_loop_was_counts_towards_how_long_a_press_is_meant():
    door, _ = once(resting(), replace(INSIDE, pressed_seconds_ago=0.5))
    assert feel(door, 60.0)[1] == []


def test_a_press_that_was_obeyed_opens_no_second_time():
    hasty = replace(POLICY, refractory_seconds=0.0)
    door, _ = once(Door(), INSIDE, hasty)
    door, _ = feel(door, 0.25, OPEN, policy=hasty)
    _, events = feel(door, 60.0, policy=hasty)
    assert [type(event) for event in events] == [DoorLocked]


def test_told_to_lock_a_button_pressed_before_opens_nothing():
    door, _ = once(resting(), INSIDE)
    door, _ = once(door, Contacts(locks=True))
    assert feel(door, 60.0)[1] == []


@pytest.mark.parametrize("pressed", [INSIDE, replace(INSIDE, pressed_seconds_ago=2.5)])
def test_told_to_lock_a_button_that_is_heard_with_it_opens_nothing(pressed):
    door, events = once(Door(), replace(pressed, locks=True))
    assert events == []
    assert feel(door, 60.0)[1] == []
    assert of(DoorUnlocked, once(door, INSIDE)[1])


def test_told_to_lock_no_flap_is_freed_in_that_step():
    door, _ = feel(left_open(), 34.75, OPEN)
    assert once(door, replace(OPEN, locks=True))[1] == []
    assert [event.cause for event in once(door, OPEN)[1]] == [Cause.JAM]


@pytest.mark.parametrize("mode", [Mode.LOCKED, Mode.OBSERVE])
def test_a_button_pressed_while_none_may_open_opens_nothing_in_another_mode_either(mode):
    door, _ = once(Door(), INSIDE, POLICY.now(mode))
    assert feel(door, 60.0)[1] == []


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
    assert reasons(feel(door, 1.0)[1]) == [LockReason.TIME]


def test_an_emergency_waits_for_no_rest():
    door, _ = once(Door(), INSIDE)
    door, _ = feel(door, 5.25)
    door, events = once(door, CALL)
    assert of(DoorUnlocked, events)


def test_an_emergency_takes_over_a_door_that_is_open_already_and_opens_the_way_out():
    door, events = once(admitted(), CALL)
    assert events == [Emergency(120.0)]
    assert door.drawn is Way.OUT
    door, events = feel(door, 119.5, sighting=A_CAT)
    assert (door.latch, events) == (LatchState.UNLOCKED, [])
    assert reasons(feel(door, 1.0)[1]) == [LockReason.TIME]


def test_the_bolt_falls_after_an_emergency_though_the_flap_is_left_open():
    door, _ = once(Door(), CALL)
    door, events = feel(door, 121.0, OPEN)
    assert reasons(events) == [LockReason.CAP]


RINGS, RESTS = Contacts(rings=True), Contacts(rings=False)


def test_an_alarm_calls_when_it_begins_to_ring_and_only_then():
    door, _ = once(Door(), RESTS)
    door, events = feel(door, 600.0, RINGS)
    assert [type(event) for event in events] == [Emergency, DoorUnlocked, DoorLocked]


def test_an_alarm_that_rings_from_the_start_is_a_broken_wire():
    assert feel(Door(), 600.0, RINGS)[1] == []


def test_an_alarm_that_is_wired_anew_and_rings_is_a_broken_wire():
    door, _ = feel(Door(), 1.0, SHUT)
    assert feel(door, 600.0, RINGS)[1] == []


def test_an_alarm_that_begins_while_nobody_looks_calls_at_the_next_step():
    door, _ = once(Door(), RESTS)
    door, events = step(door, None, door.clock + 60.0, POLICY, RINGS)
    assert of(Emergency, events)


def test_an_alarm_that_rings_anew_calls_anew():
    door, _ = once(Door(), RESTS)
    door, _ = feel(door, 150.0, RINGS)
    door, _ = once(door, RESTS)
    assert of(Emergency, once(door, RINGS)[1])


def test_an_emergency_called_anew_as_it_ends_lets_the_bolt_fall_before_the_last_guard_does():
    door, _ = once(Door(), CALL)
    since = door.now
    door, _ = feel(door, 119.75)
    door, events = once(door, CALL)
    assert events == [Emergency(120.0)]
    door, events = feel(door, 60.0)
    assert [type(event) for event in events] == [DoorLocked, DoorUnlocked]
    assert events[0] == DoorLocked(LockReason.CAP, 140.0)
    assert door.unlocked.since == since + 140.25


def test_an_emergency_that_is_called_off_lets_the_bolt_fall():
    door, _ = once(Door(), CALL)
    door, events = once(door, Contacts(calms=True))
    assert (reasons(events), door.is_called) == ([LockReason.COMMAND], False)
    assert feel(door, 10.0)[1] == []


def test_calling_off_an_emergency_that_nobody_called_changes_nothing():
    door, events = once(admitted(), Contacts(calms=True))
    assert (door.latch, events) == (LatchState.UNLOCKED, [])


def test_an_alarm_that_begins_as_another_is_called_off_is_heard():
    door, _ = feel(Door(), 1.0, replace(RESTS, emergency=True))
    door, events = once(door, replace(RINGS, calms=True))
    assert (of(Emergency, events), door.is_called) == ([Emergency(120.0)], True)
    assert door.latch is LatchState.UNLOCKED


@pytest.mark.parametrize("reason", [LockReason.CAMERA, LockReason.EYESIGHT])
def test_a_door_that_sees_no_longer_lets_its_bolt_fall_as_soon_as_the_flap_has_closed(reason):
    door, _ = once(admitted(), OPEN)
    door, events = lock(door, door.clock, reason, POLICY)
    assert (door.latch, events) == (LatchState.UNLOCKED, [])
    door, events = feel(door, 2.0, OPEN)
    assert events == []
    assert reasons(once(door, SHUT)[1]) == [reason]


def test_a_door_that_sees_no_longer_cuts_the_current_at_the_longest_unlock():
    door, _ = once(admitted(), OPEN)
    door, _ = lock(door, door.clock, LockReason.CAMERA, POLICY)
    assert reasons(feel(door, 25.0, OPEN)[1]) == [LockReason.CAP]


def test_a_door_that_stops_locks_at_once_wherever_the_flap_hangs():
    door, _ = once(admitted(), OPEN)
    assert reasons(lock(door, door.clock, LockReason.STOP, POLICY)[1]) == [LockReason.STOP]


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
