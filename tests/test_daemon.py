import logging
from datetime import UTC, datetime, time, timedelta
from itertools import chain
from threading import Event as Flag

import pytest

from petdoor.core.contacts import Contacts, Way
from petdoor.core.curfew import Curfew, Window
from petdoor.core.door import LatchState
from petdoor.core.heat import HeatBudget, Spell
from petdoor.core.modes import Mode
from petdoor.core.orders import CallEmergency, InstallModel, SetCurfew, SetMode, SetThreshold, Unlock
from petdoor.core.parts import Parts
from petdoor.core.policy import Policy
from petdoor.core.ports import Forgetful
from petdoor.core.species import ClassRange, MassRule
from petdoor.core.steering import Steering
from petdoor.daemon import Daemon, Timing
from petdoor.errors import CameraError, ConfigError, EndOfFramesError, LatchError, ModelError
from tests.fakes import (
    EchoClassifier,
    EchoRule,
    FakeClock,
    RecordingLatch,
    RecordingPublisher,
    ScriptedCamera,
    ScriptedInputs,
    ScriptedOrders,
    ScriptedRenewal,
)

DOG, CAT, SOMETHING = [0.9, 0.05, 0.05], [0.05, 0.9, 0.05], [0.1, 0.05, 0.85]
LOST = CameraError("no new frame for 5 s")
THE_END = [EndOfFramesError("played to its end")] * 400
NOON = datetime(2024, 5, 1, 12, 0, 0, 250_000, tzinfo=UTC)


class SlowClassifier(EchoClassifier):
    """Takes a time of its own for every picture."""

    def __init__(self, clock, seconds):
        self._clock = clock
        self._seconds = chain(seconds)

    def probabilities(self, pixels):
        self._clock.advance(next(self._seconds))
        return super().probabilities(pixels)


class BrokenClassifier(EchoClassifier):
    """Breaks over noise."""

    def probabilities(self, pixels):
        if pixels == "noise":
            raise RuntimeError("tensor trouble")
        return super().probabilities(pixels)


class JammedLatch(RecordingLatch):
    def unlock(self, way):
        super().unlock(way)
        raise LatchError("GPIO 17: jammed")


class ImpatientPublisher(RecordingPublisher):
    """Stops the loop as soon as the bolt is drawn."""

    def __init__(self, stop):
        super().__init__()
        self._stop = stop

    def latch(self, state):
        super().latch(state)
        if state is LatchState.UNLOCKED:
            self._stop.set()


class ScriptedGate:
    """Open for the frames it is told, and closed afterwards."""

    def __init__(self, *answers):
        self._answers = list(answers)

    def is_open(self, frame):
        assert frame is not None
        return self._answers.pop(0) if self._answers else False


class House:
    """A daemon, and everything it was given."""

    def __init__(self, *script, timing=None, wall_clock=lambda: NOON, **parts):
        self.clock = parts.pop("clock", None) or FakeClock()
        self.camera = ScriptedCamera([*script, *THE_END], self.clock)
        self.latch = parts.pop("latch", None) or RecordingLatch()
        self.publisher = parts.pop("publisher", None) or RecordingPublisher()
        values = {
            "classifier": EchoClassifier(),
            "rule": EchoRule(),
            "policy": Policy(),
            "door_id": "back",
        } | parts
        self.daemon = Daemon(
            Parts(latch=self.latch, camera=self.camera, publisher=self.publisher, **values),
            timing=timing,
            clock=self.clock,
            wall_clock=wall_clock,
        )

    def run(self, stop=None):
        self.daemon.run(stop or Flag())
        return self

    @property
    def event_types(self):
        return [event["event_type"] for event in self.publisher.events]


def test_dogs_draw_the_bolt_and_it_falls_again():
    house = House(*[DOG] * 5).run()
    assert house.latch.commands == ["lock", "unlock", "lock", "lock"]
    assert house.publisher.latch_states == [LatchState.LOCKED, LatchState.UNLOCKED, LatchState.LOCKED]
    assert house.event_types == ["animal_admitted", "door_unlocked", "door_locked"]


def test_three_dog_frames_leave_the_bolt_alone():
    house = House(*[DOG] * 3).run()
    assert set(house.latch.commands) == {"lock"}
    assert house.publisher.events == []


