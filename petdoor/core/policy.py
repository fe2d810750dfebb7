"""The rules of the house: who may pass, how sure the door must be, and for how long."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from petdoor.core.heat import HeatBudget
from petdoor.core.modes import Hold, Mode
from petdoor.core.species import CAT, DOG, OTHER, Species
from petdoor.core.waiting import Escalation


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may pass, how sure the door must be, and how long it stays open.

    Attributes:
        admit: species that open the door; never ``other``.
        keep_in: species that bar it, alone or beside a welcome one.
        confirm_frames: how many of the last ``window_frames`` must agree; two at least.
        window_frames: how many frames are looked back on.
        veto_confidence: a ``keep_in`` species this probable in any of those frames keeps the door
            locked. Low on purpose: with the ImageNet model it bars one of 966 photos judged dog rightly,
            and 26 of 69 cats judged dog.
        veto_hold_seconds: once ``confirm_frames`` agreed on a ``keep_in`` species, the door stays locked
            until they have not for this long: a cat that turns to go may look like a dog for a second.
        visit_gap_seconds: a visit ends when nothing was seen for this long.
        refuse_after_seconds: how long something unknown is watched before it is turned away; an
            animal far off looks like nothing known until it comes near.
        unlock_seconds: how long the bolt is drawn.
        linger_seconds: past that, it stays drawn until the animal has not been seen for this long.
        max_unlock_seconds: never longer than this.
        refractory_seconds: after locking, no unlocking for this long.
        emergency_seconds: how long an emergency holds the door open, whatever the rest says; only the coil
            and the end of petdoor shorten it.
        settle_seconds: a flap that has hung shut for this long no longer swings: somebody is through.
        close_seconds: a flap that stands open before a fallen bolt for this long is jammed.
        retry_seconds: when it is first tried to free such a flap, if it was opened by somebody let through;
            each attempt waits twice as long as the one before, and there are few.
        escalation: when to tell that a welcome animal waits.
        held_back: the welcome species that are not let in now, and why.
        opens_for_buttons: a button draws the bolt.
        moves_bolt: decisions move it; else they are only told, but in an emergency.
        trusts_its_eyes: what the camera shows may open the door; else it is only watched.
        heat: what the latch's coil can bear; None for a latch that does not warm up.
        has_two_coils: each way has a coil of its own, and both are never drawn at once.

    Raises:
        ValueError: a value, or two together, make no safe door; the message begins with the key.
    """

    admit: frozenset[Species] = frozenset({DOG})
    keep_in: frozenset[Species] = frozenset({CAT})
    confirm_frames: int = 4
    window_frames: int = 5
    veto_confidence: float = 0.06
    veto_hold_seconds: float = 3.0
    visit_gap_seconds: float = 3.0
    refuse_after_seconds: float = 2.0
    unlock_seconds: float = 5.0
    linger_seconds: float = 1.0
    max_unlock_seconds: float = 20.0
    refractory_seconds: float = 3.0
    emergency_seconds: float = 120.0
    settle_seconds: float = 0.5
    close_seconds: float = 5.0
    retry_seconds: float = 30.0
    escalation: Escalation = field(default_factory=Escalation)
    held_back: Mapping[Species, Hold] = field(default_factory=dict)
    opens_for_buttons: bool = True
    moves_bolt: bool = True
    trusts_its_eyes: bool = True
    heat: HeatBudget | None = None
    has_two_coils: bool = False

    def __post_init__(self) -> None:
        _require(OTHER not in self.admit, "admit: 'other' may not be admitted; it is everything unknown")
        both = ", ".join(sorted(self.admit & self.keep_in))
        _require(not both, f"keep_in: {both} cannot be admitted and kept in at once")
        _require(self.confirm_frames >= 2, "confirm_frames: 2 or more; one frame never opens the door")
        _require(self.window_frames >= self.confirm_frames, "window_frames: confirm_frames or more")
        _require(self.max_unlock_seconds >= self.unlock_seconds, "max_unlock_seconds: unlock_seconds or more")
        if self.heat:
            bearable = self.heat.energised_seconds
            _require(
                bearable >= self.unlock_seconds,
                f"heat: the coil bears {bearable:g} s, less than unlock_seconds",
            )

    def now(self, mode: Mode, curfew: frozenset[Species] = frozenset()) -> "Policy":
        """The rules that hold in this mode, with a curfew for these species."""
        if mode is Mode.UNLOCKED:
            known = (self.admit | self.keep_in) - {OTHER}
            return replace(self, admit=known, keep_in=frozenset(), held_back={})
        if mode is Mode.LOCKED:
            return replace(self, held_back=dict.fromkeys(self.admit, Hold.MODE), opens_for_buttons=False)
        held_back = dict.fromkeys(self.admit & curfew, Hold.CURFEW)
        return replace(self, held_back=held_back, moves_bolt=mode is not Mode.OBSERVE)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)
