"""The last events, for whoever comes later, also after a restart."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from petdoor import files
from petdoor.errands import Errands

log = logging.getLogger(__name__)

_EVENTS: Final = 20
_GIVE_UP_SECONDS: Final = 5.0


class Recollection:
    """Keeps the last events in a file; one that cannot be read in time, or written, is no great loss.

    Args:
        path: the file; None keeps them in memory only.
        give_up_seconds: how long it is waited for at the beginning.
    """

    def __init__(self, path: Path | None, *, give_up_seconds: float = _GIVE_UP_SECONDS) -> None:
        self._path = path
        disk = Errands("petdoor-recollection")
        reading = disk.do(self._read)
        found = reading.result() if disk.close(give_up_seconds) else []
        self._events = tuple(found[-_EVENTS:])  # replaced, never changed: another thread may write it

    @property
    def events(self) -> list[Mapping[str, Any]]:
        """The last events, the oldest first."""
        return list(self._events)

    @property
    def last_species(self) -> str | None:
        """Who was judged last; None for nobody."""
        judged = (event["species"] for event in reversed(self._events) if "verdict" in event)
        return next(judged, None)

    def add(self, event: Mapping[str, Any]) -> None:
        """Remember an event, and forget the oldest."""
        self._events = (*self._events, event)[-_EVENTS:]

    def keep(self) -> None:
        """Write the file, which may last; any thread, though one at a time."""
        if self._path is None:
            return
        try:
            files.put(self._path, json.dumps(self.events))
        except OSError as error:
            log.debug("a restart will not know what happened: %s", error)

    def _read(self) -> list[Mapping[str, Any]]:
        try:
            found = json.loads(self._path.read_text("utf-8")) if self._path else []
        except (OSError, ValueError, RecursionError):
            return []
        is_ours = isinstance(found, list) and all(isinstance(event, dict) for event in found)
        return [event for event in found if "verdict" not in event or "species" in event] if is_ours else []