@pytest.mark.parametrize(("seen", "told"), [(CAT, "animal_kept_in"), (SOMETHING, "animal_refused")])
def test_cats_and_others_leave_the_bolt_alone(seen, told):
    house = House(*[seen] * 40).run()
    assert set(house.latch.commands) == {"lock"}
    assert house.publisher.latch_states == [LatchState.LOCKED]
    assert house.event_types == [told]


def test_a_cat_behind_the_dog_makes_the_bolt_fall():
    house = House(*[DOG] * 4, CAT, CAT).run()
    assert house.event_types == ["animal_admitted", "door_unlocked", "door_locked"]
    assert house.publisher.events[-1]["reason"] == "a barred animal is in view"
    assert house.publisher.events[-1]["unlocked_seconds"] == pytest.approx(0.2)


def test_the_bolt_falls_in_time_also_without_any_frame():
    house = House(*[DOG] * 4, *[None] * 100).run()
    assert house.publisher.events[-1]["reason"] == "time is up"
    assert house.publisher.events[-1]["unlocked_seconds"] == pytest.approx(5.0, abs=0.11)


def test_the_end_of_the_frames_waits_for_the_bolt_to_fall_and_then_ends():
    house = House(*[DOG] * 4).run()
    assert house.publisher.events[-1]["reason"] == "time is up"
    assert house.clock.now == pytest.approx(1000 + 0.4 + 5.0, abs=0.11)


def test_the_end_of_the_frames_ends_at_once_when_the_door_is_locked():
    house = House(CAT).run()
    assert house.clock.now == pytest.approx(1000.2)


def test_the_bolt_moves_before_the_world_is_told():
    journal = []
    latch, publisher = RecordingLatch(), RecordingPublisher()
    latch.commands = publisher.events = journal
    House(*[DOG] * 4, latch=latch, publisher=publisher).run()
    told = [entry if isinstance(entry, str) else entry["event_type"] for entry in journal]
    assert told[:6] == ["lock", "unlock", "animal_admitted", "door_unlocked", "lock", "door_locked"]


def test_a_stop_before_the_start_ends_at_once_and_locked():
    stop = Flag()
    stop.set()
    house = House(*[DOG] * 10).run(stop)
    assert set(house.latch.commands) == {"lock"}
    assert house.publisher.latch_states == [LatchState.LOCKED]
    assert house.clock.now == 1000.0


def test_a_stop_while_the_door_is_open_locks_it_and_says_why():
    stop = Flag()
    house = House(*[DOG] * 100, publisher=ImpatientPublisher(stop)).run(stop)
    assert house.latch.commands[1:3] == ["unlock", "lock"]
    assert house.publisher.latch_states[-1] is LatchState.LOCKED
    assert house.publisher.events[-1]["reason"] == "petdoor stops"
    assert house.clock.now == pytest.approx(1000.4)


def test_a_lost_camera_locks_the_door_before_anything_else():
    house = House(*[DOG] * 4, LOST).run()
    assert house.latch.commands[:3] == ["lock", "unlock", "lock"]
    assert house.event_types[2:] == ["door_locked", "camera_lost"]
    assert house.publisher.events[2]["reason"] == "camera lost"
    assert house.publisher.events[3]["reason"] == "no new frame for 5 s"


def test_a_lost_camera_is_told_once_however_long_it_is_gone():
    house = House(DOG, *[LOST, None] * 20).run()
    assert house.event_types == ["camera_lost"]
    assert house.publisher.camera_states == [True, False]


def test_a_camera_that_comes_back_is_told_with_the_length_of_its_outage():
    house = House(DOG, LOST, LOST, None, DOG, DOG).run()
    assert house.event_types == ["camera_lost", "camera_recovered"]
    assert house.publisher.events[-1]["outage_seconds"] == pytest.approx(0.3)
    assert house.publisher.camera_states == [True, False, True]


def test_a_camera_may_be_lost_and_come_back_again_and_again():
    house = House(DOG, LOST, DOG, LOST, DOG).run()
    assert house.event_types == ["camera_lost", "camera_recovered"] * 2
    assert house.publisher.camera_states == [True, False, True, False, True]


def test_frames_from_before_and_after_an_outage_do_not_open_the_door_together():
    house = House(*[DOG] * 3, LOST, *[DOG] * 3).run()
    assert "unlock" not in house.latch.commands


