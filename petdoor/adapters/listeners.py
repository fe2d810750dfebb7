"""Publishers beside MQTT: one that tells several, and one that counts."""

from collections.abc import Mapping, Sequence
from typing import Any

from petdoor.core.door import LatchState
from petdoor.core.events import Verdict
from petdoor.core.ports import Publisher, SilentPublisher
from petdoor.core.steering import Steering
from petdoor.core.tally import Tally
from petdoor.pictures import Picture


class FanOut:
    """Tells several, one after another."""

    def __init__(self, publishers: Sequence[Publisher]) -> None:
        self._publishers = tuple(publishers)

    def event(self, payload: Mapping[str, Any]) -> None:
        for publisher in self._publishers:
            publisher.event(payload)

    def latch(self, state: LatchState) -> None:
        for publisher in self._publishers:
            publisher.latch(state)

    def camera(self, *, online: bool) -> None:
        for publisher in self._publishers:
            publisher.camera(online=online)

    def problems(self, reasons: Mapping[str, str]) -> None:
        for publisher in self._publishers:
            publisher.problems(reasons)

    def motion(self, *, seen: bool) -> None:
        for publisher in self._publishers:
            publisher.motion(seen=seen)

    def emergency(self, *, called: bool) -> None:
        for publisher in self._publishers:
            publisher.emergency(called=called)

    def steering(self, steering: Steering) -> None:
        for publisher in self._publishers:
            publisher.steering(steering)

    def snapshot(self, pixels: Picture) -> None:
        for publisher in self._publishers:
            publisher.snapshot(pixels)

    def stats(self, payload: Mapping[str, Any]) -> None:
        for publisher in self._publishers:
            publisher.stats(payload)

    def close(self) -> None:
        for publisher in self._publishers:
            publisher.close()


class TallyKeeper(SilentPublisher):
    """Tells a tally of every verdict, and of the bolt."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def event(self, payload: Mapping[str, Any]) -> None:
        if "verdict" in payload:
            self._tally.told(Verdict(payload["verdict"]))

    def latch(self, state: LatchState) -> None:
        self._tally.moved(is_open=state is LatchState.UNLOCKED)
