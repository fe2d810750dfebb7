"""What the owner has set from afar, over what the settings say."""

from dataclasses import dataclass, replace

from petdoor.core.modes import Mode
from petdoor.core.orders import Order, SetCurfew, SetMode, SetThreshold


@dataclass(frozen=True, slots=True)
class Steering:
    """What holds on until it is set anew.

    Attributes:
        mode: what the door is to do.
        threshold: from which probability on a species is believed; None: as settings and model say.
        obeys_curfew: the curfew's windows count.
        mode_is_known: the mode is what the owner has set; else it is only what is safe.
    """

    mode: Mode = Mode.AUTO
    threshold: float | None = None
    obeys_curfew: bool = True
    mode_is_known: bool = True

    def over(self, found: "Steering") -> "Steering":
        """What was set since, over what is found only now."""
        return Steering(
            mode=self.mode if self.mode_is_known else found.mode,
            threshold=found.threshold if self.threshold is None else self.threshold,
            obeys_curfew=self.obeys_curfew and found.obeys_curfew,
            mode_is_known=self.mode_is_known or found.mode_is_known,
        )

    def told(self, order: Order) -> "Steering":
        """The steering after an order; the same after one that sets nothing."""
        match order:
            case SetMode(mode):
                return replace(self, mode=mode, mode_is_known=True)
            case SetThreshold(threshold):
                return replace(self, threshold=threshold)
            case SetCurfew(wanted):
                return replace(self, obeys_curfew=wanted)
            case _:
                return self
