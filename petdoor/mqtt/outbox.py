"""Events that no broker has acknowledged yet, kept through outages, kill -9 and restarts."""

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from petdoor import logs
from petdoor.mqtt.outboxfile import FAILURES, OutboxFile, is_busy, is_full, is_unfit, set_aside
from petdoor.mqtt.unwritten import Unwritten

log = logging.getLogger(__name__)

_SPARED: Final = 100
_BATCH: Final = 100
_PATIENCE_SECONDS: Final = 0.1
_WITHOUT_END: Final = -1.0


class Entry(NamedTuple):
    """An event that waits to be acknowledged: its number, strictly growing with gaps; and as it was put."""

    number: int
    payload: dict[str, Any]


class Outbox:
    """What was put and not removed, oldest first.

    Any thread may ``put``; everything else is for the one MQTT thread. Nothing here raises.

    What ``put`` has written outlives the process. A power cut may cost what was put since the last ``tidy``,
    which is to be called every minute or so. While the disk fails, events are kept in memory, the newest
    ``keep_events`` of them, and written by the ``tidy`` that finds the disk working again.

    Numbers grow across restarts too. Where those on disk cannot be read at the start, they begin at the wall
    clock's milliseconds, beyond any count. Should the disk turn out to know higher ones, what waits in memory
    gets new numbers above those: it may be told twice, never lost.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        keep_seconds: float,
        keep_events: int,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """Keep events in the file at ``path``, made when it is missing; in memory alone when it is None.

        By the wall clock, events older than ``keep_seconds`` are dropped. But a clock may be set years ahead,
        as on a Pi that wakes in the past: the newest 100 stay whatever their age. A stamp in the future is
        new. Of more than ``keep_events``, the oldest are dropped.
        """
        self._path = path
        self._keep_seconds = keep_seconds
        self._keep_events = keep_events
        self._wall_clock = wall_clock
        self._unwritten = Unwritten(keep_events)
        self._stored = 0
        self._file: OutboxFile | None = None
        self._disk = threading.Lock()  # held for a short transaction, never while the disk is waited for
        self._is_closed = False
        self.fault = ""
        """What keeps events from being kept on disk; empty when nothing does."""
        if path is not None:
            self._begin(path)

    def __len__(self) -> int:
        return max(0, self._stored + self._unwritten.surplus())

    @property
    def newest(self) -> int:
        """The highest number given so far; 0 when there was none."""
        return self._unwritten.newest

    def put(self, payload: Mapping[str, Any]) -> None:
        """Keep an event; where another holds the disk for long, in memory until the next time."""
        try:
            text = json.dumps(dict(payload), default=str)
        except (TypeError, ValueError, RecursionError):
            log.exception("cannot keep an event that is no JSON")
            return
        self._unwritten.add(self._wall_clock(), text)
        self._save()

    def after(self, number: int, limit: int) -> list[Entry]:
        """At most ``limit`` events with a number above ``number``, oldest first.

        While the disk cannot be read, those in memory only.
        """
        removed = self._unwritten.removed()
        # Before the disk: what moves there meanwhile is seen twice, not missed.
        texts: dict[int, str | bytes] = {row.number: row.payload for row in self._unwritten.rows()}
        texts |= self._read(number, limit + len(removed))
        wanted = sorted(each for each in texts if each > number and each not in removed)[:limit]
        entries = [_entry(each, texts[each]) for each in wanted]
        if damaged := [each for each, entry in zip(wanted, entries, strict=True) if entry is None]:
            log.warning("dropped %d events that can no longer be read", len(damaged))
            self._unwritten.remove(damaged, dropped=len(damaged))
            self._save()
        return [entry for entry in entries if entry]

    def remove(self, number: int) -> None:
        """Forget an event that was acknowledged."""
        self._unwritten.remove([number])
        self._save()

    def dropped(self) -> int:
        """How many events were dropped that ``dropped_told`` has not been told of."""
        return self._unwritten.dropped

    def dropped_told(self, count: int) -> None:
        """Forget ``count`` dropped events: they were told of."""
        self._unwritten.told(count)
        self._save()

    def tidy(self) -> None:
        """Drop what is too old or too many; open, write and settle the file: this waits for the disk."""
        if self._is_closed:
            return
        before = self._wall_clock() - self._keep_seconds
        self._unwritten.drop_older(before, spared=_SPARED)
        if self._path is None:
            return
        try:
            is_proven = self._is_usable() or self._open_again(self._path)
            assert self._file
            self._file.checkpoint(self._disk)  # first: it makes room
            self._write_all()
            self._drop_from(self._file, before)
        except FAILURES as error:
            self._fails(error)
        else:
            if is_proven:
                self.fault = logs.rejoice(log, "events are kept on disk again", before=self.fault)

    def close(self) -> None:
        """Write what waits, and let go of the file."""
        if self._is_closed:
            return
        self.tidy()
        self._is_closed = True
        self._let_go()
        if self._path and (left := len(self._unwritten.rows())):
            log.warning("gave up on %d events that the disk does not take", left)

    def _begin(self, path: Path) -> None:
        try:
            self._open(path)
        except FAILURES as error:
            self._fails(error)
        if self.fault:
            self._unwritten.number_from(max(0, int(self._wall_clock() * 1000)))

    def _is_usable(self) -> bool:
        return bool(self._file and not self._file.failure and self._file.is_in_place())

    def _open_again(self, path: Path) -> bool:
        if self._file and not self._file.failure:
            self._complain(f"{path} was taken away while it was used")
        self._let_go()
        return self._open(path)

    def _open(self, path: Path) -> bool:
        """Open the file; False where it was of no use, is set aside, and a new one has yet to prove itself.

        Raises:
            FAILURES: the disk does not let us.
        """
        try:
            file = OutboxFile(path)
        except FAILURES as error:
            if not is_unfit(error):
                raise
            broken = set_aside(path)
            self.fault = f"cannot use {path}: {error}; moved it to {broken.name} and began a new one"
            log.warning("%s", self.fault)
            self._adopt(OutboxFile(path))
            return False
        self._adopt(file)
        return True

    def _adopt(self, file: OutboxFile) -> None:
        lost = self._stored if file.is_new else 0
        self._unwritten.opened(newest=file.newest, dropped=file.dropped, lost=lost)
        with self._disk:
            self._file, self._stored = file, file.count

    def _let_go(self) -> None:
        with self._disk:
            file, self._file = self._file, None
        if file:
            file.close()

    def _save(self) -> None:
        """Write what waits, as far as that takes no time."""
        error = self._write_some(_PATIENCE_SECONDS)
        if error and not is_busy(error):
            self._fails(error)

    def _write_all(self) -> None:
        """Write all that waits, and after a fault something in any case.

        Raises:
            FAILURES: the disk does not take it.
        """
        is_proven = not self.fault
        while not (is_proven and self._unwritten.is_empty()):
            if error := self._write_some(_WITHOUT_END):
                raise error
            if not self._file or self._file.failure:
                raise sqlite3.OperationalError("the disk failed meanwhile")
            is_proven = True

    def _write_some(self, patience_seconds: float) -> Exception | None:
        """Write a part of what waits; what went wrong, or None."""
        if not self._disk.acquire(timeout=patience_seconds):
            return None
        try:
            if self._file and not self._file.failure:
                with self._unwritten.writing(_BATCH) as part:
                    self._file.write(part.rows, part.removed, newest=part.newest, dropped=part.dropped)
                    self._stored = self._file.count
        except FAILURES as error:
            return error
        finally:
            self._disk.release()
        return None

    def _read(self, number: int, limit: int) -> dict[int, bytes]:
        if not self._file or self._file.failure:
            return {}
        try:
            return dict(self._file.read(number, limit))
        except FAILURES as error:
            self._fails(error)
            return {}

    def _drop_from(self, file: OutboxFile, before: float) -> None:
        numbers = file.over(
            too_many=len(self) - self._keep_events, unspared=len(self) - _SPARED, before=before
        )
        for start in range(0, len(numbers), _BATCH):
            part = numbers[start : start + _BATCH]
            self._unwritten.remove(part, dropped=len(part))
            self._write_all()
        if numbers:
            log.info("dropped %d events that were too old or too many", len(numbers))

    def _fails(self, error: Exception) -> None:
        if self._file and not is_busy(error) and not is_full(error):
            self._file.failure = error
        self._complain(f"cannot keep events on disk: {error}")

    def _complain(self, sentence: str) -> None:
        self.fault = logs.complain(log, sentence, before=self.fault)


def _entry(number: int, text: str | bytes) -> Entry | None:
    """None when it cannot be read any more."""
    try:
        payload = json.loads(text)
    except (TypeError, ValueError):  # in a damaged row it may even be missing
        return None
    return Entry(number, payload) if isinstance(payload, dict) else None
