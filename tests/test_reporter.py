from datetime import UTC, datetime

import pytest

from petdoor.core.door import Door
from petdoor.core.events import (
    CameraLost,
    CameraRecovered,
    CoilCooled,
    CoilHot,
    FlapFreed,
    FlapJammed,
)
from petdoor.core.ports import Unsupervised
from petdoor.reporter import Reporter
from tests.fakes import FakeClock, RecordingPublisher

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def publisher():
    return RecordingPublisher()


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def reporter(publisher, clock):
    return reporter_of(publisher, clock)


def reporter_of(publisher, clock, **more):
    names = {"door_id": "back", "model_id": "m"}
    return Reporter(publisher, Unsupervised(), clock=clock, wall_clock=lambda: NOON, **names, **more)


def types(publisher):
    return [event["event_type"] for event in publisher.events]


@pytest.mark.usefixtures("reporter")
def test_at_the_start_nothing_is_wrong(publisher):
    assert publisher.problems_told == [{}]


def test_what_is_wrong_with_a_door_that_is_handed_on_is_wrong_still(publisher, clock):
    hot = Door(is_hot=True)
    reporter_of(publisher, clock, door=hot).tell([CoilCooled()])
    assert [set(told) for told in publisher.problems_told] == [{"coil"}, set()]


def test_a_problem_is_told_once_and_once_that_it_is_solved(reporter, publisher, clock):
    for _ in range(3):
        reporter.problem("snapshots", "cannot keep a snapshot: disk full")
    clock.advance(90)
    for _ in range(3):
        reporter.problem("snapshots", "")
    assert types(publisher) == ["problem_found", "problem_solved"]
    assert publisher.events[-1]["problem_seconds"] == 90
    assert publisher.problems_told[1:] == [{"snapshots": "cannot keep a snapshot: disk full"}, {}]


def test_what_else_is_wrong_with_a_part_takes_the_place_of_what_was(reporter, publisher):
    for reason in ("a button sticks", "a button sticks and the alarm's wire is broken", "its wire is broken"):
        reporter.problem("contacts", reason)
    assert types(publisher) == ["problem_found"]
    assert [told["contacts"] for told in publisher.problems_told[1:]] == [
        "a button sticks",
        "a button sticks and the alarm's wire is broken",
        "its wire is broken",
    ]


def test_several_problems_stand_side_by_side(reporter, publisher):
    reporter.problem("snapshots", "disk full")
    reporter.problem("contacts", "a button sticks")
    reporter.problem("snapshots", "")
    assert publisher.problems_told[-1] == {"contacts": "a button sticks"}


@pytest.mark.parametrize(
    ("begins", "ends", "part"),
    [
        (CameraLost("no new frame for 5 s"), CameraRecovered(9.0), "camera"),
        (FlapJammed(5.0), FlapFreed(9.0), "flap"),
        (CoilHot(30.0), CoilCooled(), "coil"),
    ],
)
def test_what_an_event_tells_of_is_a_problem_until_another_ends_it(reporter, publisher, begins, ends, part):
    reporter.tell([begins])
    assert set(publisher.problems_told[-1]) == {part}
    reporter.tell([ends])
    assert publisher.problems_told[-1] == {}
    assert len(publisher.events) == 2
