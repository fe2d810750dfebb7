"""The SQLite file of the outbox: its tables, and when the disk is waited for."""

import sqlite3
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

_VERSION: Final = 1
_OURS: Final = 0x70646F72  # "pdor"
_BUSY_SECONDS: Final = 0.05  # only somebody else's sqlite3 on our file ever keeps us waiting
_SANE: Final = 2**62  # what SQLite takes, with room to count on
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_TABLES: Final = (
    "CREATE TABLE events (number INTEGER PRIMARY KEY, at REAL NOT NULL, payload TEXT NOT NULL)",
    "CREATE TABLE state (newest INTEGER NOT NULL, dropped INTEGER NOT NULL)",
)
_BEGINNING: Final = (
    *_TABLES,
    "INSERT INTO state VALUES (0, 0)",
    f"PRAGMA application_id = {_OURS}",
    f"PRAGMA user_version = {_VERSION}",
)
FAILURES: Final = (sqlite3.Error, OSError, UnicodeDecodeError)
"""What a disk that fails raises; the last, where SQLite cites a damaged file in its complaint of it."""

_OVER: Final = """
WITH ranked AS (SELECT number, at, row_number() OVER (ORDER BY number) AS place FROM events)
SELECT number FROM ranked WHERE place <= :too_many OR (place <= :unspared AND at < :before) ORDER BY number
"""


class Row(NamedTuple):
    """An event as it is written: its number, when it was put (wall clock, in seconds), its JSON."""

    number: int
    at: float
    payload: str


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


class UnfitFileError(sqlite3.DatabaseError):
    """The file is damaged, or written by another program or a later petdoor."""


