from dataclasses import replace

import pytest

from petdoor.core.decision import lock, step, verdict
from petdoor.core.door import Door, LatchState
from petdoor.core.events import (
    AnimalJudged,
    Cause,
    CoilCooled,
    CoilHot,
    DoorLocked,
    DoorUnlocked,
    LockReason,
    Verdict,
)
from petdoor.core.heat import HeatBudget
from petdoor.core.policy import Policy
from petdoor.core.species import CAT, DOG, OTHER, Sighting

POLICY = Policy()
EVERY = 0.25


def sees(species, confidence=0.9, **beside):
    return Sighting(species, confidence, {DOG: 0.0, CAT: 0.0, OTHER: 0.0} | {species: confidence} | beside)


A_DOG, A_CAT, SOMETHING = sees(DOG), sees(CAT), sees(OTHER)


def watch(door, *sightings, policy=POLICY, every=EVERY):
    """Step the door through the sightings, one every quarter of a second; all events in order."""
    events = []
    for sighting in sightings:
        now = 0.0 if door.clock is None else door.clock + every
        door, news = step(door, sighting, now, policy)
        events += news
    return door, events


def opened(policy=POLICY):
    door, _ = watch(Door(), *[A_DOG] * policy.confirm_frames, policy=policy)
    assert door.latch is LatchState.UNLOCKED
    return door


def quiet(seconds):
    return [None] * round(seconds / EVERY)


def verdicts(events):
    return [event.verdict for event in events if isinstance(event, AnimalJudged)]


def test_a_new_door_is_locked():
    assert Door().latch is LatchState.LOCKED


def test_one_frame_never_opens_the_door():
    door, events = watch(Door(), sees(DOG, 1.0))
    assert (door.latch, events) == (LatchState.LOCKED, [])


def test_three_dog_frames_do_not_open_the_door_and_the_fourth_does():
    door, events = watch(Door(), *[A_DOG] * 3)
    assert (door.latch, events) == (LatchState.LOCKED, [])
    door, events = watch(door, A_DOG)
    assert door.latch is LatchState.UNLOCKED
    assert [type(event) for event in events] == [AnimalJudged, DoorUnlocked]


@pytest.mark.parametrize("odd_one", range(4))
def test_four_of_five_frames_are_enough_wherever_the_odd_one_stands(odd_one):
    frames = [A_DOG] * 5
    frames[odd_one] = SOMETHING
    assert watch(Door(), *frames)[0].latch is LatchState.UNLOCKED


def test_three_of_five_frames_are_too_few_however_long_it_goes_on():
    door, events = watch(Door(), *[A_DOG, A_DOG, SOMETHING, A_DOG, SOMETHING] * 4)
    assert (door.latch, verdicts(events)) == (LatchState.LOCKED, [])


def test_steps_without_a_frame_do_not_count_as_frames():
    door, _ = watch(Door(), A_DOG, None, A_DOG, None, A_DOG, None, A_DOG)
    assert door.latch is LatchState.UNLOCKED


def test_a_step_without_a_frame_opens_nothing():
    door, _ = watch(Door(), *[A_DOG] * 3)
    assert watch(door, None)[1] == []


def test_the_judgement_tells_what_the_frames_agree_on():
    _, events = watch(Door(), sees(DOG, 0.875, other=0.125), SOMETHING, *[sees(DOG, 0.625, cat=0.03125)] * 3)
    judged = events[0]
    assert (judged.verdict, judged.species, judged.agree, judged.frames) == (Verdict.ADMIT, DOG, 4, 5)
    assert judged.confidence == pytest.approx((0.875 + 3 * 0.625) / 4)
    assert judged.probabilities[DOG] == pytest.approx((0.875 + 3 * 0.625) / 5)
    assert judged.probabilities[CAT] == pytest.approx(3 * 0.03125 / 5)
    assert (judged.visit_seconds, judged.vetoed_by) == (1.0, None)


def test_the_door_tells_for_whom_it_opens():
    assert watch(Door(), *[A_DOG] * 4)[1][-1] == DoorUnlocked(Cause.ANIMAL, species=DOG)


@pytest.mark.parametrize("when", range(4))
def test_a_cat_that_shows_a_little_in_any_frame_keeps_the_door_locked(when):
    frames = [A_DOG] * 4
    frames[when] = sees(DOG, 0.85, cat=0.06)
    door, events = watch(Door(), *frames)
    assert door.latch is LatchState.LOCKED
    assert verdicts(events) == [Verdict.KEEP_IN]
    assert (events[0].species, events[0].vetoed_by) == (DOG, CAT)


