"""Events that no broker has acknowledged yet, kept through outages, kill -9 and restarts."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from petdoor.errands import Errands, is_done
from petdoor.mqtt.outboxfile import OutboxFile
from petdoor.mqtt.shelf import SPARED, Shelf, Texts
from petdoor.mqtt.unwritten import Unwritten

log = logging.getLogger(__name__)

_PATIENCE_SECONDS: Final = 0.1
_GIVE_UP_SECONDS: Final = 5.0


class Entry(NamedTuple):
    """An event that waits to be acknowledged: its number, strictly growing with gaps; and as it was put."""

    number: int
    payload: dict[str, Any]


class _Search(NamedTuple):
    """What the disk was asked for, and has not answered in time."""

    edition: int
    number: int
    answer: Future[Texts | None]


class Outbox:
    """What was put and not removed, oldest first.

    Any thread may ``put``, ask for the ``fault`` and ``close``; the rest is for the one MQTT thread. Nothing
    here raises, or waits long for the disk: a thread of its own does what may last, and is waited for a
    moment, and not again while it is still at the same. What hangs is a fault after a while; until it is
    over, events are kept in memory.

    What ``put`` has written outlives the process. A power cut may cost what was put since the last ``tidy``,
    which is to be called every minute or so. While the disk fails, events are kept in memory, the newest
    ``keep_events`` of them, and written by the ``tidy`` that finds the disk working again.

    Numbers grow across restarts too. They begin at the wall clock's milliseconds, beyond any count: those on
    disk may not be readable at the start, and an outbox before this one, given up while the disk hung, may
    yet write some of its own. Should the disk turn out to know higher ones, what waits in memory gets new
    numbers above those: it may be told twice, never lost.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        keep_seconds: float,
        keep_events: int,
        wall_clock: Callable[[], float] = time.time,
        patience_seconds: float = _PATIENCE_SECONDS,
        give_up_seconds: float = _GIVE_UP_SECONDS,
        open_file: Callable[[Path], OutboxFile] = OutboxFile,
    ) -> None:
        """Keep events in the file at ``path``, made when it is missing; in memory alone when it is None.

        By the wall clock, events older than ``keep_seconds`` are dropped. But a clock may be set years ahead,
        as on a Pi that wakes in the past: the newest 100 stay whatever their age. A stamp in the future is
        new. Of more than ``keep_events``, the oldest are dropped.

        The disk is waited for ``patience_seconds``, and ``give_up_seconds`` at the beginning and the end.
        """
        self._path = path
        self._keep_seconds = keep_seconds
        self._wall_clock = wall_clock
        self._patience_seconds = patience_seconds
        self._give_up_seconds = give_up_seconds
        self._unwritten = Unwritten(keep_events)
        self._disk = Errands("petdoor-outbox")
        self._shelf: Shelf | None = None
        self._late: _Search | None = None
        self._again: Callable[[], object] = lambda: None
        self._has_passed_over = False
        self._is_closed = False
        if path is not None:
            self._shelf = Shelf(
                path, self._unwritten, keep_events=keep_events, too_old=self._too_old, open_file=open_file
            )
            self._begin(self._shelf)

    def __len__(self) -> int:
        return len(self._unwritten)

    @property
    def fault(self) -> str:
        """What keeps events from being kept on disk; empty when nothing does."""
        if self._disk.lasting_seconds > self._give_up_seconds:
            return f"cannot keep events on disk: {self._path} does not answer"
        return self._shelf.fault if self._shelf else ""

    @property
    def newest(self) -> int:
        """The highest number given so far; 0 when there was none."""
        return self._unwritten.newest

    @property
    def edition(self) -> int:
        """Grows whenever numbers have become others, or ``after`` finds again what it had passed over."""
        return self._unwritten.edition

    def put(self, payload: Mapping[str, Any]) -> None:
        """Keep an event; where the disk does not take it at once, in memory until it does."""
        try:
            text = json.dumps(dict(payload), default=str)
        except (TypeError, ValueError, RecursionError):
            log.exception("cannot keep an event that is no JSON")
            return
        self._unwritten.add(self._wall_clock(), text)
        self._save()

    def after(self, number: int, limit: int, again: Callable[[], object] = lambda: None) -> list[Entry]:
        """At most ``limit`` events with a number above ``number``, oldest first.

        None at all where the disk has yet to say what comes next: ``again`` is called, on another thread, as
        soon as it has. While there is a fault, those in memory: the others are passed over.
        """
        if limit <= 0:
            return []
        # Before the question of where there are more: what moves to disk meanwhile is not missed.
        texts: Texts = {row.number: row.payload for row in self._unwritten.rows() if row.number > number}
        if self._shelf and (self._has_passed_over or self._unwritten.are_on_disk(number)):
            self._again = again
            found = self._looked_up(self._shelf, number, limit)
            if found is None and not self.fault:
                return []
            self._note_passing_over(is_so=found is None)
            texts = texts if found is None else found
        wanted = sorted(texts)[:limit]
        entries = [_entry(each, texts[each]) for each in wanted]
        if damaged := [each for each, entry in zip(wanted, entries, strict=True) if entry is None]:
            log.warning("dropped %d events that can no longer be read", len(damaged))
            self._unwritten.remove(damaged, dropped=len(damaged))
            self._save()
        return [entry for entry in entries if entry]

    def remove(self, number: int, *, edition: int | None = None) -> None:
        """Forget an event that was acknowledged; one of another edition than the current one is kept."""
        self._unwritten.remove([number], edition=edition)
        self._save()

    def dropped(self) -> int:
        """How many events were dropped that ``dropped_told`` has not been told of."""
        return self._unwritten.dropped

    def dropped_told(self, count: int) -> None:
        """Forget ``count`` dropped events: they were told of."""
        self._unwritten.told(count)
        self._save()

    def tidy(self) -> None:
        """Have what is too old or too many dropped, and the file opened, written and settled."""
        if self._is_closed:
            return
        self._unwritten.drop_older(self._too_old(), spared=SPARED)
        if self._shelf:
            self._is_done(self._disk.do(self._shelf.tidy))

    def close(self) -> None:
        """Write what waits, as long as the disk takes it in time, and let go of the file."""
        if self._is_closed:
            return
        self._is_closed = True
        has_ended = self._shelf is None or self._has_closed(self._shelf)
        left = len(self._unwritten.rows())
        if not has_ended:
            log.warning("the disk does not answer: gave up on %d events, and on noting which were told", left)
        elif self._path and left:
            log.warning("gave up on %d events that the disk does not take", left)

    def _begin(self, shelf: Shelf) -> None:
        is_done(self._disk.do(shelf.begin), within_seconds=self._give_up_seconds)
        self._unwritten.number_from(max(0, int(self._wall_clock() * 1000)))

    def _has_closed(self, shelf: Shelf) -> bool:
        self._disk.do(shelf.tidy)
        has_ended = self._disk.close(self._give_up_seconds, last=shelf.let_go)
        shelf.is_given_up = not has_ended
        return has_ended

    def _too_old(self) -> float:
        return self._wall_clock() - self._keep_seconds

    def _save(self) -> None:
        if self._shelf:
            self._is_done(self._disk.do(self._shelf.write))

    def _is_done(self, errand: Future[Any]) -> bool:
        """Whether it is done in a moment; what has lasted so long already is waited for no longer."""
        return is_done(errand, within_seconds=self._patience_seconds - self._disk.lasting_seconds)

    def _looked_up(self, shelf: Shelf, number: int, limit: int) -> Texts | None:
        """What there is on disk and in memory; None while the disk does not say."""
        late, self._late = self._late, None
        if late and not late.answer.done():
            self._late = late
            return None
        if late and late[:2] == (self.edition, number) and self._is_done(late.answer):
            return late.answer.result()
        search = _Search(self.edition, number, self._disk.do(partial(shelf.look_up, number, limit)))
        if self._is_done(search.answer):
            return search.answer.result()
        self._late = search
        search.answer.add_done_callback(lambda answer: self._again() if self._is_done(answer) else None)
        return None

    def _note_passing_over(self, *, is_so: bool) -> None:
        if self._has_passed_over and not is_so:
            self._unwritten.turn_over()
        self._has_passed_over = is_so


def _entry(number: int, text: str | bytes) -> Entry | None:
    """None when it cannot be read any more."""
    try:
        payload = json.loads(text)
    except (TypeError, ValueError):  # in a damaged row it may even be missing
        return None
    return Entry(number, payload) if isinstance(payload, dict) else None
