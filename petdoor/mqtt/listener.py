"""What the door hears from the broker: checked, and made an order; what is none changes nothing."""

import json
import queue
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from petdoor.core.contacts import Way
from petdoor.core.orders import Order, OrderError, Unlock, parse
from petdoor.core.ports import Request
from petdoor.mqtt.line import Heard

_MAX_BYTES: Final = 1024
_MAX_WAITING: Final = 20
_TRANSACTIONS_KEPT: Final = 1000
_MAX_TRANSACTION: Final = 64
_STATUS: Final = "status"
_WORD_OF: Final = {"lock": ("lock", "LOCK"), "unlock": ("lock", "UNLOCK"), "model": ("model", "INSTALL")}
"""The verbs that say it all; the others need a value."""

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
        self._requests: queue.Queue[Request] = queue.Queue(_MAX_WAITING)
        self._seen: OrderedDict[Transaction, None] = OrderedDict()

    def take(self) -> Request | None:
        """The order that has waited longest; called by the loop."""
        try:
            return self._requests.get_nowait()
        except queue.Empty:
            return None

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
                self._ask(rest, text)
            else:
                self._order(parse(kind, text), lambda error: error and self._refuse(f"{name}: {error}"))
        except OrderError as error:
            self._refuse(f"{name}: {error}")

    def _ask(self, verb: str, text: str) -> None:
        asked = _object(text)
        transaction = _transaction(asked)
        try:
            self._see(transaction)
            if verb == _STATUS:
                self._answer(Answer(verb, transaction, data=self._status()))
                return
            order = _requested(verb, asked)
            self._order(order, lambda error: self._answer(Answer(verb, transaction, error)))
        except OrderError as error:
            self._answer(Answer(verb, transaction, str(error)))

    def _see(self, transaction: Transaction) -> None:
        if transaction in self._seen:
            raise OrderError(f"transaction {transaction!r} has been answered already")
        self._seen[transaction] = None
        if len(self._seen) > _TRANSACTIONS_KEPT:
            self._seen.popitem(last=False)

    def _order(self, order: Order, answer: Callable[[str], object]) -> None:
        try:
            self._requests.put_nowait(Request(order, answer))
        except queue.Full:
            raise OrderError(f"{_MAX_WAITING} orders are waiting already") from None


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
        case str() | int() as transaction if len(str(transaction)) <= _MAX_TRANSACTION:
            return transaction
        case _:
            raise OrderError(f"its transaction must be a number or a text of {_MAX_TRANSACTION} at most")


def _requested(verb: str, asked: Mapping[str, Any]) -> Order:
    if verb in _WORD_OF:
        order = parse(*_WORD_OF[verb])
        return Unlock(_way(asked)) if isinstance(order, Unlock) else order
    value = asked.get("value")
    if verb not in _VALUED:
        raise OrderError(
            f"there is no request {verb!r}; there are {', '.join((*_WORD_OF, *_VALUED, _STATUS))}"
        )
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise OrderError("its value must be a text or a number")
    return parse(verb, str(value))


_VALUED: Final = ("mode", "threshold", "curfew", "emergency")


def _way(asked: Mapping[str, Any]) -> Way:
    way = asked.get("way", Way.IN.value)
    if way not in [*Way]:
        raise OrderError(f"its way must be one of {', '.join(Way)}")
    return Way(way)