def test_less_than_the_veto_confidence_does_not_bar_the_door():
    assert watch(Door(), *[sees(DOG, 0.9, cat=0.05)] * 4)[0].latch is LatchState.UNLOCKED


def test_the_door_opens_once_the_cat_has_left_the_window():
    door, _ = watch(Door(), sees(DOG, 0.8, cat=0.2), *[A_DOG] * 4)
    assert door.latch is LatchState.LOCKED
    assert watch(door, A_DOG)[0].latch is LatchState.UNLOCKED


def test_a_cat_is_kept_in_and_opens_nothing():
    door, events = watch(Door(), *[A_CAT] * 10)
    assert door.latch is LatchState.LOCKED
    assert verdicts(events) == [Verdict.KEEP_IN]
    assert (events[0].species, events[0].vetoed_by) == (CAT, None)


def test_two_cat_frames_lock_the_door_behind_a_dog():
    door, events = watch(opened(), A_CAT)
    assert (door.latch, events) == (LatchState.UNLOCKED, [])
    door, events = watch(door, A_CAT)
    assert door.latch is LatchState.LOCKED
    assert events == [DoorLocked(LockReason.VETO, 2 * EVERY)]


def test_two_cat_frames_lock_the_door_also_with_a_dog_between_them():
    _, events = watch(opened(), A_CAT, A_DOG, A_CAT)
    assert [event.reason for event in events] == [LockReason.VETO]


def test_two_cat_frames_further_apart_than_the_window_do_not_lock():
    assert watch(opened(), A_CAT, *[A_DOG] * 4, A_CAT)[1] == []


def test_something_unknown_behind_a_dog_does_not_lock_the_door():
    assert watch(opened(), *[SOMETHING] * 4)[1] == []


def test_the_door_locks_when_its_time_is_up():
    door, events = watch(opened(), *quiet(4.75))
    assert (door.latch, events) == (LatchState.UNLOCKED, [])
    door, events = watch(door, None)
    assert (door.latch, events) == (LatchState.LOCKED, [DoorLocked(LockReason.TIME, 5.0)])


def test_a_lingering_dog_keeps_the_door_open():
    door, events = watch(opened(), *[A_DOG] * 40)
    assert (door.latch, events) == (LatchState.UNLOCKED, [])


def test_the_door_locks_once_the_lingering_dog_was_gone_for_a_second():
    door, events = watch(opened(), *[A_DOG] * 40, *quiet(0.75))
    assert (door.latch, events) == (LatchState.UNLOCKED, [])
    _, events = watch(door, None)
    assert events == [DoorLocked(LockReason.TIME, 11.0)]


def test_other_animals_do_not_count_as_the_lingering_dog():
    _, events = watch(opened(), *quiet(4.75), SOMETHING)
    assert events == [DoorLocked(LockReason.TIME, 5.0)]


def test_a_dog_that_never_leaves_does_not_hold_the_door_open_for_ever():
    door, events = watch(opened(), *[A_DOG] * 79)
    assert (door.latch, events) == (LatchState.UNLOCKED, [])
    _, events = watch(door, A_DOG)
    assert events == [DoorLocked(LockReason.CAP, 20.0)]


def test_after_locking_the_door_rests():
    door, _ = watch(opened(), *quiet(5), *[A_DOG] * 11)
    assert door.latch is LatchState.LOCKED
    assert door.now == opened().now + 5.0 + POLICY.refractory_seconds - EVERY
    assert watch(door, A_DOG)[0].latch is LatchState.UNLOCKED


def test_while_the_door_rests_no_admission_is_told():
    assert verdicts(watch(opened(), *quiet(5), *[A_DOG] * 11)[1]) == []


def test_frames_from_before_locking_do_not_count_towards_the_next_unlocking():
    policy = replace(POLICY, refractory_seconds=0.0)
    door, _ = watch(opened(policy), *[A_DOG] * 80, policy=policy)
    assert watch(door, *[A_DOG] * 3, policy=policy)[0].latch is LatchState.LOCKED
    assert watch(door, *[A_DOG] * 4, policy=policy)[0].latch is LatchState.UNLOCKED


def test_a_second_admission_in_one_visit_is_told_again():
    _, events = watch(opened(), *[A_DOG] * 80, *[A_DOG] * 12)
    assert verdicts(events) == [Verdict.ADMIT]
    assert [type(event) for event in events] == [DoorLocked, AnimalJudged, DoorUnlocked]


def test_frames_of_an_old_visit_are_forgotten_after_the_gap():
    door, _ = watch(Door(), *[A_DOG] * 3, *quiet(3))
    assert watch(door, A_DOG)[0].latch is LatchState.LOCKED


