import itertools
from copy import deepcopy
from dataclasses import replace
from math import inf
from typing import NamedTuple

from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from petdoor.core.decision import step
from petdoor.core.door import Door, LatchState
from petdoor.core.events import AnimalJudged, CoilHot, DoorLocked, DoorUnlocked, LockReason, Verdict
from petdoor.core.heat import HeatBudget
from petdoor.core.modes import Hold, Mode
from petdoor.core.policy import Policy
from petdoor.core.species import CAT, DOG, OTHER, Sighting

SPECIES = (DOG, CAT, "fox", OTHER)
thorough = settings(max_examples=300, deadline=None)

# Eighths of a second: sums and differences of these are exact.
eighths = st.integers(1, 32).map(lambda count: count / 8)
steps_of_the_clock = st.integers(-40, 80).map(lambda count: count / 8)
holds = st.sampled_from(Hold)
leaps_of_the_clock = st.sampled_from([-1e9, -1e6, -100.0, 100.0, 1e6, 1e9])


@st.composite
def policies(draw):
    roles = draw(st.lists(st.sampled_from(["admit", "keep_in", None]), min_size=2, max_size=2))
    role_of = dict(zip(("fox", CAT), roles, strict=True)) | {DOG: "admit"}
    confirm_frames = draw(st.integers(2, 4))
    unlock_seconds = draw(eighths)
    admit = frozenset(species for species, role in role_of.items() if role == "admit")
    return Policy(
        admit=admit,
        keep_in=frozenset(species for species, role in role_of.items() if role == "keep_in"),
        confirm_frames=confirm_frames,
        window_frames=confirm_frames + draw(st.integers(0, 3)),
        veto_confidence=draw(st.sampled_from([0.05, 0.1, 0.5, 1.0])),
        veto_hold_seconds=draw(st.one_of(st.just(0.0), eighths)),
        visit_gap_seconds=0.25 + draw(eighths),
        refuse_after_seconds=draw(eighths),
        unlock_seconds=unlock_seconds,
        linger_seconds=draw(eighths),
        max_unlock_seconds=unlock_seconds + draw(eighths),
        refractory_seconds=draw(st.one_of(st.just(0.0), eighths)),
        held_back=draw(st.one_of(st.just({}), st.dictionaries(st.sampled_from(sorted(admit)), holds))),
        moves_bolt=draw(st.sampled_from([True, True, True, False])),
    )


@st.composite
def warm_policies(draw):
    """Policies for a coil that bears little."""
    policy = draw(policies())
    bears = policy.unlock_seconds + draw(eighths)
    duty_cycle = draw(st.sampled_from([0.125, 0.25, 0.5, 1.0]))
    return replace(policy, heat=HeatBudget(duty_cycle, bears / duty_cycle))


def clear_sighting(species):
    return Sighting(species, 1.0, {name: float(name == species) for name in SPECIES})


@st.composite
def mixed_sightings(draw):
    shares = st.sampled_from([0.0, 0.04, 0.05, 0.1, 0.3, 0.5, 0.9, 1.0])
    probabilities = {name: draw(shares) for name in SPECIES}
    species = draw(st.sampled_from(SPECIES))
    return Sighting(species, probabilities[species], probabilities)


sightings = st.one_of(
    st.just(clear_sighting(DOG)), st.sampled_from(SPECIES).map(clear_sighting), mixed_sightings(), st.none()
)
# What a history is made of: what is seen, how the clock steps each time, and how often.
scenes = st.one_of(
    st.tuples(st.just(clear_sighting(DOG)), st.sampled_from([0.0, 0.125, 0.25]), st.integers(1, 6)),
    st.tuples(st.none(), st.sampled_from([0.5, 1.0, 4.0]), st.integers(1, 6)),
    st.tuples(sightings, st.sampled_from([0.125, 0.5, 1.0]), st.integers(1, 4)),
    st.tuples(sightings, steps_of_the_clock, st.just(1)),
    st.tuples(sightings, leaps_of_the_clock, st.just(1)),
)
histories = st.lists(scenes, min_size=5, max_size=30).map(
    lambda drawn: [(sighting, seconds) for sighting, seconds, times in drawn for _ in range(times)]
)


class Turn(NamedTuple):
    """A step: the seconds that had passed, what was seen, and what came of it."""

    now: float
    sighting: Sighting | None
    door: Door
    events: list

    def has(self, kind):
        return any(isinstance(event, kind) for event in self.events)


