"""All that the loop works with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from petdoor.core.curfew import Curfew
from petdoor.core.eyesight import EyesightLimits
from petdoor.core.heat import Spell
from petdoor.core.policy import Policy
from petdoor.core.ports import (
    Camera,
    Classifier,
    Eyes,
    Forgetful,
    Inputs,
    Keeper,
    Latch,
    MotionGate,
    NoOrders,
    Orders,
    Publisher,
    Rule,
    Supervisor,
    Unsupervised,
    Unwired,
)


@dataclass(frozen=True, slots=True)
class Parts:
    """All the loop works with, handed in; and the names of door and model, for the events.

    Attributes:
        eyes: what measures whether the picture can be trusted.
        limits: from where on it cannot.
        locks_when_impaired: the door then stays locked to animals; else it only tells.
        curfew: the hours in which welcome animals are held back.
        hold: told once a second that an emergency wants the bolt drawn for longer than it usually may be.
        orders: what the owner tells the door from afar.
        keeper: what keeps that across restarts.
        thermometer: how warm the machine is, in degrees Celsius; None where nobody knows.
        checkups: what is asked once a second: a part's name, and what is wrong with it now.
        spells: when the coil was energised before, in seconds of the loop's clock.
    """

    latch: Latch
    camera: Camera
    classifier: Classifier
    rule: Rule
    policy: Policy
    publisher: Publisher
    motion: MotionGate | None = None
    eyes: Eyes | None = None
    limits: EyesightLimits = field(default_factory=EyesightLimits)
    locks_when_impaired: bool = True
    inputs: Inputs = field(default_factory=Unwired)
    curfew: Curfew = field(default_factory=Curfew)
    hold: Callable[[], None] = field(default=lambda: None)
    orders: Orders = field(default_factory=NoOrders)
    keeper: Keeper = field(default_factory=Forgetful)
    thermometer: Callable[[], float | None] = field(default=lambda: None)
    checkups: Mapping[str, Callable[[], str]] = field(default_factory=dict)
    supervisor: Supervisor = field(default_factory=Unsupervised)
    spells: tuple[Spell, ...] = ()
    door_id: str = "petdoor"
    model_id: str = ""