def test_a_pause_as_long_as_the_gap_does_not_end_the_visit():
    door, _ = watch(Door(), *[A_DOG] * 3, *quiet(2.75))
    assert watch(door, A_DOG)[0].latch is LatchState.UNLOCKED


def test_an_old_visit_is_forgotten_also_when_no_step_fell_into_the_gap():
    door, _ = watch(Door(), *[A_DOG] * 3)
    assert step(door, A_DOG, door.clock + 3.5, POLICY)[0].latch is LatchState.LOCKED


def test_something_unknown_is_refused_only_after_a_while():
    door, events = watch(Door(), *[SOMETHING] * 8)
    assert events == []
    _, events = watch(door, SOMETHING)
    assert verdicts(events) == [Verdict.REFUSE]
    assert (events[0].species, events[0].visit_seconds) == (OTHER, 2.0)


def test_something_unknown_needs_as_many_frames_as_anything_else():
    _, events = watch(Door(), *[SOMETHING] * 3, every=1.0)
    assert events == []
    _, events = watch(Door(), *[SOMETHING] * 4, every=1.0)
    assert verdicts(events) == [Verdict.REFUSE]


def test_something_unknown_behind_a_cat_already_judged_is_not_refused():
    _, events = watch(Door(), *[A_CAT] * 4, *[SOMETHING] * 20)
    assert verdicts(events) == [Verdict.KEEP_IN]


def test_the_tail_of_a_dog_already_admitted_is_not_refused():
    door, _ = watch(opened(), *quiet(2.5), SOMETHING, *quiet(2.5))
    assert door.latch is LatchState.LOCKED
    assert watch(door, *[SOMETHING] * 20)[1] == []


def test_an_animal_taken_for_unknown_from_afar_is_admitted_when_it_comes_near():
    door, events = watch(Door(), *[SOMETHING] * 7, *[A_DOG] * 4)
    assert (door.latch, verdicts(events)) == (LatchState.UNLOCKED, [Verdict.ADMIT])


def test_a_refused_stranger_does_not_bar_a_dog_that_comes_after():
    door, events = watch(Door(), *[SOMETHING] * 10, *[A_DOG] * 4)
    assert verdicts(events) == [Verdict.REFUSE, Verdict.ADMIT]
    assert door.latch is LatchState.UNLOCKED


def test_a_known_animal_that_is_neither_welcome_nor_kept_in_is_refused_at_once():
    assert verdicts(watch(Door(), *[sees("fox")] * 4)[1]) == [Verdict.REFUSE]


def test_each_verdict_is_told_once_a_visit():
    _, events = watch(Door(), *[SOMETHING] * 20, *[A_CAT] * 20, *[SOMETHING] * 12, *[A_CAT] * 20)
    assert verdicts(events) == [Verdict.REFUSE, Verdict.KEEP_IN]


def test_in_endless_rain_each_animal_is_told_of_and_the_rain_once():
    rain = [SOMETHING] * 30
    _, events = watch(Door(), *rain, *[A_CAT] * 8, *rain, *[A_CAT] * 8, *rain, *[A_DOG] * 8, *rain * 4)
    assert verdicts(events) == [Verdict.REFUSE, Verdict.KEEP_IN, Verdict.KEEP_IN, Verdict.ADMIT]


def test_a_new_visit_is_told_anew():
    _, events = watch(Door(), *[A_CAT] * 4, *quiet(3.25), *[A_CAT] * 4)
    assert verdicts(events) == [Verdict.KEEP_IN, Verdict.KEEP_IN]


def test_a_clock_that_steps_back_does_not_lengthen_the_rest():
    door, _ = watch(opened(), *quiet(5))
    back, _ = step(door, None, door.clock - 100, POLICY)
    assert back.now == door.now
    assert watch(back, *[A_DOG] * 12)[0].latch is LatchState.UNLOCKED


def test_a_clock_that_steps_back_once_does_not_keep_the_door_open():
    back, _ = step(opened(), None, -100.0, POLICY)
    assert watch(back, *quiet(5))[0].latch is LatchState.LOCKED


def test_a_clock_that_steps_back_and_goes_on_from_there_does_not_keep_the_door_open():
    door, start = opened(), -100.0
    for quarter in range(int(4 * POLICY.max_unlock_seconds) + 1):
        door, _ = step(door, None, start + quarter * EVERY, POLICY)
    assert door.latch is LatchState.LOCKED


def test_a_clock_that_leaps_ahead_locks_the_door():
    door, events = step(opened(), A_DOG, 1e9, POLICY)
    assert door.latch is LatchState.LOCKED
    assert events[0].reason is LockReason.CAP


