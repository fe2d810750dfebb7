"""The owner, from afar: one order a pass, each answered with what came of it."""

from petdoor.core.contacts import Contacts
from petdoor.core.door import Door
from petdoor.core.events import SettingChanged
from petdoor.core.obedience import ordered, refusal
from petdoor.core.orders import InstallModel, SetCurfew, SetMode, SetThreshold
from petdoor.core.policy import Policy
from petdoor.core.ports import Orders, Request
from petdoor.helm import Helm


class Owner:
    """Takes orders: settings are set at once, the bolt waits for the next step, a model for the renewal.

    Args:
        orders: where they come from.
        helm: what may be set.
    """

    def __init__(self, orders: Orders, helm: Helm) -> None:
        self._orders = orders
        self._helm = helm
        self._for_bolt: Request | None = None
        self._for_model: Request | None = None

    @property
    def wants_renewal(self) -> bool:
        """Whether settings and model are to be read anew."""
        return self._for_model is not None

    def ask(self) -> list[SettingChanged]:
        """Take the next order, if there is one; tell what it has set."""
        request = self._orders.take()
        if request is None:
            return []
        match request.order:
            case SetMode() | SetThreshold() | SetCurfew() as order:
                return self._set(order, request)
            case InstallModel():
                self.renewed("another one has come")
                self._for_model = request
            case _:
                self._for_bolt = request
        return []

    def contacts(self, wired: Contacts) -> Contacts:
        """What the wires say, and the order for the bolt."""
        return ordered(wired, self._for_bolt.order if self._for_bolt else None)

    def obeyed(self, door: Door, policy: Policy) -> None:
        """Answer the order for the bolt, after the step that had it."""
        if self._for_bolt:
            self._for_bolt.answer(refusal(self._for_bolt.order, door, policy))
        self._for_bolt = None

    def renewed(self, fault: str = "") -> None:
        """Answer the order for a renewal: why it failed, or nothing."""
        if self._for_model:
            self._for_model.answer(fault)
        self._for_model = None

    def _set(self, order: SetMode | SetThreshold | SetCurfew, request: Request) -> list[SettingChanged]:
        try:
            changed = self._helm.set(order, lambda: request.answer(""))
        except ValueError as error:
            request.answer(str(error))
            return []
        return [changed]
