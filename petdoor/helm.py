"""What the owner steers: mode, threshold and curfew, and the rules that follow from them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from petdoor.core.curfew import Curfew
from petdoor.core.events import SettingChanged
from petdoor.core.orders import SetCurfew, SetMode, SetThreshold
from petdoor.core.policy import Policy
from petdoor.core.ports import Keeper, Rule
from petdoor.core.species import MassRule
from petdoor.core.steering import Steering


class Helm:
    """Holds what was set from afar over what the settings say.

    Args:
        policy: the rules of the house, by the settings.
        rule: from probabilities to a species, by settings and model.
        curfew: the hours in which welcome animals are held back.
        keeper: keeps what was set across restarts.
        owner_steering: what was set before a reload, if it was one: the disk may have kept nothing of it.
    """

    def __init__(
        self,
        policy: Policy,
        rule: Rule,
        curfew: Curfew,
        keeper: Keeper,
        owner_steering: Steering | None = None,
    ) -> None:
        self._policy = policy
        self._rule = rule
        self._curfew = curfew
        self._keeper = keeper
        kept = keeper.load()
        # Who has reloaded because the mode was not known may have mended the file.
        is_mended = bool(owner_steering and kept.mode_is_known and not owner_steering.mode_is_known)
        self.owner_steering = kept if is_mended or owner_steering is None else owner_steering
        """What was set, and nothing else."""
        if self.owner_steering != kept:
            keeper.save(self.owner_steering)
        self._provisional = None if self.owner_steering.mode_is_known else self.owner_steering

    @property
    def steering(self) -> Steering:
        """What was set, and where nothing was set what holds instead."""
        own = self._rule.threshold if isinstance(self._rule, MassRule) else None
        steered = self.owner_steering
        threshold = own if own is None or steered.threshold is None else steered.threshold
        return replace(steered, threshold=threshold)

    @property
    def rule(self) -> Rule:
        """The rule that holds now."""
        threshold = self.steering.threshold
        if threshold is None or not isinstance(self._rule, MassRule):
            return self._rule
        return replace(self._rule, threshold=threshold)

    def policy(self, moment: datetime) -> Policy:
        """The rules of the house that hold at this moment."""
        held = self._curfew.species_at(moment) if self.owner_steering.obeys_curfew else frozenset()
        return self._policy.now(self.owner_steering.mode, held)

    def catches_up(self) -> bool:
        """Whether something else holds now, since what was set before this start is known at last."""
        found = self._keeper.found()
        if found is None or self._provisional is None:
            return False
        has_been_set = self.owner_steering != self._provisional
        self.owner_steering = self.owner_steering.over(found)
        if has_been_set:
            self._keeper.save(self.owner_steering)
        return True

    def set(
        self, order: SetMode | SetThreshold | SetCurfew, done: Callable[[], object] = lambda: None
    ) -> SettingChanged:
        """Set what the owner wants set, for now and after a restart; ``done`` is as in ``Keeper.save``.

        Raises:
            ValueError: this door has nothing to set there; the sentence says why.
        """
        if isinstance(order, SetThreshold) and self.steering.threshold is None:
            raise ValueError("the rule top1 has no threshold")
        before, self.owner_steering = self.owner_steering, self.owner_steering.told(order)
        if self.owner_steering == before:
            done()
        else:
            self._keeper.save(self.owner_steering, done)
        return _changed(order)


def _changed(order: SetMode | SetThreshold | SetCurfew) -> SettingChanged:
    match order:
        case SetMode(mode):
            return SettingChanged("mode", mode.value)
        case SetThreshold(threshold):
            return SettingChanged("threshold", f"{threshold:g}")
        case SetCurfew(wanted):
            return SettingChanged("curfew", "on" if wanted else "suspended")