@pytest.mark.parametrize("reason", [LockReason.CAMERA, LockReason.STOP])
def test_the_door_can_be_locked_for_a_reason_outside_the_picture(reason):
    door = opened()
    locked, events = lock(door, door.clock + 1.5, reason, POLICY)
    assert locked.latch is LatchState.LOCKED
    assert events == [DoorLocked(reason, 1.5)]


def test_locking_a_locked_door_tells_nothing():
    door, events = lock(Door(), 10.0, LockReason.CAMERA, POLICY)
    assert (door.latch, events) == (LatchState.LOCKED, [])


def test_what_was_seen_before_the_camera_was_lost_is_forgotten():
    door, _ = watch(Door(), *[A_DOG] * 3)
    door, _ = lock(door, door.clock, LockReason.CAMERA, POLICY)
    assert watch(door, *[A_DOG] * 3)[0].latch is LatchState.LOCKED
    assert watch(door, *[A_DOG] * 4)[0].latch is LatchState.UNLOCKED


def test_after_locking_for_a_lost_camera_the_door_rests_too():
    door, _ = lock(opened(), 10.0, LockReason.CAMERA, POLICY)
    assert watch(door, *[A_DOG] * 11)[0].latch is LatchState.LOCKED
    assert watch(door, *[A_DOG] * 12)[0].latch is LatchState.UNLOCKED


def test_a_clock_that_steps_back_gives_locking_no_negative_duration():
    _, events = lock(opened(), -100.0, LockReason.STOP, POLICY)
    assert events == [DoorLocked(LockReason.STOP, 0.0)]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"admit": frozenset({DOG, OTHER})}, "^admit: 'other' may not be admitted"),
        ({"admit": frozenset({DOG, CAT})}, "^keep_in: cat cannot be admitted and kept in at once"),
        ({"confirm_frames": 1}, "^confirm_frames: 2 or more"),
        ({"confirm_frames": 0}, "^confirm_frames: 2 or more"),
        ({"confirm_frames": 6}, "^window_frames: confirm_frames or more"),
        ({"window_frames": 3}, "^window_frames: confirm_frames or more"),
        ({"unlock_seconds": 21.0}, "^max_unlock_seconds: unlock_seconds or more"),
        ({"max_unlock_seconds": 4.0}, "^max_unlock_seconds: unlock_seconds or more"),
    ],
)
def test_a_policy_that_makes_no_safe_door_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        Policy(**values)


def test_the_tightest_policy_that_is_still_safe_is_accepted():
    policy = Policy(confirm_frames=2, window_frames=2, unlock_seconds=5.0, max_unlock_seconds=5.0)
    assert opened(policy).latch is LatchState.UNLOCKED


def test_a_house_of_cats_can_admit_cats_and_keep_dogs_in():
    policy = Policy(admit=frozenset({CAT}), keep_in=frozenset({DOG}))
    assert watch(Door(), *[A_CAT] * 4, policy=policy)[1][-1] == DoorUnlocked(Cause.ANIMAL, species=CAT)
    assert verdicts(watch(Door(), *[A_DOG] * 4, policy=policy)[1]) == [Verdict.KEEP_IN]


def test_a_house_that_keeps_nobody_in_does_not_mind_a_cat_beside_the_dog():
    policy = Policy(keep_in=frozenset())
    assert watch(Door(), *[sees(DOG, cat=0.5)] * 4, policy=policy)[0].latch is LatchState.UNLOCKED


@pytest.mark.parametrize(
    ("sighting", "deserved"),
    [
        (A_DOG, Verdict.ADMIT),
        (sees(DOG, 0.9, cat=0.05), Verdict.ADMIT),
        (sees(DOG, 0.9, cat=0.06), Verdict.KEEP_IN),
        (A_CAT, Verdict.KEEP_IN),
        (SOMETHING, Verdict.REFUSE),
        (sees(OTHER, 0.6, cat=0.4), Verdict.REFUSE),
        (sees("fox"), Verdict.REFUSE),
    ],
)
def test_a_single_picture_gets_the_verdict_it_deserves(sighting, deserved):
    assert verdict(sighting, POLICY) is deserved


def test_a_cat_beside_the_dog_locks_the_door_though_it_is_never_the_likelier():
    both = sees(DOG, 0.55, cat=0.4)
    door, events = watch(opened(), both, both)
    assert door.latch is LatchState.LOCKED
    assert events[-1].reason is LockReason.VETO


def test_one_frame_with_a_cat_does_not_let_the_bolt_fall_behind_a_dog():
    door, _ = watch(opened(), A_CAT, A_DOG, A_DOG)
    assert door.latch is LatchState.UNLOCKED