def test_a_camera_that_never_comes_is_told_and_never_called_online():
    house = House(LOST, LOST).run()
    assert house.event_types == ["camera_lost"]
    assert house.publisher.camera_states == [False]


def test_a_camera_gone_for_too_long_ends_the_loop_locked():
    house = House(*[DOG] * 4, *[LOST] * 100, timing=Timing(give_up_seconds=2.0))
    with pytest.raises(CameraError, match=r"no camera for 2 s, giving up: no new frame for 5 s"):
        house.run()
    assert house.latch.commands[-1] == "lock"
    assert house.publisher.latch_states[-1] is LatchState.LOCKED
    assert house.clock.now == pytest.approx(1000 + 0.5 + 2.0, abs=0.11)


def test_patience_with_the_camera_begins_anew_with_every_outage():
    outage = [LOST] * 15
    house = House(DOG, *outage, DOG, *outage, timing=Timing(give_up_seconds=2.0)).run()
    assert house.event_types == ["camera_lost", "camera_recovered", "camera_lost"]


def test_a_classifier_that_breaks_leaves_the_door_locked():
    house = House(*[DOG] * 4, "noise", classifier=BrokenClassifier())
    with pytest.raises(RuntimeError, match="tensor trouble"):
        house.run()
    assert house.latch.commands[1] == "unlock"
    assert house.latch.commands[-1] == "lock"
    assert house.publisher.latch_states[-1] is LatchState.LOCKED
    assert house.publisher.events[-1]["reason"] == "petdoor stops"


def test_a_latch_that_does_not_obey_ends_the_loop_with_a_last_try_to_lock():
    house = House(*[DOG] * 10, latch=JammedLatch())
    with pytest.raises(LatchError, match="jammed"):
        house.run()
    assert house.latch.commands[:3] == ["lock", "unlock", "lock"]
    assert LatchState.UNLOCKED not in house.publisher.latch_states


def test_no_locking_is_told_of_a_door_whose_unlocking_never_was():
    house = House(*[DOG] * 10, latch=JammedLatch())
    with pytest.raises(LatchError):
        house.run()
    assert "door_locked" not in house.event_types


def test_behind_a_closed_motion_gate_nothing_is_judged():
    house = House(*["noise"] * 10, motion=ScriptedGate(), classifier=BrokenClassifier()).run()
    assert house.publisher.events == []
    assert house.publisher.camera_states == [True]


def test_only_frames_with_the_motion_gate_open_count():
    gate = ScriptedGate(True, True, False, True, False, True)
    house = House(DOG, DOG, "noise", DOG, "noise", DOG, motion=gate, classifier=BrokenClassifier()).run()
    assert house.event_types[:2] == ["animal_admitted", "door_unlocked"]


def test_the_motion_gate_is_not_asked_without_a_frame():
    house = House(None, None, DOG, None, motion=ScriptedGate()).run()
    assert house.publisher.camera_states == [True]


def test_the_first_frame_makes_the_camera_online_and_the_next_ones_do_not_repeat_it():
    assert House(None, DOG, None, DOG, DOG).run().publisher.camera_states == [True]


def test_nothing_is_counted_before_a_minute_has_passed():
    assert House(*[None] * 590).run().publisher.stats_told == []


def test_every_minute_the_numbers_are_told():
    house = House(*[DOG, None] * 650).run()
    assert [told["uptime_seconds"] for told in house.publisher.stats_told] == [60, 120]
    assert [told["frames"] for told in house.publisher.stats_told] == pytest.approx([300, 600], abs=2)


def test_the_numbers_are_told_also_while_the_camera_is_lost():
    house = House(*[LOST] * 650).run()
    assert house.publisher.stats_told == [{"uptime_seconds": 60, "frames": 0, "fps": 0.0}]


def test_the_numbers_tell_how_long_judging_takes():
    clock = FakeClock()
    slow = SlowClassifier(clock, [0.02] * 9 + [0.05] * 2)
    house = House(*[SOMETHING] * 11, *[None] * 650, clock=clock, classifier=slow).run()
    assert house.publisher.stats_told[0]["infer_ms_p50"] == pytest.approx(20)
    assert house.publisher.stats_told[0]["infer_ms_p95"] == pytest.approx(50)


