"""Where the outbox lies on disk: opened, written, tidied and opened again after whatever has befallen it."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from petdoor import logs
from petdoor.mqtt.outboxfile import FAILURES, OutboxFile, is_busy, is_full, is_unfit, set_aside
from petdoor.mqtt.unwritten import Unwritten

log = logging.getLogger(__name__)

SPARED: Final = 100
"""So many of the newest events stay whatever their age."""
_BATCH: Final = 100

Texts = dict[int, str | bytes]
"""Events by number, each as JSON."""


class Shelf:
    """Takes to disk what waits for it; every method waits for the disk, and none raises. One thread's.

    Args:
        path: the file, made when it is missing.
        unwritten: what waits to be written.
        keep_events: of more than these, the oldest are dropped.
        too_old: what was put before this moment of the wall clock is dropped.
        open_file: opens the file.
    """

    def __init__(
        self,
        path: Path,
        unwritten: Unwritten,
        *,
        keep_events: int,
        too_old: Callable[[], float],
        open_file: Callable[[Path], OutboxFile],
    ) -> None:
        self._path = path
        self._unwritten = unwritten
        self._keep_events = keep_events
        self._too_old = too_old
        self._open_file = open_file
        self._file: OutboxFile | None = None
        self.fault = ""
        """What keeps events from being kept on disk; empty when nothing does."""
        self.is_given_up = False
        """Set by whoever waits no longer: the file may be another's by now, and nothing more is written."""

    def begin(self) -> None:
        """Open the file."""
        try:
            self._open()
        except FAILURES as error:
            self._fails(error)

    def write(self) -> None:
        """Write what waits; where another holds the file for long, the next time."""
        try:
            while self._file and not self._file.failure and not self._unwritten.is_empty():
                self._write_some(self._file)
        except FAILURES as error:
            if not is_busy(error):
                self._fails(error)

    def look_up(self, number: int, limit: int) -> Texts | None:
        """At most ``limit`` events above ``number``, by number, also those in memory; None if it fails."""
        removed = self._unwritten.removed()
        # Before the disk: what moves there meanwhile is seen twice, not missed.
        texts: Texts = {row.number: row.payload for row in self._unwritten.rows()}
        if not self._file or self._file.failure:
            return None
        try:
            texts |= self._file.read(number, limit + len(removed))
        except FAILURES as error:
            self._fails(error)
            return None
        wanted = sorted(each for each in texts if each > number and each not in removed)
        return {each: texts[each] for each in wanted[:limit]}

    def tidy(self) -> None:
        """Open the file anew where it is of no use; write and settle it; drop what is too old or too many."""
        try:
            is_proven = self._is_usable() or self._open_again()
            assert self._file
            self._file.checkpoint()  # first: it makes room
            self._write_all(self._file)
            self._drop_from(self._file)
        except FAILURES as error:
            self._fails(error)
        else:
            if is_proven:
                self.fault = logs.rejoice(log, "events are kept on disk again", before=self.fault)

    def let_go(self) -> None:
        """Close the file."""
        file, self._file = self._file, None
        if file:
            file.close()

    def _is_usable(self) -> bool:
        return bool(self._file and not self._file.failure and self._file.is_in_place())

    def _open_again(self) -> bool:
        if self._file and not self._file.failure:
            self._complain(f"{self._path} was taken away while it was used")
        self.let_go()
        return self._open()

    def _open(self) -> bool:
        """Open the file; False where it was of no use, is set aside, and a new one has yet to prove itself.

        Raises:
            FAILURES: the disk does not let us.
        """
        try:
            file = self._open_file(self._path)
        except FAILURES as error:
            if self.is_given_up or not is_unfit(error):
                raise
            broken = set_aside(self._path)
            self.fault = f"cannot use {self._path}: {error}; moved it to {broken.name} and began a new one"
            log.warning("%s", self.fault)
            self._adopt(self._open_file(self._path))
            return False
        self._adopt(file)
        return True

    def _adopt(self, file: OutboxFile) -> None:
        self._unwritten.opened(
            newest=file.newest, dropped=file.dropped, stored=file.count, is_new=file.is_new
        )
        self._file = file

    def _write_all(self, file: OutboxFile) -> None:
        """Write all that waits, and after a fault something in any case.

        Raises:
            FAILURES: the disk does not take it.
        """
        is_proven = not self.fault
        while not (is_proven and self._unwritten.is_empty()):
            self._write_some(file)
            is_proven = True

    def _write_some(self, file: OutboxFile) -> None:
        """Write a batch of what waits.

        Raises:
            FAILURES: the disk does not take it, or answered too late.
        """
        if self.is_given_up:
            raise TimeoutError("it answered too late")
        self._unwritten.write(_BATCH, file.write)

    def _drop_from(self, file: OutboxFile) -> None:
        there = len(self._unwritten)
        numbers = file.over(
            too_many=there - self._keep_events, unspared=there - SPARED, before=self._too_old()
        )
        for start in range(0, len(numbers), _BATCH):
            part = numbers[start : start + _BATCH]
            self._unwritten.remove(part, dropped=len(part))
            self._write_all(file)
        if numbers:
            log.info("dropped %d events that were too old or too many", len(numbers))

    def _fails(self, error: Exception) -> None:
        if self._file and not is_busy(error) and not is_full(error):
            self._file.failure = error
        self._complain(f"cannot keep events on disk: {error}")

    def _complain(self, sentence: str) -> None:
        self.fault = logs.complain(log, sentence, before=self.fault)