def test_a_frame_judged_cat_bars_the_door_however_high_the_veto_is_set():
    policy = Policy(veto_confidence=1.0)
    door, _ = watch(Door(), A_DOG, A_DOG, A_CAT, A_DOG, A_DOG, policy=policy)
    assert door.latch is LatchState.LOCKED


WARM = replace(POLICY, heat=HeatBudget(duty_cycle=0.25, window_seconds=48.0))
"""Twelve seconds of forty-eight: two unlockings."""


def dogs_keep_coming(seconds, policy=WARM):
    """A dog that waits there all the time; the door is left after so many seconds."""
    return watch(Door(), *[A_DOG] * round(seconds / EVERY), policy=policy)


def test_a_coil_that_has_had_half_its_share_waits_for_no_dog_that_lingers():
    _, events = dogs_keep_coming(20)
    locked = [event for event in events if isinstance(event, DoorLocked)]
    assert [event.unlocked_seconds for event in locked] == [6.0, 5.0]
    assert {event.reason for event in locked} == {LockReason.TIME}


def test_a_coil_that_has_had_all_its_share_is_let_fall_whoever_may_be_there():
    heat = HeatBudget(duty_cycle=0.125, window_seconds=48.0)
    door, events = watch(opened(), *[A_DOG] * 30, policy=replace(POLICY, unlock_seconds=6.0, heat=heat))
    locked = [event for event in events if isinstance(event, DoorLocked)]
    assert [(event.reason, event.unlocked_seconds) for event in locked] == [(LockReason.HEAT, 6.0)]
    assert door.latch is LatchState.LOCKED


def test_no_unlocking_while_the_coil_is_warm_and_that_is_said_once():
    _, events = dogs_keep_coming(40)
    assert [event for event in events if isinstance(event, CoilHot)] == [CoilHot(wait_seconds=35.0)]
    assert sum(isinstance(event, DoorUnlocked) for event in events) == 2


def test_a_coil_that_has_cooled_is_told_of_and_the_dog_that_waits_comes_in():
    _, events = dogs_keep_coming(60)
    told = [type(event) for event in events]
    cooled = told.index(CoilCooled)
    assert told[cooled : cooled + 3] == [CoilCooled, AnimalJudged, DoorUnlocked]


def test_the_coil_cools_while_nobody_is_there():
    door, _ = dogs_keep_coming(25)
    _, events = watch(door, *quiet(60), policy=WARM)
    assert events == [CoilCooled()]


def test_a_coil_that_bears_less_than_one_unlocking_makes_no_door():
    with pytest.raises(ValueError, match="heat: the coil bears 2 s, less than unlock_seconds"):
        replace(POLICY, heat=HeatBudget(0.5, 4.0))


def test_a_cat_that_turns_its_back_and_looks_like_a_dog_stays_inside():
    door, events = watch(Door(), *[A_CAT] * 8, *[A_DOG] * 11)
    assert door.latch is LatchState.LOCKED
    assert verdicts(events) == [Verdict.KEEP_IN]


def test_a_dog_comes_in_once_the_cat_has_not_been_seen_for_a_while():
    door, _ = watch(Door(), *[A_CAT] * 8, *[A_DOG] * 12)
    assert door.latch is LatchState.UNLOCKED


def test_three_frames_of_a_cat_are_too_few_to_bar_the_door_for_longer_than_they_are_looked_back_on():
    door, _ = watch(Door(), *[A_CAT] * 3, *[A_DOG] * 5)
    assert door.latch is LatchState.UNLOCKED


def test_a_certain_cat_is_not_forgotten_when_the_camera_is_lost_or_nothing_moves_for_a_while():
    policy = replace(POLICY, veto_hold_seconds=8.0)
    door, _ = watch(Door(), *[A_CAT] * 8, policy=policy)
    blind, _ = lock(door, door.clock, LockReason.CAMERA, policy)
    assert watch(blind, *[A_DOG] * 5, policy=policy)[0].latch is LatchState.LOCKED
    assert watch(door, *quiet(4), *[A_DOG] * 5, policy=policy)[0].latch is LatchState.LOCKED


def test_a_cat_that_made_the_bolt_fall_is_certain():
    policy = replace(POLICY, refractory_seconds=0.0)
    door, _ = watch(opened(policy), A_CAT, A_CAT, policy=policy)
    assert watch(door, *[A_DOG] * 11, policy=policy)[0].latch is LatchState.LOCKED
    assert watch(door, *[A_DOG] * 13, policy=policy)[0].latch is LatchState.UNLOCKED
