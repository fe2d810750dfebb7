"""Publishers beside MQTT."""

import numpy as np

from petdoor.adapters.listeners import FanOut, TallyKeeper
from petdoor.core.door import LatchState
from petdoor.core.tally import Caller, Tally
from tests.fakes import RecordingPublisher

PICTURE = np.zeros((4, 4, 3), np.uint8)
JUDGED = {"event_type": "animal_admitted", "verdict": "admit"}


def tell_everything(publisher):
    publisher.event(JUDGED)
    publisher.latch(LatchState.UNLOCKED)
    publisher.camera(online=True)
    publisher.snapshot(PICTURE)
    publisher.stats({"frames": 1})
    publisher.close()


def test_everybody_is_told_everything():
    listeners = [RecordingPublisher(), RecordingPublisher()]
    tell_everything(FanOut(listeners))
    for listener in listeners:
        assert listener.events == [JUDGED]
        assert listener.latch_states == [LatchState.UNLOCKED]
        assert listener.camera_states == [True]
        assert listener.snapshots == [PICTURE]
        assert listener.stats_told == [{"frames": 1}]
        assert listener.closed


def test_a_door_without_listeners_talks_to_itself():
    tell_everything(FanOut([]))


def test_what_listens_to_verdicts_only_is_deaf_to_the_rest():
    tally = Tally(admit=frozenset(), keep_in=frozenset())
    tell_everything(TallyKeeper(tally))
    assert tally.lines() == ["1 admitted, 0 kept in, 0 refused"]


def test_verdicts_are_tallied_and_other_events_are_not():
    tally = Tally(admit=frozenset({"dog"}), keep_in=frozenset())
    keeper = TallyKeeper(tally)
    keeper.event(JUDGED)
    keeper.event({"event_type": "door_locked"})
    assert tally.lines() == ["1 admitted, 0 kept in, 0 refused"]


def test_who_comes_while_the_bolt_is_drawn_is_let_in():
    tally = Tally(admit=frozenset({"dog"}), keep_in=frozenset())
    tally.comes(Caller("dog", frozenset({"dog"}), 0))
    TallyKeeper(tally).latch(LatchState.UNLOCKED)
    tally.goes()
    tally.close()
    assert tally.is_faultless
