"""Pictures of who was judged, in a folder, the oldest making room for the newest."""

import errno
import itertools
import logging
import os
import re
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from petdoor import logs
from petdoor.core.events import AnimalWaiting, Verdict
from petdoor.core.ports import SilentPublisher
from petdoor.pictures import Picture, encode_jpeg

log = logging.getLogger(__name__)

_WAITING: Final = "waiting"
_OURS: Final = re.compile(rf"\d{{8}}-\d{{6}}-\d{{3}}-.+-({'|'.join([*Verdict, _WAITING])})\.jpg")
_PART: Final = ".snapshot.part"  # always the same: what a power cut leaves behind is written over
_WAITING_MAX: Final = 4
_CLOSE_SECONDS: Final = 5.0
_SLACK: Final = 20
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class SnapshotFolder(SilentPublisher):
    """Writes ``20261122-164915-497-dog-admit.jpg`` for each dog or cat judged.

    On a thread of its own: neither a full disk nor one that does not answer ever stops the door. The array
    of a picture must not be written to afterwards.
    """

    def __init__(self, folder: Path, *, keep: int, close_seconds: float = _CLOSE_SECONDS) -> None:
        """Write into ``folder``, made when it is missing; at least the newest ``keep`` pictures are kept."""
        self._close_seconds = close_seconds
        self._pictures = _Pictures(folder, keep)
        self._name = ""
        self._changed = threading.Condition()
        self._waiting: deque[tuple[str, Picture]] = deque()
        self._is_closing = False
        self.fault = ""
        """What keeps pictures from being kept; empty when nothing does."""
        self._thread = threading.Thread(target=self._run, name="petdoor-snapshots", daemon=True)
        self._thread.start()

    def event(self, payload: Mapping[str, Any]) -> None:
        """Remember what is judged, or waits: its picture follows."""
        if "verdict" in payload or payload["event_type"] == AnimalWaiting.type:
            moment = str(payload["ts"]).rstrip("Z").replace("-", "").replace(":", "")
            moment = moment.replace("T", "-").replace(".", "-")
            species = re.sub(r"[^\w-]", "_", payload["species"])
            self._name = f"{moment}-{species}-{payload.get('verdict', _WAITING)}.jpg"

    def snapshot(self, pixels: Picture) -> None:
        """Have the picture written; where too many wait, the one that has waited longest is dropped."""
        dropped = ""
        with self._changed:
            if len(self._waiting) == _WAITING_MAX:
                dropped, _ = self._waiting.popleft()
            self._waiting.append((self._name, pixels))
            self._changed.notify_all()
        if dropped:
            self._complain(f"the disk is too slow: dropped the snapshot {dropped}")

    def close(self) -> None:
        """Write what waits, as long as the disk takes it in time."""
        with self._changed:
            if self._is_closing:
                return
            self._is_closing = True
            self._changed.notify_all()
        self._thread.join(self._close_seconds)
        if self._thread.is_alive():
            log.warning("the disk does not answer: gave up on %d snapshots", len(self._waiting) + 1)

    def _run(self) -> None:
        while waiting := self._next():
            name, pixels = waiting
            try:
                self._pictures.add(name, encode_jpeg(pixels))
            except OSError as error:
                self._complain(f"cannot keep a snapshot: {error}")
            except Exception:
                log.exception("the snapshot thread met something unforeseen")
            else:
                self.fault = logs.rejoice(log, "snapshots are kept again", before=self.fault)

    def _next(self) -> tuple[str, Picture] | None:
        """The picture that has waited longest; None when there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closing)
            return self._waiting.popleft() if self._waiting else None

    def _complain(self, sentence: str) -> None:
        self.fault = logs.complain(log, sentence, before=self.fault)


class _Pictures:
    """Our pictures in a folder; nobody else's are ever touched, nor even counted."""

    def __init__(self, folder: Path, keep: int) -> None:
        self._folder = folder
        self._keep = keep
        self._slack = keep // _SLACK  # a large folder is not to be listed at every picture
        self._count: int | None = None
        self._turns = itertools.count(1)
        self._written: dict[str, int] = {}

    def add(self, name: str, content: bytes) -> None:
        """Write a picture, and remove the oldest when there are too many.

        Raises:
            OSError: the disk does not take it.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._write(name, content)
        except OSError as error:
            if error.errno not in _FULL or not self._remove(self._oldest_first()[:1]):
                raise
            self._write(name, content)
        self._written[name] = next(self._turns)
        self._make_room()

    def _write(self, name: str, content: bytes) -> None:
        part = self._folder / _PART
        try:
            part.write_bytes(content)
            part.replace(self._folder / name)
        finally:
            part.unlink(missing_ok=True)

    def _make_room(self) -> None:
        self._count = len(self._oldest_first()) if self._count is None else self._count + 1
        if self._count > self._keep + self._slack:
            ours = self._oldest_first()
            self._remove(ours[: -self._keep])
            kept = ours[-self._keep :]
            self._count = len(kept)
            self._written = {name: self._written[name] for name in kept if name in self._written}

    def _remove(self, names: list[str]) -> int:
        """Remove these, and say how many."""
        for name in names:
            (self._folder / name).unlink(missing_ok=True)
        return len(names)

    def _oldest_first(self) -> list[str]:
        """The names of ours; what this run wrote is the newest, even if the clock went back."""
        found = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if _OURS.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                    at = entry.stat(follow_symlinks=False).st_mtime_ns
                    found.append((self._written.get(entry.name, 0), at, entry.name))
        return [name for _, _, name in sorted(found)]
