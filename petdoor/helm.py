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
    """

    def __init__(self, policy: Policy, rule: Rule, curfew: Curfew, keeper: Keeper) -> None:
        self._policy = policy
        self._rule = rule
        self._curfew = curfew
        self._keeper = keeper
        self._steering = keeper.load()

    @property
    def steering(self) -> Steering:
        """What was set, and where nothing was set what holds instead."""
        own = self._rule.threshold if isinstance(self._rule, MassRule) else None
        threshold = own if own is None or self._steering.threshold is None else self._steering.threshold
        return replace(self._steering, threshold=threshold)

    @property
    def rule(self) -> Rule:
        """The rule that holds now."""
        threshold = self.steering.threshold
        if threshold is None or not isinstance(self._rule, MassRule):
            return self._rule
        return replace(self._rule, threshold=threshold)

    def policy(self, moment: datetime) -> Policy:
        """The rules of the house that hold at this moment."""
        held = self._curfew.species_at(moment) if self._steering.obeys_curfew else frozenset()
        return self._policy.now(self._steering.mode, held)

    def set(
        self, order: SetMode | SetThreshold | SetCurfew, done: Callable[[], object] = lambda: None
    ) -> SettingChanged:
        """Set what the owner wants set, for now and after a restart; ``done`` is called once that is kept.

        Raises:
            ValueError: this door has nothing to set there; the sentence says why.
        """
        if isinstance(order, SetThreshold) and self.steering.threshold is None:
            raise ValueError("the rule top1 has no threshold")
        before, self._steering = self._steering, self._steering.told(order)
        if self._steering == before:
            done()
        else:
            self._keeper.save(self._steering, done)
        return _changed(order)


def _changed(order: SetMode | SetThreshold | SetCurfew) -> SettingChanged:
    match order:
        case SetMode(mode):
            return SettingChanged("mode", mode.value)
        case SetThreshold(threshold):
            return SettingChanged("threshold", f"{threshold:g}")
        case SetCurfew(wanted):
            return SettingChanged("curfew", "on" if wanted else "suspended")