def replay(history, policy):
    """Step a new door through a history; a clock that steps back takes no time that has passed away."""
    turns, door, clock, passed = [], Door(), 0.0, 0.0
    for sighting, seconds in history:
        clock += seconds
        passed += max(0.0, seconds)
        door, events = step(door, sighting, clock, policy)
        turns.append(Turn(passed, sighting, door, events))
    return turns


def frames_looked_back_on(turns, policy):
    """From the raw history: the frames of this visit since the last lock, the newest first."""
    frames, later = [], turns[-1].now
    for turn in reversed(turns):
        if turn.has(DoorLocked) or later - turn.now > policy.visit_gap_seconds:
            break
        if turn.sighting:
            frames.append(turn.sighting)
            later = turn.now
    return frames[: policy.window_frames]


def was_just_kept_in(turns, policy):
    """From the raw history: whether enough frames agreed on a barred animal just now, or one made it lock."""
    for number in reversed(range(len(turns))):
        turn, was_open = turns[number], number > 0 and is_open(turns[number - 1])
        if turns[-1].now - turn.now >= policy.veto_hold_seconds:
            return False
        if any(getattr(event, "reason", None) is LockReason.VETO for event in turn.events):
            return True
        if turn.sighting and turn.sighting.species in policy.keep_in and not was_open:
            frames = frames_looked_back_on(turns[: number + 1], policy)
            if sum(frame.species == turn.sighting.species for frame in frames) >= policy.confirm_frames:
                return True
    return False


def deserves_to_open(turns, policy):
    """From the raw history: whether a locked door is to open at the last of these turns."""
    newest = turns[-1].sighting
    if newest is None or newest.species not in policy.admit or newest.species in policy.held_back:
        return False
    if not policy.moves_bolt:
        return False
    frames = frames_looked_back_on(turns, policy)
    agreeing = sum(frame.species == newest.species for frame in frames)
    barred = any(
        frame.species == species or frame.probabilities[species] >= policy.veto_confidence
        for frame in frames
        for species in policy.keep_in
    )
    rests = any(
        turn.has(DoorLocked) and turns[-1].now < turn.now + policy.refractory_seconds for turn in turns[:-1]
    )
    is_barred = barred or rests or was_just_kept_in(turns, policy)
    return agreeing >= policy.confirm_frames and not is_barred


def is_open(turn):
    return turn.door.latch is LatchState.UNLOCKED


@thorough
@given(policies(), histories)
def test_the_door_opens_exactly_when_the_raw_history_deserves_it(policy, history):
    turns = replay(history, policy)
    for index, turn in enumerate(turns):
        was_open = index > 0 and is_open(turns[index - 1])
        expected = not was_open and deserves_to_open(turns[: index + 1], policy)
        assert turn.has(DoorUnlocked) == expected


@thorough
@given(policies(), histories)
def test_the_latch_is_open_only_between_being_unlocked_and_being_locked(policy, history):
    open_now = False
    for turn in replay(history, policy):
        moves = [event for event in turn.events if isinstance(event, DoorUnlocked | DoorLocked)]
        assert len(moves) <= 1
        if moves:
            assert isinstance(moves[0], DoorLocked) == open_now
            open_now = not open_now
        assert is_open(turn) == open_now


@thorough
@given(policies(), histories)
def test_the_door_is_never_open_once_the_longest_unlock_has_passed(policy, history):
    opened_at = -inf
    for turn in replay(history, policy):
        if turn.has(DoorUnlocked):
            opened_at = turn.now
        assert not is_open(turn) or turn.now - opened_at < policy.max_unlock_seconds


@thorough
@given(policies(), histories, st.sampled_from([0.125, 0.5, 3.0]))
def test_the_door_is_locked_in_the_end_when_nothing_is_seen_any_more(policy, history, tick):
    turns = replay([*history, (None, 0.0)], policy)
    door = turns[-1].door
    now = sum(seconds for _, seconds in history)
    until = now + policy.max_unlock_seconds
    while now < until:
        now += tick
        door, events = step(door, None, now, policy)
        assert not any(isinstance(event, DoorUnlocked) for event in events)
    assert door.latch is LatchState.LOCKED


