"""What the loop needs of its parts; adapters and test doubles both fit these shapes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from petdoor.core.contacts import UNWIRED, Contacts, Way
from petdoor.core.door import LatchState
from petdoor.core.eyesight import Look
from petdoor.core.orders import Order
from petdoor.core.species import Sighting
from petdoor.core.steering import Steering

Pixels: TypeAlias = Any
"""height x width x 3, uint8, RGB. A NumPy array, which the core never looks into."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture, and the monotonic second it was taken."""

    pixels: Pixels
    taken_at: float


class Camera(Protocol):
    """The newest frame, each handed out once."""

    def read(self, timeout_seconds: float) -> Frame | None:
        """The newest frame not yet read; None when none came in time.

        Raises:
            CameraError: the camera is lost for now; reading on is right, it may come back.
            EndOfFramesError: a source with an end has ended.
        """

    def close(self) -> None:
        """Let go of the camera; may be called twice."""


class MotionGate(Protocol):
    """Tells whether a frame is worth judging."""

    def is_open(self, frame: Frame) -> bool:
        """Whether something moves in this frame, or moved a moment ago."""


class Eyes(Protocol):
    """Measures whether a picture can be trusted."""

    def look(self, frame: Frame) -> Look | None:
        """What this frame shows; None when it is too early to look again."""

    def learn(self) -> None:
        """The newest look was a healthy one: this is the usual view."""


class Classifier(Protocol):
    """Class probabilities for a picture."""

    def probabilities(self, pixels: Pixels) -> Sequence[float]:
        """One probability a class, in the model's order."""


class Rule(Protocol):
    """From class probabilities to a species."""

    def sighting(self, probabilities: Sequence[float]) -> Sighting:
        """What one frame shows."""


class Latch(Protocol):
    """The bolt. Locked means no current."""

    def lock(self) -> None:
        """Let the bolt fall; may be called twice.

        Raises:
            LatchError: the latch did not obey.
        """

    def unlock(self, way: Way = Way.IN) -> None:
        """Draw the bolt, where there are two that of this way; may be called twice.

        Raises:
            LatchError: the latch did not obey.
        """

    def close(self) -> None:
        """Lock, then let go of the pin; may be called twice."""


class Inputs(Protocol):
    """What is wired to the door beside its bolt."""

    def read(self) -> Contacts:
        """What the wires say now, and what was pressed since they were asked last."""


class Unwired:
    """Nothing is."""

    def read(self) -> Contacts:
        """Nothing to say."""
        return UNWIRED


@dataclass(frozen=True, slots=True)
class Request:
    """An order from afar.

    Attributes:
        order: what is wanted.
        answer: takes why it was refused, or nothing when it was not; never raises, never waits.
    """

    order: Order
    answer: Callable[[str], object]


class Orders(Protocol):
    """What the owner tells the door from afar."""

    def take(self) -> Request | None:
        """The order that has waited longest; None when none does."""


class NoOrders:
    """Nobody tells it anything."""

    def take(self) -> Request | None:
        """Nothing to be told."""
        return None


class Keeper(Protocol):
    """Keeps across restarts what the owner has set from afar; never raises."""

    def load(self) -> Steering:
        """What was set last, or what is safe as long as that is not known."""

    def found(self) -> Steering | None:
        """What was set last, once, where it has become known only since ``load``."""

    def save(self, steering: Steering, done: Callable[[], object] = lambda: None) -> None:
        """This is set now; ``done`` is called once: when it is kept, cannot be, or has lasted a while."""


class Forgetful:
    """Keeps nothing."""

    def __init__(self, steering: Steering | None = None) -> None:
        """Begin with this."""
        self._steering = steering or Steering()

    def load(self) -> Steering:
        """What it began with."""
        return self._steering

    def found(self) -> Steering | None:
        """Nothing that was not known."""
        return None

    def save(self, steering: Steering, done: Callable[[], object] = lambda: None) -> None:  # noqa: ARG002
        """Forgotten with the process."""
        done()


class Renewal(Protocol):
    """Other settings, for another daemon to go on with."""

    def ask(self) -> None:
        """They are to be read anew."""

    def is_due(self) -> bool:
        """Whether they wait to be used.

        Raises:
            PetDoorError: they were to be read, but cannot be used.
        """


class Publisher(Protocol):
    """Tells the world; never raises, never waits for it."""

    def event(self, payload: Mapping[str, Any]) -> None:
        """Something happened."""

    def latch(self, state: LatchState) -> None:
        """The bolt is now here."""

    def camera(self, *, online: bool) -> None:
        """The door sees, or is blind."""

    def problems(self, reasons: Mapping[str, str]) -> None:
        """What is not as it should be now: the part, and what is wrong with it."""

    def motion(self, *, seen: bool) -> None:
        """Something moves before the door, or no longer."""

    def emergency(self, *, called: bool) -> None:
        """An emergency holds the door open, or no longer."""

    def steering(self, steering: Steering) -> None:
        """What the owner has set, and where nothing was set what holds instead."""

    def snapshot(self, pixels: Pixels) -> None:
        """The picture that decided; nobody writes into it afterwards."""

    def stats(self, payload: Mapping[str, Any]) -> None:
        """How the door is doing."""

    def close(self) -> None:
        """Say goodbye and hang up; may be called twice."""


class SilentPublisher:
    """Tells nobody anything; what cares for a few things only inherits from this."""

    def event(self, payload: Mapping[str, Any]) -> None:
        """Something happened."""

    def latch(self, state: LatchState) -> None:
        """The bolt is now here."""

    def camera(self, *, online: bool) -> None:
        """The door sees, or is blind."""

    def problems(self, reasons: Mapping[str, str]) -> None:
        """What is not as it should be now."""

    def motion(self, *, seen: bool) -> None:
        """Something moves before the door, or no longer."""

    def emergency(self, *, called: bool) -> None:
        """An emergency holds the door open, or no longer."""

    def steering(self, steering: Steering) -> None:
        """What the owner has set, and where nothing was set what holds instead."""

    def snapshot(self, pixels: Pixels) -> None:
        """The picture that decided."""

    def stats(self, payload: Mapping[str, Any]) -> None:
        """How the door is doing."""

    def close(self) -> None:
        """Nothing to let go of."""


class Supervisor(Protocol):
    """Whoever starts the door again when it hangs or dies; never raises, never waited for."""

    def ready(self) -> None:
        """The door watches."""

    def alive(self) -> None:
        """The loop has turned once more, to its end."""

    def status(self, words: str) -> None:
        """How the door is, in one line."""

    def stopping(self) -> None:
        """The door is locked, and ends."""


class Unsupervised:
    """Nobody looks after the door."""

    def ready(self) -> None:
        """The door watches."""

    def alive(self) -> None:
        """The loop has turned once more, to its end."""

    def status(self, words: str) -> None:
        """How the door is, in one line."""

    def stopping(self) -> None:
        """The door is locked, and ends."""
