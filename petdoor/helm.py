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
        was_set: what was set before a reload, if it was one: the disk may have kept nothing of it.
    """

    def __init__(
        self, policy: Policy, rule: Rule, curfew: Curfew, keeper: Keeper, was_set: Steering | None = None
    ) -> None:
        self._policy = policy
        self._rule = rule
        self._curfew = curfew
        self._keeper = keeper
        kept = keeper.load()
        self.was_set = was_set or kept
        """What was set, and nothing else."""
        if self.was_set != kept:
            keeper.save(self.was_set)

    @property
    def steering(self) -> Steering:
        """What was set, and where nothing was set what holds instead."""
        own = self._rule.threshold if isinstance(self._rule, MassRule) else None
        threshold = own if own is None or self.was_set.threshold is None else self.was_set.threshold
        return replace(self.was_set, threshold=threshold)

    @property
    def rule(self) -> Rule:
        """The rule that holds now."""
        threshold = self.steering.threshold
        if threshold is None or not isinstance(self._rule, MassRule):
            return self._rule
        return replace(self._rule, threshold=threshold)

    def policy(self, moment: datetime) -> Policy:
        """The rules of the house that hold at this moment."""
        held = self._curfew.species_at(moment) if self.was_set.obeys_curfew else frozenset()
        return self._policy.now(self.was_set.mode, held)

    def set(
        self, order: SetMode | SetThreshold | SetCurfew, done: Callable[[str], object] = lambda _: None
    ) -> SettingChanged:
        """Set what the owner wants set, for now and after a restart; ``done`` is told once that is kept.

        Raises:
            ValueError: this door has nothing to set there; the sentence says why.
        """
        if isinstance(order, SetThreshold) and self.steering.threshold is None:
            raise ValueError("the rule top1 has no threshold")
        before, self.was_set = self.was_set, self.was_set.told(order)
        if self.was_set == before:
            done("")
        else:
            self._keeper.save(self.was_set, done)
        return _changed(order)


def _changed(order: SetMode | SetThreshold | SetCurfew) -> SettingChanged:
    match order:
        case SetMode(mode):
            return SettingChanged("mode", mode.value)
        case SetThreshold(threshold):
            return SettingChanged("threshold", f"{threshold:g}")
        case SetCurfew(wanted):
            return SettingChanged("curfew", "on" if wanted else "suspended")
