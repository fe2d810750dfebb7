"""What a process takes up, and whether it grows."""

import ctypes
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from statistics import median

MEMORY = "memory MB"
_MB = 1e6
_SPARE = 1
"""SQLite keeps the descriptor of a connection that has closed, once, for the next one."""


@dataclass(frozen=True)
class Sample:
    """This process, and the outbox, after so many visits."""

    visits: int
    told: int
    heard: int
    memory_mb: float
    threads: int
    descriptors: int
    waiting: int
    database_mb: float
    log_mb: float
    ms: float

    def line(self):
        return (
            f"{self.visits:>8,} {self.told:>8,} {self.heard:>8,} {self.memory_mb:>9.1f} {self.threads:>8} "
            f"{self.descriptors:>6} {self.waiting:>7} {self.database_mb:>8.2f} {self.log_mb:>7.2f} "
            f"{self.ms:>8.2f}"
        )


HEAD = "  visits     told    heard memory MB  threads  files  outbox  data MB  WAL MB  ms/pass"


class OutboxFile:
    """The file of an outbox, looked at from outside, on one connection."""

    def __init__(self, path):
        self._path = path
        self._db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)

    def rows(self):
        return self._db.execute("SELECT count(*) FROM events").fetchone()[0]

    def sizes_mb(self):
        """Of the database, and of its log."""
        log = self._path.with_name(f"{self._path.name}-wal")
        return self._path.stat().st_size / _MB, log.stat().st_size / _MB

    def close(self):
        self._db.close()


def sample(outbox, *, visits, ledger, ms):
    """Measure now; memory is what is in use, without what the C library keeps for the next who asks."""
    ctypes.CDLL(None).malloc_trim(0)
    database_mb, log_mb = outbox.sizes_mb()
    status = Path("/proc/self/status").read_text()
    return Sample(
        visits=visits,
        told=ledger.told,
        heard=ledger.heard,
        memory_mb=int(status.partition("VmRSS:")[2].split()[0]) * 1024 / _MB,
        threads=int(status.partition("Threads:")[2].split()[0]),
        descriptors=sum(1 for _ in Path("/proc/self/fd").iterdir()),
        waiting=outbox.rows(),
        database_mb=database_mb,
        log_mb=log_mb,
        ms=ms,
    )


@dataclass(frozen=True)
class Growth:
    """One figure in the first tenth of the run and in the last: medians, and what is at most allowed."""

    name: str
    first: float
    last: float
    allowed: float

    @property
    def is_beyond(self):
        return self.last - self.first > self.allowed

    def line(self):
        grown = f"{self.first:10.1f} {self.last:10.1f} {self.last - self.first:+10.1f} {self.allowed:10.1f}"
        return f"{self.name:<20}{grown}{'  GROWN' if self.is_beyond else ''}"


def growths(samples, memory_margin_mb):
    """What became of memory, threads and open files."""
    tenth = max(1, len(samples) // 10)
    first, last = samples[:tenth], samples[-tenth:]

    def growth(name, allowed, figure):
        return Growth(name, median(map(figure, first)), median(map(figure, last)), allowed)

    return [
        growth(MEMORY, memory_margin_mb, lambda one: one.memory_mb),
        growth("threads", 0, lambda one: one.threads),
        growth("open files", _SPARE, lambda one: one.descriptors),
    ]