@thorough
@given(policies(), histories)
def test_every_unlocking_comes_right_behind_an_admission_of_that_species(policy, history):
    for turn in replay(history, policy):
        judged = [event for event in turn.events if isinstance(event, AnimalJudged)]
        admitted = [e.species for e in judged if e.verdict is Verdict.ADMIT and not e.observed]
        assert admitted == [e.species for e in turn.events if isinstance(e, DoorUnlocked)]
        if admitted:
            assert [type(event) for event in turn.events] == [AnimalJudged, DoorUnlocked]


@thorough
@given(policies(), histories)
def test_the_door_rests_after_every_lock(policy, history):
    rest_until = -inf
    for turn in replay(history, policy):
        assert not turn.has(DoorUnlocked) or turn.now >= rest_until
        if turn.has(DoorLocked):
            rest_until = turn.now + policy.refractory_seconds


@thorough
@given(policies(), histories)
def test_only_an_admitted_species_opens_and_other_never_does(policy, history):
    opened_for = {e.species for t in replay(history, policy) for e in t.events if isinstance(e, DoorUnlocked)}
    assert opened_for <= policy.admit - policy.held_back.keys()
    assert OTHER not in opened_for


@thorough
@given(policies(), histories)
def test_who_is_held_back_is_welcome_and_told_why(policy, history):
    for turn in replay(history, policy):
        for judged in (event for event in turn.events if isinstance(event, AnimalJudged)):
            assert (judged.verdict is Verdict.HOLD) == (judged.held_by is not None)
            assert judged.verdict is not Verdict.HOLD or judged.held_by is policy.held_back[judged.species]


@thorough
@given(policies(), st.sampled_from(Mode), histories, histories)
def test_a_mode_that_changes_locks_at_once_whom_it_does_not_let_in(policy, mode, before, after):
    now_on = replace(policy, held_back={}, moves_bolt=True).now(mode)
    turns = replay(before, policy)
    door, clock = turns[-1].door, sum(seconds for _, seconds in before)
    for sighting, seconds in after:
        clock += seconds
        door, _ = step(door, sighting, clock, now_on)
        is_moved = door.latch is LatchState.UNLOCKED
        assert not is_moved or (mode in {Mode.AUTO, Mode.UNLOCKED} and door.unlocked.species in now_on.admit)


@thorough
@given(policies(), histories)
def test_what_is_judged_is_what_enough_frames_showed(policy, history):
    turns = replay(history, policy)
    for index, turn in enumerate(turns):
        for judged in (event for event in turn.events if isinstance(event, AnimalJudged)):
            frames = frames_looked_back_on(turns[: index + 1], policy)
            assert judged.agree == sum(frame.species == judged.species for frame in frames)
            assert judged.agree >= policy.confirm_frames
            assert judged.frames == len(frames)


@thorough
@given(policies(), histories)
def test_a_step_gives_the_same_for_the_same_and_leaves_its_input_alone(policy, history):
    clock = 0.0
    for before, turn in zip([Door(), *(t.door for t in replay(history, policy))], history, strict=False):
        sighting, seconds = turn
        clock += seconds
        kept = deepcopy((before, sighting))
        assert step(before, sighting, clock, policy) == step(before, sighting, clock, policy)
        assert (before, sighting) == kept


def energised_seconds(turns, window_seconds):
    """From the raw history: how long the coil was energised in the window that ends with these turns."""
    opened = turns[-1].now - window_seconds
    pairs = itertools.pairwise(turns)
    return sum(max(0.0, after.now - max(before.now, opened)) for before, after in pairs if is_open(before))


@thorough
@given(warm_policies(), histories)
def test_the_coil_is_never_left_energised_beyond_its_share_of_any_window(policy, history):
    turns = replay(history, policy)
    for index, turn in enumerate(turns):
        spent = energised_seconds(turns[: index + 1], policy.heat.window_seconds)
        assert not is_open(turn) or spent < policy.heat.energised_seconds
        if turn.has(DoorUnlocked):
            assert spent + policy.unlock_seconds <= policy.heat.energised_seconds


@thorough
@given(warm_policies(), histories)
def test_a_warm_coil_only_ever_delays_what_a_cold_one_would_do(policy, history):
    for turn in replay(history, policy):
        assert not (turn.has(CoilHot) and turn.has(DoorUnlocked))
        assert not turn.door.is_hot or not is_open(turn)


def test_the_histories_drawn_do_open_lock_and_open_the_door_again():
    policy = Policy()
    find(
        histories,
        lambda history: sum(turn.has(DoorUnlocked) for turn in replay(history, policy)) >= 2,
        settings=settings(max_examples=2000, phases=[Phase.generate], database=None),
    )
