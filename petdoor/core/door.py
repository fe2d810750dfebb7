"""The door: all it remembers between two passes of the loop.

Times are seconds that the door has counted since its first step.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from math import inf

from petdoor.core.contacts import Way
from petdoor.core.events import Cause, LockReason
from petdoor.core.flap import Flap
from petdoor.core.heat import Spell
from petdoor.core.species import Species
from petdoor.core.visits import Visit
from petdoor.core.waiting import Waiting


class LatchState(StrEnum):
    """Where the bolt is; the words are those Home Assistant's lock expects."""

    LOCKED = "LOCKED"
    UNLOCKED = "UNLOCKED"
    JAMMED = "JAMMED"


@dataclass(frozen=True, slots=True)
class Unlocked:
    """The bolt is drawn: why and for whom, since when, and when that animal was last seen.

    Attributes:
        since: what the coil has felt of it began then.
        asked_at: its usual time began then: later than ``since`` where the owner took it over.
        falls_for: why it is to fall as soon as the flap allows.
    """

    cause: Cause
    way: Way
    species: Species | None
    since: float
    asked_at: float
    seen_at: float
    falls_for: LockReason | None = None


@dataclass(frozen=True, slots=True)
class Door:
    """All the door remembers between two steps; a new one is locked.

    Attributes:
        clock: what the clock showed at the last step.
        now: the seconds counted since the first.
        visit: whoever is there.
        unlocked: the bolt is drawn.
        fell_at: when the bolt fell last.
        emergency_until: the door is held open until then.
        listens: the emergency input was open at the last step: it calls once it closes.
        pressed: the way of the button that was pressed last, at ``pressed_at``; None once that was obeyed, or
            is no longer meant.
        flap: how the flap hangs.
        waiting: a welcome animal that stood before the locked door.
        kept_in: the barred species that was there beyond doubt last, at ``kept_in_at``.
        spells: when the bolt was drawn, as far as the coil is still warm of it.
        is_hot: an unlocking was refused for its coil's sake, and the coil has not cooled yet.
    """

    clock: float | None = None
    now: float = 0.0
    visit: Visit | None = None
    unlocked: Unlocked | None = None
    fell_at: float = -inf
    emergency_until: float = -inf
    listens: bool = False
    pressed: Way | None = None
    pressed_at: float = -inf
    flap: Flap = field(default_factory=Flap)
    waiting: Waiting = field(default_factory=Waiting)
    kept_in: Species | None = None
    kept_in_at: float = -inf
    spells: tuple[Spell, ...] = ()
    is_hot: bool = False

    @property
    def latch(self) -> LatchState:
        if self.unlocked:
            return LatchState.UNLOCKED
        return LatchState.JAMMED if self.flap.is_jammed else LatchState.LOCKED

    @property
    def drawn(self) -> Way | None:
        """The way the bolt is drawn; None while it is locked."""
        return self.unlocked.way if self.unlocked else None

    @property
    def is_called(self) -> bool:
        """Whether an emergency holds the door open, as far as its coil bears it."""
        return self.now < self.emergency_until

    def rest_seconds(self, refractory_seconds: float) -> float:
        """How long there is no unlocking, but in an emergency; 0 or less when the latch has rested."""
        return self.fell_at + refractory_seconds - self.now

    @property
    def is_idle(self) -> bool:
        """The bolt is down, and no emergency waits for its coil to cool."""
        return not self.unlocked and not self.is_called