def test_a_judgement_tells_where_when_by_which_model_and_how_fast():
    clock = FakeClock()
    slow = SlowClassifier(clock, [0.05] * 4)
    house = House(*[DOG] * 4, clock=clock, classifier=slow, model_id="sha256:abc").run()
    admitted = house.publisher.events[0]
    assert (admitted["schema"], admitted["door"], admitted["model"]) == (1, "back", "sha256:abc")
    assert admitted["ts"] == "2024-05-01T12:00:00.250Z"
    assert admitted["latency_ms"] == 50
    assert admitted["message"] == "Doggy come on in!"
    assert (admitted["agree"], admitted["frames"]) == (4, 4)


def test_other_events_have_neither_latency_nor_model():
    unlocked = House(*[DOG] * 4).run().publisher.events[1]
    assert set(unlocked) == {"schema", "id", "ts", "door", "event_type", "cause", "way", "species"}


def test_every_event_has_an_id_of_its_own():
    events = House(*[DOG] * 4, LOST, DOG).run().publisher.events
    assert len({event["id"] for event in events}) == len(events) == 5


def test_without_a_clock_of_its_own_the_door_tells_the_time_in_utc():
    camera = ScriptedCamera([LOST, *THE_END], FakeClock())
    publisher = RecordingPublisher()
    parts = Parts(RecordingLatch(), camera, EchoClassifier(), EchoRule(), Policy(), publisher)
    before = datetime.now(UTC).replace(microsecond=0)
    Daemon(parts).run(Flag())
    told = publisher.events[0]["ts"]
    assert told.endswith("Z")
    assert before <= datetime.fromisoformat(told) <= datetime.now(UTC)


@pytest.mark.parametrize(("seen", "sent"), [(DOG, [DOG]), (CAT, [CAT]), (SOMETHING, [])])
def test_the_picture_that_decided_is_sent_of_known_animals_only(seen, sent):
    house = House(*[seen] * 25).run()
    assert house.publisher.snapshots == sent


def test_the_log_says_what_happened_and_how_fast(caplog):
    caplog.set_level(logging.INFO)
    House(*[DOG] * 4, LOST).run()
    assert 'admitted: dog 0.90 in 4 of 4 frames: "Doggy come on in!"' in caplog.messages
    assert "unlocked for a dog" in caplog.messages
    assert "locked after 0.1 s: camera lost" in caplog.messages


def test_a_lost_camera_is_a_warning_and_nothing_else_is(caplog):
    caplog.set_level(logging.INFO)
    House(*[DOG] * 4, LOST, DOG).run()
    warnings = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert warnings == ["camera lost, door locked: no new frame for 5 s"]


class RecordingSupervisor:
    """Keeps what it is told, and where the bolt was at the end."""

    def __init__(self):
        self.told = []

    def ready(self):
        self.told.append("ready")

    def alive(self):
        self.told.append("alive")

    def status(self, words):
        self.told.append(words)

    def stopping(self):
        self.told.append("stopping")


def test_the_supervisor_hears_that_the_door_is_ready_once_there_is_a_frame():
    supervisor = RecordingSupervisor()
    House(None, None, DOG, DOG, supervisor=supervisor).run()
    assert supervisor.told[:6] == ["alive", "alive", "ready", "watching, locked", "alive", "alive"]
    assert supervisor.told.count("ready") == 1
    assert supervisor.told[-1] == "stopping"


def test_the_supervisor_hears_what_happens():
    supervisor = RecordingSupervisor()
    House(*[DOG] * 5, supervisor=supervisor).run()
    assert "unlocked for a dog" in supervisor.told
    assert any(words.startswith("locked after") for words in supervisor.told)


def test_a_door_without_its_camera_is_alive():
    supervisor = RecordingSupervisor()
    House(DOG, LOST, LOST, supervisor=supervisor).run()
    assert supervisor.told[2:6] == [
        "alive",
        "camera lost, door locked: no new frame for 5 s",
        "alive",
        "alive",
    ]


def test_a_pass_that_breaks_is_no_sign_of_life():
    supervisor = RecordingSupervisor()
    with pytest.raises(RuntimeError):
        House("noise", supervisor=supervisor, classifier=BrokenClassifier()).run()
    assert "alive" not in supervisor.told


