"""The door decides as ever while the thread that speaks to the broker is stuck, refused or left alone."""

from contextlib import closing

import pytest

from tests.mqtt import pace
from tests.soak.reel import PASSES_A_VISIT

# paho leaves a socket to the garbage collector when the handshake fails.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

CONNECT = 0x10


@pytest.fixture
def said():
    with closing(pace.Said()) as said:
        yield said


def turn(daemon, visits):
    for _ in range(visits * PASSES_A_VISIT):
        daemon.turn()


def test_the_door_turns_on_while_a_broker_keeps_us_waiting(tmp_path):
    with pace.mute(tmp_path) as (mqtt, listening), pace.door(tmp_path, mqtt, pace.endless()) as daemon:
        waits, _ = listening.accept()
        with waits:
            assert waits.recv(1024)[0] == CONNECT
            turn(daemon, visits=3)
            assert daemon.door.spells
            waits.setblocking(False)
            with pytest.raises(BlockingIOError):  # it has not hung up: it waits still
                waits.recv(1024)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (pace.refusing, "refuses us: Not authorized"),
        (pace.untrusted, "shows a certificate that is not to be trusted"),
        (pace.nameless, "has no address"),
    ],
)
def test_why_nobody_listens_is_said_once_and_the_door_turns_on(case, words, tmp_path, said):
    with case(tmp_path) as (mqtt, _), pace.door(tmp_path, mqtt, pace.endless()) as daemon:
        while len(said.levels(words)) < 2:
            daemon.turn()
        assert said.aloud() == [sentence for _, sentence in said.records][:1]


def test_a_dog_is_let_in_behind_the_back_of_a_broker_that_was_killed(tmp_path, said):
    with pace.dying(tmp_path) as (mqtt, kill), pace.door(tmp_path, mqtt, pace.endless()) as daemon:
        turn(daemon, visits=3)
        kill()
        while not said.levels("cannot be reached"):
            daemon.turn()
        before = daemon.door.now
        turn(daemon, visits=7)  # everybody of the cast, whoever's turn it was
        assert max(spell.since for spell in daemon.door.spells) > before
    assert len(said.levels("lost the broker")) == 1
