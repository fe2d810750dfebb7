"""What the outbox holds in memory because it is not on disk, or not yet."""

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from petdoor.mqtt.outboxfile import Row


@dataclass(frozen=True)
class Part:
    """What one transaction writes.

    Attributes:
        rows: events to add, oldest first.
        removed: numbers of events to remove.
        newest: the highest number ever given.
        dropped: how many events were dropped and not told of.
    """

    rows: list[Row]
    removed: list[int]
    newest: int
    dropped: int


class Unwritten:
    """Events, removals and counts that wait to be written; any thread, and no method waits for a disk."""

    def __init__(self, keep_events: int) -> None:
        self._keep_events = keep_events
        self._lock = threading.Lock()
        self._rows: deque[Row] = deque()
        self._removed: set[int] = set()
        self._newest_on_disk = 0
        self._newest_offered = 0
        self._dropped_on_disk: int | None = None
        self.newest = 0
        """The highest number given so far."""
        self.dropped = 0
        """How many events were dropped and not told of."""

    def surplus(self) -> int:
        """How many events there are more than on disk; below zero where those removed outnumber the new."""
        return len(self._rows) - len(self._removed)

    def is_empty(self) -> bool:
        """Whether the disk has it all."""
        return not (self._rows or self._removed or self.dropped != self._dropped_on_disk)

    def rows(self) -> list[Row]:
        """The events that wait, oldest first."""
        with self._lock:
            return list(self._rows)

    def removed(self) -> set[int]:
        """The numbers of events that are to count as removed, though the disk may still have them."""
        with self._lock:
            return set(self._removed)

    def add(self, at: float, payload: str) -> None:
        """Let an event wait; where there are too many, the oldest is dropped."""
        with self._lock:
            self.newest += 1
            self._rows.append(Row(self.newest, at, payload))
            if len(self._rows) > self._keep_events:
                self._rows.popleft()
                self.dropped += 1

    def remove(self, numbers: Iterable[int], *, dropped: int = 0) -> None:
        """Remove these events, here and at the next writing on disk; ``dropped`` of them were never told."""
        unwanted = set(numbers)
        with self._lock:
            written = max(self._newest_on_disk, self._newest_offered)
            self._removed |= {number for number in unwanted if number <= written}
            self._rows = deque(row for row in self._rows if row.number not in unwanted)
            self.dropped += dropped

    def drop_older(self, before: float, *, spared: int) -> None:
        """Drop what was put before ``before``, but for the newest ``spared``."""
        with self._lock:
            unspared = len(self._rows) - spared
            kept = [row for place, row in enumerate(self._rows) if place >= unspared or row.at >= before]
            self.dropped += len(self._rows) - len(kept)
            self._rows = deque(kept)

    def told(self, count: int) -> None:
        """``count`` of those dropped were told of."""
        with self._lock:
            self.dropped = max(0, self.dropped - count)

    def number_from(self, number: int) -> None:
        """Give numbers above this one from now on; nothing above it is on disk."""
        with self._lock:
            self.newest = self._newest_on_disk = number

    @contextmanager
    def writing(self, limit: int) -> Iterator[Part]:
        """At most ``limit`` of the events and removals; they wait no longer, unless the block raises."""
        with self._lock:
            rows = list(islice(self._rows, limit))
            part = Part(rows, list(islice(self._removed, limit)), self.newest, self.dropped)
            self._newest_offered = self.newest
        try:
            yield part
        except BaseException:
            self._newest_offered = 0
            raise
        with self._lock:
            while rows and self._rows and self._rows[0].number <= rows[-1].number:
                self._rows.popleft()
            self._removed.difference_update(part.removed)
            self._newest_on_disk = part.newest
            self._dropped_on_disk = part.dropped

    def opened(self, *, newest: int, dropped: int, lost: int) -> None:
        """A file was opened that notes these numbers; a former one went with ``lost`` events."""
        with self._lock:
            if newest > self._newest_on_disk:
                self._begin_above(newest)
            if self._dropped_on_disk is None:  # the first: later ones know no better than we do
                self.dropped += dropped
            if lost:
                self.dropped += max(0, lost - len(self._removed))
                self._removed.clear()
            self._dropped_on_disk = dropped

    def _begin_above(self, newest: int) -> None:
        waiting = list(self._rows)
        self.newest = max(self.newest, newest)
        self._newest_on_disk = newest
        self._rows.clear()
        for row in waiting:
            self.newest += 1
            self._rows.append(row._replace(number=self.newest))