def test_a_button_opens_the_door_while_the_camera_is_lost():
    inputs = ScriptedInputs(*[Contacts()] * 3, Contacts(pressed=Way.OUT))
    house = House(*[LOST] * 60, inputs=inputs).run()
    assert "unlock out" in house.latch.commands
    assert house.event_types[:3] == ["camera_lost", "door_unlocked", "door_locked"]


def test_a_camera_that_is_given_up_does_not_cut_an_emergency_short():
    inputs = ScriptedInputs(Contacts(), Contacts(emergency=True))
    house = House(*[LOST] * 3000, inputs=inputs, timing=Timing(give_up_seconds=10.0))
    with pytest.raises(CameraError, match="giving up"):
        house.run()
    locked = next(event for event in house.publisher.events if event["event_type"] == "door_locked")
    assert locked["unlocked_seconds"] == pytest.approx(120, abs=0.2)


def test_a_camera_is_not_given_up_while_an_emergency_waits_for_its_coil_to_cool():
    policy = Policy(heat=HeatBudget(0.25, 40.0))
    inputs = ScriptedInputs(Contacts(), Contacts(emergency=True))
    timing = Timing(give_up_seconds=11.0)  # the coil is hot then
    house = House(*[LOST] * 3000, inputs=inputs, policy=policy, timing=timing)
    with pytest.raises(CameraError, match="giving up"):
        house.run()
    assert house.event_types.count("door_unlocked") > 1
    assert house.publisher.emergencies_told == [True, False]


def test_an_emergency_draws_the_way_out_of_a_door_that_is_open_the_way_in():
    inputs = ScriptedInputs(*[Contacts()] * 5, Contacts(emergency=True))
    house = House(*[DOG] * 10, inputs=inputs, policy=Policy(emergency_seconds=10.0)).run()
    assert house.latch.commands[:4] == ["lock", "unlock", "unlock out", "lock"]
    assert house.publisher.latch_states == [LatchState.LOCKED, LatchState.UNLOCKED, LatchState.LOCKED]


def test_what_is_asked_once_a_second_becomes_a_problem_and_is_solved():
    faults = iter(["", "disk full", "disk full", ""])
    house = House(*[None] * 100, checkups={"snapshots": lambda: next(faults, "")}).run()
    assert house.publisher.problems_told == [{}, {"snapshots": "disk full"}, {}]
    assert house.event_types == ["problem_found", "problem_solved"]


@pytest.mark.parametrize("by_seconds", [7200, -7200])
def test_a_clock_that_is_set_is_told_and_changes_nothing(by_seconds):
    clock = FakeClock()

    def wall_clock():
        set_by = by_seconds if clock.now > 1002 else 0
        return NOON + timedelta(seconds=clock.now - 1000 + set_by)

    house = House(*[DOG] * 60, clock=clock, wall_clock=wall_clock).run()
    assert house.event_types[:3] == ["animal_admitted", "door_unlocked", "clock_jumped"]
    locked = house.publisher.events[3]
    assert (locked["reason"], locked["unlocked_seconds"]) == ("time is up", pytest.approx(6.6))


def test_a_door_gives_way_to_another_only_when_it_is_locked():
    house, asked = House(*[DOG] * 4, *[None] * 100), []

    def is_due():
        asked.append(house.latch.commands[-1])
        return len(asked) > 4

    house.daemon.run(Flag(), ScriptedRenewal(is_due))
    assert set(asked) == {"lock"}
    assert house.event_types == ["animal_admitted", "door_unlocked", "door_locked"]


def test_settings_that_cannot_be_used_are_told_and_the_loop_goes_on():
    house, faults = House(*[None] * 10), [ConfigError("latch.pin: 99 is not allowed")] * 3

    def is_due():
        if faults:
            raise faults.pop()
        return True

    house.daemon.run(Flag(), ScriptedRenewal(is_due))
    assert house.event_types == ["settings_refused"] * 3


def test_a_coil_that_was_warm_before_is_warm_still():
    policy = Policy(heat=HeatBudget(0.25, 40.0))
    house = House(*[DOG] * 10, policy=policy, spells=(Spell(985.0, 994.0),)).run()
    assert house.event_types == ["coil_hot"]


