"""Small, honest parts for the loop: they do what a part does, and record what was asked of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from petdoor.core.contacts import Contacts, Way
from petdoor.core.door import LatchState
from petdoor.core.orders import Order
from petdoor.core.ports import Frame, Request
from petdoor.core.species import Sighting
from petdoor.core.steering import Steering


class FakeClock:
    """Seconds that pass only when told."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class ScriptedCamera:
    """Plays a script, one item a read: pixels become a frame, an exception is raised, None is no frame.

    Time passes by ``seconds_a_read`` with every read; after the script come Nones.
    """

    def __init__(self, script: Sequence[Any], clock: FakeClock, *, seconds_a_read: float = 0.1) -> None:
        self._script = list(script)
        self._clock = clock
        self._seconds_a_read = seconds_a_read
        self.closed = False

    def read(self, timeout_seconds: float) -> Frame | None:  # noqa: ARG002 -- the script sets the pace
        self._clock.advance(self._seconds_a_read)
        item = self._script.pop(0) if self._script else None
        if isinstance(item, Exception):
            raise item
        return None if item is None else Frame(item, self._clock.now)

    def close(self) -> None:
        self.closed = True


class ScriptedInputs:
    """What the wires say, one item a read; then nothing."""

    def __init__(self, *script: Contacts) -> None:
        self._script = list(script)

    def read(self) -> Contacts:
        return self._script.pop(0) if self._script else Contacts()


class ScriptedOrders:
    """One order a pass, and what became of each: empty for obeyed."""

    def __init__(self, *orders: Order | None) -> None:
        self._orders = list(orders)
        self.answers: list[str] = []

    def take(self) -> Request | None:
        order = self._orders.pop(0) if self._orders else None
        return Request(order, self.answers.append) if order else None


class ScriptedRenewal:
    """Whether it is due is for the test to say; counts how often it was asked for."""

    def __init__(self, is_due: Callable[[], bool]) -> None:
        self.is_due = is_due
        self.asked = 0

    def ask(self) -> None:
        self.asked += 1


class EchoClassifier:
    """The frame itself is the answer: pixels are taken for probabilities."""

    def probabilities(self, pixels: Any) -> Sequence[float]:
        return pixels


class EchoRule:
    """Three probabilities: dog, cat, other."""

    def sighting(self, probabilities: Sequence[float]) -> Sighting:
        named = dict(zip(("dog", "cat", "other"), probabilities, strict=True))
        species = max(named, key=named.__getitem__)
        return Sighting(species, named[species], named)


class RecordingLatch:
    """Remembers every command."""

    def __init__(self) -> None:
        self.commands: list[str] = []

    def lock(self) -> None:
        self.commands.append("lock")

    def unlock(self, way: Way = Way.IN) -> None:
        self.commands.append("unlock" if way is Way.IN else f"unlock {way}")

    def close(self) -> None:
        self.commands.append("close")


class RecordingPublisher:
    """Remembers everything told."""

    def __init__(self) -> None:
        self.events: list[Mapping[str, Any]] = []
        self.latch_states: list[LatchState] = []
        self.camera_states: list[bool] = []
        self.stats_told: list[Mapping[str, Any]] = []
        self.snapshots: list[Any] = []
        self.problems_told: list[Mapping[str, str]] = []
        self.motion_told: list[bool] = []
        self.emergencies_told: list[bool] = []
        self.steering_told: list[Steering] = []
        self.closed = False

    def event(self, payload: Mapping[str, Any]) -> None:
        self.events.append(payload)

    def latch(self, state: LatchState) -> None:
        self.latch_states.append(state)

    def camera(self, *, online: bool) -> None:
        self.camera_states.append(online)

    def problems(self, reasons: Mapping[str, str]) -> None:
        self.problems_told.append(dict(reasons))

    def motion(self, *, seen: bool) -> None:
        self.motion_told.append(seen)

    def emergency(self, *, called: bool) -> None:
        self.emergencies_told.append(called)

    def steering(self, steering: Steering) -> None:
        self.steering_told.append(steering)

    def snapshot(self, pixels: Any) -> None:
        self.snapshots.append(pixels)

    def stats(self, payload: Mapping[str, Any]) -> None:
        self.stats_told.append(payload)

    def close(self) -> None:
        self.closed = True


class SilentTeller:
    """Collects what is said, and hands items on without a bar."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    def track(self, items: Iterable[Any], doing: str, *, total: int) -> Iterator[Any]:  # noqa: ARG002
        yield from items
