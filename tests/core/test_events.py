import json

import pytest

from petdoor.core.contacts import Way
from petdoor.core.events import (
    EVENT_TYPES,
    AnimalJudged,
    CameraLost,
    CameraRecovered,
    Cause,
    DoorLocked,
    DoorUnlocked,
    EventsDropped,
    LockReason,
    SettingChanged,
    Verdict,
    event_type,
    payload,
)
from petdoor.core.modes import Hold
from petdoor.core.species import CAT, DOG, OTHER


def judged(verdict=Verdict.ADMIT, species=DOG, vetoed_by=None, **more):
    return AnimalJudged(
        verdict=verdict,
        species=species,
        confidence=0.93456,
        agree=4,
        frames=5,
        vetoed_by=vetoed_by,
        probabilities={DOG: 0.912345, CAT: 0.01, OTHER: 0.077655},
        visit_seconds=1.23456,
        **more,
    )


EVENTS = [
    (judged(), "animal_admitted"),
    (judged(Verdict.KEEP_IN, CAT), "animal_kept_in"),
    (judged(Verdict.REFUSE, OTHER), "animal_refused"),
    (DoorUnlocked(Cause.ANIMAL, species=DOG), "door_unlocked"),
    (DoorLocked(LockReason.TIME, 5.0), "door_locked"),
    (CameraLost("no new frame for 5 s"), "camera_lost"),
    (CameraRecovered(12.34567), "camera_recovered"),
]


@pytest.mark.parametrize(("event", "name"), EVENTS)
def test_every_event_has_its_name_on_the_wire(event, name):
    assert event_type(event) == name
    assert payload(event)["event_type"] == name
    assert name in EVENT_TYPES


@pytest.mark.parametrize(("event", "_"), EVENTS)
def test_every_payload_survives_json_unchanged(event, _):
    told = payload(event)
    assert json.loads(json.dumps(told, allow_nan=False)) == told


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        (Verdict.ADMIT, "Doggy come on in!"),
        (Verdict.KEEP_IN, "Kitty stay inside!"),
        (Verdict.REFUSE, "You're not a dog! Stay outside!"),
    ],
)
def test_every_judgement_carries_its_sentence(verdict, sentence):
    assert verdict.sentence("dog") == sentence
    assert payload(judged(verdict))["message"] == sentence


def test_only_judgements_carry_a_sentence():
    assert [name for event, name in EVENTS if "message" in payload(event)] == [
        "animal_admitted",
        "animal_kept_in",
        "animal_refused",
    ]


def test_a_judgement_tells_all_it_knows_rounded_to_four_places():
    assert payload(judged(vetoed_by=CAT)) == {
        "event_type": "animal_admitted",
        "verdict": "admit",
        "species": "dog",
        "confidence": 0.9346,
        "agree": 4,
        "frames": 5,
        "vetoed_by": "cat",
        "probabilities": {"dog": 0.9123, "cat": 0.01, "other": 0.0777},
        "visit_seconds": 1.2346,
        "held_by": None,
        "observed": False,
        "message": "Doggy come on in!",
    }


def test_a_judgement_without_a_veto_says_null():
    assert json.loads(json.dumps(payload(judged())))["vetoed_by"] is None


def test_the_other_payloads_hold_their_fields():
    assert payload(DoorUnlocked(Cause.ANIMAL, species=DOG)) == {
        "event_type": "door_unlocked",
        "cause": "animal",
        "way": "in",
        "species": "dog",
    }
    assert payload(CameraLost("gone")) == {"event_type": "camera_lost", "reason": "gone"}
    assert payload(CameraRecovered(12.34567)) == {
        "event_type": "camera_recovered",
        "outage_seconds": 12.3457,
    }
    assert payload(DoorLocked(LockReason.CAP, 20.00004)) == {
        "event_type": "door_locked",
        "reason": "longest unlock reached",
        "unlocked_seconds": 20.0,
    }


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (judged(), "admitted: dog 0.93 in 4 of 5 frames"),
        (judged(Verdict.KEEP_IN, CAT), "kept in: cat 0.93 in 4 of 5 frames"),
        (judged(Verdict.REFUSE, OTHER), "refused: other 0.93 in 4 of 5 frames"),
        (judged(Verdict.KEEP_IN, DOG, CAT), "kept in: dog 0.93 in 4 of 5 frames, but a cat is in view"),
        (judged(Verdict.HOLD, held_by=Hold.CURFEW), "held back: dog 0.93 in 4 of 5 frames, by the curfew"),
        (judged(observed=True), "only observed, would be admitted: dog 0.93 in 4 of 5 frames"),
        (DoorUnlocked(Cause.ANIMAL, species=DOG), "unlocked for a dog"),
        (DoorUnlocked(Cause.COMMAND, Way.IN), "unlocked by command, the way in"),
        (SettingChanged("mode", "observe"), "mode: observe, as told"),
        (EventsDropped(3), "3 events were dropped before anybody heard of them"),
        (DoorLocked(LockReason.TIME, 5.04), "locked after 5.0 s: time is up"),
        (DoorLocked(LockReason.VETO, 0.4), "locked after 0.4 s: a barred animal is in view"),
        (CameraLost("no new frame for 5 s"), "camera lost, door locked: no new frame for 5 s"),
        (CameraRecovered(61.0), "camera is back after 61.0 s"),
    ],
)
def test_every_event_has_a_line_for_the_log(event, line):
    assert str(event) == line


def test_a_cat_that_is_let_in_is_not_called_a_dog():
    assert payload(judged(Verdict.ADMIT, species="cat"))["message"] == ""


def test_every_verdict_and_lock_reason_has_words():
    assert all(verdict.past for verdict in Verdict)
    assert [verdict for verdict in Verdict if not verdict.sentence("dog")] == [Verdict.HOLD]
    assert len({str(reason) for reason in LockReason}) == len(LockReason) == 10