@pytest.mark.parametrize(("until", "freed"), [(945.0, ["unlock out"]), (935.0, [])])
def test_a_flap_left_open_by_the_door_before_is_freed_the_way_that_one_was_unlocked_last(until, freed):
    left_open = ScriptedInputs(*[Contacts(flap_is_closed=False)] * 400)
    spells = (Spell(920.0, 925.0, Way.IN), Spell(930.0, until, Way.OUT))
    house = House(*[None] * 400, inputs=left_open, spells=spells).run()
    assert [command for command in house.latch.commands if command != "lock"] == freed


def test_an_owner_who_wants_the_other_way_of_a_bolt_that_is_drawn_has_it_moved():
    orders = ScriptedOrders(Unlock(Way.IN), *[None] * 10, Unlock(Way.OUT))
    house = House(*[None] * 100, orders=orders).run()
    assert house.latch.commands == ["lock", "unlock", "unlock out", "lock", "lock"]
    assert [event["way"] for event in house.publisher.events[:2]] == ["in", "out"]
    assert house.publisher.events[2]["unlocked_seconds"] == pytest.approx(6.1)
    assert house.publisher.latch_states == [LatchState.LOCKED, LatchState.UNLOCKED, LatchState.LOCKED]


ALWAYS, RIGHT_AT_THE_END = time(0), [None] * 3
RANGES = {"dog": (ClassRange(0, 0),), "cat": (ClassRange(1, 1),)}
CALL, CALM = CallEmergency(wanted=True), CallEmergency(wanted=False)


def curfew(begins=ALWAYS, ends=ALWAYS):
    """No dog comes in between these times of any day."""
    return Curfew((Window(frozenset(range(7)), begins, ends, frozenset({"dog"})),))


def steered(**values):
    """What was set before this start."""
    return Forgetful(Steering(**values))


@pytest.mark.parametrize(
    ("order", "events"),
    [
        (SetMode(Mode.LOCKED), ["animal_held_back"]),
        (SetMode(Mode.OBSERVE), ["animal_admitted"]),
        (SetThreshold(0.95), []),
        (SetThreshold(0.85), ["animal_admitted", "door_unlocked", "door_locked"]),
        (SetCurfew(wanted=True), ["animal_held_back"]),
    ],
)
def test_what_is_set_holds_for_the_very_frame_that_decides(order, events):
    orders = ScriptedOrders(*RIGHT_AT_THE_END, order)
    keeper = steered(obeys_curfew=False)
    rule = MassRule(RANGES, 0.5)
    house = House(*[DOG] * 4, orders=orders, keeper=keeper, rule=rule, curfew=curfew()).run()
    assert house.event_types == ["setting_changed", *events]
    assert orders.answers == [""]


def test_a_curfew_that_is_suspended_lets_the_dog_in_with_the_same_frame():
    orders = ScriptedOrders(*RIGHT_AT_THE_END, SetCurfew(wanted=False))
    house = House(*[DOG] * 4, orders=orders, curfew=curfew()).run()
    assert house.event_types[:3] == ["setting_changed", "animal_admitted", "door_unlocked"]


def test_a_mode_that_changes_lets_the_bolt_fall_at_once():
    orders = ScriptedOrders(*[None] * 5, SetMode(Mode.LOCKED))
    house = House(*[DOG] * 8, orders=orders).run()
    locked = house.publisher.events[3]
    assert (locked["reason"], locked["unlocked_seconds"]) == (
        "it is no longer to be open",
        pytest.approx(0.2),
    )


def test_what_was_set_is_told_as_an_event_and_as_a_state():
    orders = ScriptedOrders(SetMode(Mode.OBSERVE), SetThreshold(0.9), SetCurfew(wanted=False))
    house = House(*[None] * 5, orders=orders, rule=MassRule(RANGES, 0.5)).run()
    assert [(told["setting"], told["value"]) for told in house.publisher.events] == [
        ("mode", "observe"),
        ("threshold", "0.9"),
        ("curfew", "suspended"),
    ]
    assert house.publisher.steering_told == [
        Steering(threshold=0.5),
        Steering(Mode.OBSERVE, 0.5),
        Steering(Mode.OBSERVE, 0.9),
        Steering(Mode.OBSERVE, 0.9, obeys_curfew=False),
    ]


