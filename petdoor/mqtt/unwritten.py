"""What the outbox holds in memory because it is not on disk, or not yet."""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from itertools import islice

from petdoor.mqtt.outboxfile import Part, Row


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
        self._stored: int | None = None
        self.edition = 0
        """Grows as soon as events are found under other numbers than before, or once more."""
        self.newest = 0
        """The highest number given so far."""
        self.dropped = 0
        """How many events were dropped and not told of."""

    def __len__(self) -> int:
        """How many events there are, here and on disk."""
        with self._lock:
            return max(0, (self._stored or 0) + len(self._rows) - len(self._removed))

    def are_on_disk(self, above: int) -> bool:
        """Whether the disk may hold events with numbers above this one; a disk never seen may."""
        with self._lock:
            return self._stored is None or (self._stored > 0 and above < self._newest_on_disk)

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

    def remove(self, numbers: Iterable[int], *, dropped: int = 0, edition: int | None = None) -> None:
        """Remove these events, here and at the next writing on disk; ``dropped`` of them were never told.

        Numbers of another edition than the current one are nobody's.
        """
        unwanted = set(numbers)
        with self._lock:
            if edition not in {None, self.edition}:
                return
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
            self.newest = max(self.newest, number)
            self._newest_on_disk = max(self._newest_on_disk, number)

    def turn_over(self) -> None:
        """Begin another edition: what was passed over is there again."""
        with self._lock:
            self.edition += 1

    def write(self, limit: int, write: Callable[[Part], int]) -> None:
        """Have at most ``limit`` of the events and removals written; they wait no longer, unless that raises.

        Args:
            limit: see there.
            write: writes them, and says how many events are on disk then.
        """
        with self._lock:
            rows = list(islice(self._rows, limit))
            part = Part(rows, list(islice(self._removed, limit)), self.newest, self.dropped)
            self._newest_offered = self.newest
        try:
            stored = write(part)
        except BaseException:
            self._newest_offered = 0
            raise
        with self._lock:
            while rows and self._rows and self._rows[0].number <= rows[-1].number:
                self._rows.popleft()
            self._removed.difference_update(part.removed)
            self._newest_on_disk = part.newest
            self._dropped_on_disk = part.dropped
            self._stored = stored

    def opened(self, *, newest: int, dropped: int, stored: int, is_new: bool) -> None:
        """A file was opened that notes these numbers; with a new one, what a former one held is lost."""
        with self._lock:
            if newest > self._newest_on_disk:
                self._begin_above(newest)
            if self._dropped_on_disk is None:  # the first: later ones know no better than we do
                self.dropped += dropped
            if is_new and self._stored:
                self.dropped += max(0, self._stored - len(self._removed))
                self._removed.clear()
            self._dropped_on_disk = dropped
            self._stored = stored

    def _begin_above(self, newest: int) -> None:
        waiting = list(self._rows)
        self.newest = max(self.newest, newest)
        self._newest_on_disk = newest
        self._rows.clear()
        for row in waiting:
            self.newest += 1
            self._rows.append(row._replace(number=self.newest))
        self.edition += 1