class OutboxFile:
    """An open outbox, for the one thread that opens it.

    A commit goes into the page cache and no further: it outlives the process, and a power cut once the kernel
    or ``checkpoint`` has written it out. The connection that writes has ``synchronous=OFF`` for this: with
    ``NORMAL`` the first commit after a checkpoint would wait for the disk, to bring the old log and the new
    into an order that a power cut cannot undo. Here ``checkpoint`` sees to that order.

    Raises:
        UnfitFileError: see there.
        sqlite3.Error: the disk does not let us; as everywhere below, or one of the other ``FAILURES``.
        OSError: the folder or the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        self._path = path
        self._inode = _inode(path)
        self._commits = 1  # what an earlier process left waits for its checkpoint too
        self._checkpointed = 0
        self.failure: Exception | None = None
        """Why this file must be opened anew before anything else; None while it need not."""
        with ExitStack() as stack:
            self._reader = stack.enter_context(closing(_connect(path)))
            self.is_new = _prepare(self._reader)
            _examine(path)
            self._writer = stack.enter_context(closing(_connect(path)))
            self._writer.execute("PRAGMA synchronous = OFF")
            self.newest, self.dropped = self._state()
            self._seen = self._version()
            self.count = self._counted(self._reader)
            stack.pop_all()

    def _state(self) -> tuple[int, int]:
        """The highest number ever given, and how many events were dropped and not told of."""
        query = "SELECT max(newest, (SELECT coalesce(max(number), 0) FROM events)), dropped FROM state"
        states = self._reader.execute(query).fetchall()
        if len(states) != 1 or not all(isinstance(it, int) and 0 <= it < _SANE for it in states[0]):
            raise UnfitFileError("its state makes no sense")
        newest, dropped = states[0]
        return newest, dropped

    def _version(self) -> int:
        """Another number whenever another connection than the writer has committed."""
        return int(self._writer.execute("PRAGMA data_version").fetchone()[0])

    @staticmethod
    def _counted(db: sqlite3.Connection) -> int:
        return int(db.execute("SELECT count(*) FROM events").fetchone()[0])

    def is_in_place(self) -> bool:
        """Whether the path still leads to this file."""
        try:
            return self._inode == _inode(self._path)
        except OSError:
            return False

    def write(self, part: Part) -> int:
        """Write this in one transaction; how many events there are then.

        Raises:
            sqlite3.Error: nothing was written.
        """
        with self._writer as db:  # commits, or rolls back
            db.execute("BEGIN IMMEDIATE")
            if self._seen != self._version():  # another one, given up while it hung, has written after all
                self._seen, self.count = self._version(), self._counted(db)
            db.executemany("INSERT INTO events VALUES (?, ?, ?)", part.rows)
            gone = db.executemany("DELETE FROM events WHERE number = ?", [(it,) for it in part.removed])
            db.execute("UPDATE state SET newest = ?, dropped = ?", (part.newest, part.dropped))
        self._commits += 1
        self.count += len(part.rows) - max(0, gone.rowcount)
        return self.count

    def read(self, number: int, limit: int) -> list[tuple[int, bytes]]:
        """At most ``limit`` events after ``number``, oldest first: number and JSON.

        Raises:
            sqlite3.Error: they cannot be read.
        """
        # As bytes: a damaged text raises where one event is decoded, not where all are read.
        query = "SELECT number, CAST(payload AS BLOB) FROM events WHERE number > ? ORDER BY number LIMIT ?"
        return self._reader.execute(query, (number, limit)).fetchall()

    def over(self, *, too_many: int, unspared: int, before: float) -> list[int]:
        """The numbers of the oldest ``too_many``, and of those put before ``before`` among ``unspared``.

        Raises:
            sqlite3.Error: they cannot be read.
        """
        bounds = {"too_many": too_many, "unspared": unspared, "before": before}
        return [number for (number,) in self._reader.execute(_OVER, bounds)]

    def checkpoint(self) -> None:
        """Move what was committed into the database itself, and empty the log: this waits for the disk.

        What was moved must not be written over before the log is empty: a power cut could leave old and new
        pages mixed. Nothing of ours writes meanwhile.

        Raises:
            sqlite3.Error: it stays as it was.
        """
        if self._commits == self._checkpointed:
            return
        is_held, *_ = self._reader.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self._checkpointed = self._checkpointed if is_held else self._commits

    def close(self) -> None:
        """Let go; the last connection to close makes a checkpoint and waits for the disk."""
        self._writer.close()
        self._reader.close()


def set_aside(path: Path) -> Path:
    """Move a file that is no use, and its log, to where only a person looks: its new place.

    Raises:
        OSError: it cannot be moved.
    """
    broken = path.with_name(f"{path.name}.broken")
    log, broken_log = (place.with_name(f"{place.name}-wal") for place in (path, broken))
    broken_log.unlink(missing_ok=True)
    path.replace(broken)
    if log.exists():
        log.replace(broken_log)
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    return broken


def is_unfit(error: Exception) -> bool:
    """Whether the file itself is no use, so that a new one must be begun."""
    return isinstance(error, UnfitFileError | UnicodeDecodeError) or _code(error) in _DAMAGED


def is_busy(error: Exception) -> bool:
    """Whether somebody else holds the file for the moment."""
    return _code(error) == sqlite3.SQLITE_BUSY


def is_full(error: Exception) -> bool:
    """Whether only room is lacking."""
    return _code(error) == sqlite3.SQLITE_FULL


def _code(error: Exception) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF  # without the details in the upper bits


def _inode(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    db.text_factory = lambda text: text.decode(
        errors="replace"
    )  # a damaged schema is to be read, and refused
    try:
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("PRAGMA synchronous = NORMAL")
    except FAILURES:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection) -> bool:
    """See that the tables are there; whether they had to be made."""
    [ours], [version] = (db.execute(f"PRAGMA {it}").fetchone() for it in ("application_id", "user_version"))
    tables = tuple(sql for (sql,) in db.execute("SELECT sql FROM sqlite_master ORDER BY rowid"))
    if tables and (ours, version, tables) != (_OURS, _VERSION, _TABLES):
        raise UnfitFileError(f"it is no outbox of version {_VERSION} (its user_version is {version})")
    db.execute("PRAGMA journal_mode = WAL")
    if not tables:
        with db:
            db.execute("BEGIN IMMEDIATE")
            for statement in _BEGINNING:
                db.execute(statement)
    return not tables


def _examine(path: Path) -> None:
    # On a connection of its own, whose pages are forgotten at once.
    with closing(_connect(path)) as db:
        [verdict] = db.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise UnfitFileError(f"it is damaged: {verdict.splitlines()[-1]}")