def test_a_setting_that_is_refused_changes_and_tells_nothing():
    orders = ScriptedOrders(SetThreshold(0.9))
    house = House(*[None] * 5, orders=orders).run()
    assert orders.answers == ["the rule top1 has no threshold"]
    assert (house.publisher.events, house.publisher.steering_told) == ([], [Steering()])


def test_a_door_begins_with_what_was_set_before():
    house = House(*[DOG] * 5, keeper=steered(mode=Mode.LOCKED)).run()
    assert house.publisher.steering_told == [Steering(mode=Mode.LOCKED)]
    assert house.event_types == ["animal_held_back"]


def test_an_order_to_unlock_is_obeyed_and_answered():
    orders = ScriptedOrders(None, Unlock(Way.OUT))
    house = House(None, None, None, orders=orders).run()
    assert "unlock out" in house.latch.commands
    assert house.publisher.events[0]["cause"] == "command"
    assert orders.answers == [""]


def test_an_order_to_unlock_is_obeyed_while_the_camera_is_lost():
    orders = ScriptedOrders(*[None] * 3, Unlock())
    house = House(*[LOST] * 60, orders=orders).run()
    assert orders.answers == [""]
    assert house.event_types[:2] == ["camera_lost", "door_unlocked"]


def test_an_order_to_unlock_that_cannot_be_obeyed_is_answered_with_the_reason():
    orders = ScriptedOrders(Unlock(), *[None] * 55, Unlock())
    house = House(*[None] * 60, orders=orders).run()
    assert orders.answers == ["", "it rests after locking, for another 2 s"]
    assert house.latch.commands.count("unlock") == 1


def test_a_door_that_observes_judges_but_moves_for_no_animal_no_button_and_no_order():
    orders = ScriptedOrders(SetMode(Mode.OBSERVE), *[Unlock(way) for way in Way])
    inputs = ScriptedInputs(*[Contacts(pressed=way) for way in Way] * 5)
    house = House(*[DOG] * 40, orders=orders, inputs=inputs).run()
    assert set(house.latch.commands) == {"lock"}
    assert house.event_types == ["setting_changed", "animal_admitted"]
    assert house.publisher.events[1]["observed"] is True
    assert orders.answers == ["", *["it only observes: the bolt is not moved"] * 2]


@pytest.mark.parametrize("mode", Mode)
def test_an_emergency_is_told_once_when_it_begins_and_once_when_its_time_is_over(mode):
    orders = ScriptedOrders(None, CALL, CALL)
    policy = Policy(emergency_seconds=3.0)
    house = House(*[DOG] * 60, orders=orders, policy=policy, keeper=steered(mode=mode)).run()
    assert house.publisher.emergencies_told == [True, False]
    assert orders.answers == ["", ""]


def test_an_emergency_that_is_called_off_is_told_and_locks_the_door():
    orders = ScriptedOrders(CALL, *[None] * 20, CALM)
    house = House(*[None] * 30, orders=orders).run()
    assert house.publisher.emergencies_told == [True, False]
    assert house.publisher.events[-1]["event_type"] == "door_locked"
    assert house.publisher.events[-1]["unlocked_seconds"] == pytest.approx(2.1)


def test_motion_is_told_only_when_it_is_news():
    gate = ScriptedGate(False, True, True, False, False, True)
    house = House(SOMETHING, SOMETHING, None, *[SOMETHING] * 4, motion=gate).run()
    assert house.publisher.motion_told == [True, False, True]


def test_a_model_is_asked_for_and_the_order_answered_when_it_is_there():
    orders, answered_before = ScriptedOrders(None, InstallModel()), []

    def is_due():
        answered_before.append(list(orders.answers))
        return renewal.asked > 0

    house, renewal = House(*[None] * 20, orders=orders), ScriptedRenewal(is_due)
    house.daemon.run(Flag(), renewal)
    assert (answered_before, orders.answers) == ([[], []], [""])
    assert renewal.asked == 1


def test_a_model_that_cannot_be_used_is_answered_with_its_fault_and_asked_for_no_more():
    orders, faults = ScriptedOrders(InstallModel()), [ModelError("door.tflite: incomplete")]

    def is_due():
        if faults:
            raise faults.pop()
        return False

    house, renewal = House(*[None] * 20, orders=orders), ScriptedRenewal(is_due)
    house.daemon.run(Flag(), renewal)
    assert (orders.answers, renewal.asked) == (["door.tflite: incomplete"], 1)
    assert house.event_types == ["settings_refused"]


