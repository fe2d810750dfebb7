"""What the door hears from the broker: checked, and made an order; what is none changes nothing."""

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from petdoor.core.contacts import Way
from petdoor.core.orders import CallEmergency, Lock, Order, OrderError, Unlock, parse, shown
from petdoor.core.ports import Request
from petdoor.mqtt.line import Heard

_MAX_BYTES: Final = 1024
_STALE_SECONDS: Final = 3.0
"""An unlocking that was held up for longer is no longer meant; a lock is, and an emergency."""
_TRANSACTIONS_KEPT: Final = 1000
_MAX_TRANSACTION: Final = 64
_STATUS: Final = "status"
_WORD_OF: Final = {"lock": ("lock", "LOCK"), "unlock": ("lock", "UNLOCK"), "model": ("model", "INSTALL")}
"""The verbs that say it all; the others need a value."""
_VERBS: Final = (*_WORD_OF, "mode", "threshold", "curfew", "emergency", _STATUS)
_MAX_NAME: Final = 40

Transaction = str | int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request has come to.

    Attributes:
        verb: what was asked for.
        transaction: which request.
        error: why it was refused; empty when it was not.
        data: what was asked for, where that is something to be told.
    """

    verb: str
    transaction: Transaction
    error: str = ""
    data: Mapping[str, Any] | None = None

    def payload(self) -> str:
        """As JSON, in the form of Zigbee2MQTT's responses."""
        told: dict[str, Any] = {"data": dict(self.data or {}), "status": "error" if self.error else "ok"}
        return json.dumps(
            told | ({"error": self.error} if self.error else {}) | {"transaction": self.transaction}
        )


class Listener:
    """Takes what comes, and hands orders to the loop; nothing here waits or raises.

    Args:
        answer: where answers go.
        refuse: where the reason goes when there is nobody to answer to.
        status: all that is to be told of the door when somebody asks.
    """

    def __init__(
        self,
        *,
        answer: Callable[[Answer], None],
        refuse: Callable[[str], None],
        status: Callable[[], Mapping[str, Any]],
    ) -> None:
        self._answer = answer
        self._refuse = refuse
        self._status = status
        self._waiting = Waiting()
        self._seen: OrderedDict[Transaction, None] = OrderedDict()

    def take(self) -> Request | None:
        """The order that has waited longest; called by the loop."""
        return self._waiting.take()

    def hear(self, name: str, heard: Heard) -> None:
        """Take a message.

        Args:
            name: its topic below the door's: ``lock/set``, ``request/mode``.
            heard: the message.
        """
        kind, _, rest = name.partition("/")
        try:
            text = _text(heard)
            if kind == "request":
                self._ask(rest, text, heard)
            else:
                self._order(
                    parse(kind, text), lambda error: error and self._refuse(f"{name}: {error}"), heard
                )
        except OrderError as error:
            self._refuse(f"{name if name.isprintable() and len(name) < _MAX_NAME else shown(name)}: {error}")

    def _ask(self, verb: str, text: str, heard: Heard) -> None:
        if verb not in _VERBS:
            raise OrderError(f"there is no request {shown(verb)}; there are {', '.join(_VERBS)}")
        asked = _object(text)
        transaction = _transaction(asked)
        try:
            self._see(transaction)
            if verb == _STATUS:
                self._answer(Answer(verb, transaction, data=self._status()))
                return
            order = _requested(verb, asked)
            self._order(order, lambda error: self._answer(Answer(verb, transaction, error)), heard)
        except OrderError as error:
            self._answer(Answer(verb, transaction, str(error)))

    def _see(self, transaction: Transaction) -> None:
        if transaction in self._seen:
            raise OrderError(f"transaction {transaction!r} has been answered already")
        self._seen[transaction] = None
        if len(self._seen) > _TRANSACTIONS_KEPT:
            self._seen.popitem(last=False)

    def _order(self, order: Order, answer: Callable[[str], object], heard: Heard) -> None:
        superseded = self._waiting.put(Request(order, answer), heard.at)
        if superseded:
            superseded.answer("a newer order took its place")


class Waiting:
    """Orders that the loop has not got to: of each kind the newest, an emergency and the bolt first.

    However many come, no emergency and no lock is refused, and there are never more than kinds.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._newest: dict[type[Order], tuple[Request, float]] = {}

    def put(self, request: Request, heard_at: float) -> Request | None:
        """Have an order wait; the one of its kind that waited until now waits no more."""
        kind = _kind(request.order)
        with self._lock:
            superseded, _ = self._newest.pop(kind, (None, 0.0))
            self._newest[kind] = request, heard_at
        return superseded

    def take(self) -> Request | None:
        """The next order; None when none waits."""
        with self._lock:
            kinds = [*(kind for kind in _URGENT if kind in self._newest), *self._newest]
            if not kinds:
                return None
            request, heard_at = self._newest.pop(kinds[0])
        if isinstance(request.order, Unlock) and self._clock() - heard_at > _STALE_SECONDS:
            request.answer("it came too late: ask again")
            return None
        return request


def _kind(order: Order) -> type[Order]:
    """What else such an order is about: of those for the bolt, the last word counts."""
    return Lock if isinstance(order, Unlock) else type(order)


_URGENT: Final = (CallEmergency, Lock)


def _text(heard: Heard) -> str:
    if heard.is_old:
        raise OrderError("it is retained, or was sent before: only what is meant now is obeyed")
    if len(heard.payload) > _MAX_BYTES:
        raise OrderError(f"{len(heard.payload)} bytes are too many; {_MAX_BYTES} at most")
    try:
        return heard.payload.decode()
    except UnicodeDecodeError:
        raise OrderError("it is no text") from None


def _object(text: str) -> Mapping[str, Any]:
    try:
        asked = json.loads(text)
    except (ValueError, RecursionError):
        raise OrderError("it is no JSON") from None
    if not isinstance(asked, dict):
        raise OrderError('it must be an object, like {"transaction": "1"}')
    return asked


def _transaction(asked: Mapping[str, Any]) -> Transaction:
    match asked.get("transaction"):
        case str() | int() as transaction if _is_short(transaction) and not isinstance(transaction, bool):
            return transaction
        case _:
            raise OrderError(f"its transaction must be a number or a text of {_MAX_TRANSACTION} at most")


def _is_short(transaction: Transaction) -> bool:
    return len(str(transaction)) <= _MAX_TRANSACTION


def _requested(verb: str, asked: Mapping[str, Any]) -> Order:
    if verb in _WORD_OF:
        order = parse(*_WORD_OF[verb])
        return Unlock(_way(asked)) if isinstance(order, Unlock) else order
    value = asked.get("value")
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise OrderError("its value must be a text or a number")
    return parse(verb, str(value))


def _way(asked: Mapping[str, Any]) -> Way:
    way = asked.get("way", Way.IN.value)
    if way not in [*Way]:
        raise OrderError(f"its way must be one of {', '.join(Way)}")
    return Way(way)