def test_a_model_waits_for_a_door_that_stands_open():
    orders, asked = ScriptedOrders(*[None] * 4, InstallModel()), []

    def is_due():
        asked.append(house.latch.commands[-1])
        return renewal.asked > 0

    house, renewal = House(*[DOG] * 4, *[None] * 60, orders=orders), ScriptedRenewal(is_due)
    house.daemon.run(Flag(), renewal)
    assert set(asked) == {"lock"}
    assert orders.answers == [""]
    assert house.event_types == ["animal_admitted", "door_unlocked", "door_locked"]


def in_step(clock):
    """The time of day that passes with the door's own seconds; it begins at noon."""
    return lambda: NOON + timedelta(seconds=clock.now - 1000)


def test_a_curfew_ends_with_the_clock_on_the_wall_for_a_dog_that_waits():
    clock = FakeClock()
    until_soon = curfew(time(11), time(12, 0, 4))
    house = House(*[DOG] * 60, clock=clock, wall_clock=in_step(clock), curfew=until_soon).run()
    assert house.event_types[:3] == ["animal_held_back", "animal_admitted", "door_unlocked"]
    assert "12:00:04" <= house.publisher.events[2]["ts"][11:19] <= "12:00:05"


def test_a_curfew_begins_with_the_clock_on_the_wall_also_behind_a_dog_for_whom_the_door_stands_open():
    clock = FakeClock()
    from_soon = curfew(time(12, 0, 2), time(13))
    house = House(*[DOG] * 120, clock=clock, wall_clock=in_step(clock), curfew=from_soon).run()
    assert house.event_types == ["animal_admitted", "door_unlocked", "door_locked", "animal_held_back"]
    locked = house.publisher.events[2]
    assert locked["reason"] == "it is no longer to be open"
    assert "12:00:02" <= locked["ts"][11:19] <= "12:00:03"


@pytest.mark.parametrize("by_seconds", [7200, -7200])
def test_a_clock_that_is_set_before_the_first_second_has_passed_is_told(by_seconds):
    clock = FakeClock()
    right = in_step(clock)

    def wall_clock():
        return right() + timedelta(seconds=by_seconds if clock.now > 1000.15 else 0)

    house = House(*[None] * 40, clock=clock, wall_clock=wall_clock).run()
    assert house.event_types == ["clock_jumped"]
    assert house.publisher.events[0]["jump_seconds"] == pytest.approx(by_seconds)


def test_a_clock_that_is_set_right_takes_the_curfew_with_it():
    clock = FakeClock()
    right, evening = in_step(clock), curfew(time(20), time(6))

    def wall_clock():
        return right() + timedelta(hours=10 if clock.now > 1001.5 else 0)

    house = House(*[None] * 20, *[DOG] * 10, clock=clock, wall_clock=wall_clock, curfew=evening).run()
    assert house.event_types == ["clock_jumped", "animal_held_back"]


@pytest.mark.parametrize(("celsius", "told"), [(48.26, {"temperature_c": 48.3}), (None, {})])
def test_how_warm_the_machine_is_is_told_where_it_can_be_known(celsius, told):
    house = House(*[None] * 605, thermometer=lambda: celsius).run()
    assert house.publisher.stats_told == [{"uptime_seconds": 60, "frames": 0, "fps": 0.0, **told}]


def test_the_guard_of_the_bolt_is_told_once_a_second_that_an_emergency_holds_it():
    held = []
    inputs = ScriptedInputs(Contacts(), Contacts(emergency=True))
    hold = lambda: held.append(house.latch.commands[-1])  # noqa: E731 -- it knows the house it is for
    house = House(*[None] * 200, inputs=inputs, hold=hold, policy=Policy(emergency_seconds=10.0))
    house.run()
    assert 9 <= len(held) <= 12
    assert set(held) == {"unlock out"}


def test_an_animals_unlocking_is_never_held_longer_for_it():
    held = []
    House(*[DOG] * 100, hold=lambda: held.append(1)).run()
    assert held == []
