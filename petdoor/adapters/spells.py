"""Remembers when the bolt was drawn and which way, for a door that is started afresh.

It then knows how warm its coil is, and which way a flap was opened that still stands open.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from petdoor import files, logs
from petdoor.core.contacts import Way
from petdoor.core.heat import Spell
from petdoor.core.ports import Latch

log = logging.getLogger(__name__)


def coil_file(environ: Mapping[str, str]) -> Path | None:
    """Where a service's door remembers; None without a service manager."""
    return files.for_this_boot(environ, "coil.json")


def ended(path: Path, clock: Callable[[], float] = time.monotonic) -> None:
    """The bolt of a door that has died is locked: in the file, too, the coil has been at rest from now on.

    Whatever is wrong with the file is only logged.
    """
    try:
        files.put(path, json.dumps(_found(path, clock())))
    except FileNotFoundError:
        return
    except (OSError, ValueError, TypeError) as error:
        log.warning("a start will take the coil to have been energised until then: %s: %s", path, error)


class RememberingLatch:
    """Any latch, and a file of when it was drawn.

    The file holds monotonic seconds: it belongs where nothing outlives the machine's restart, below /run. One
    that cannot be written or read is no reason for a door not to move.

    Args:
        latch: what moves.
        path: the file; its folder exists.
        window_seconds: what is longer ago has cooled.
        clock: monotonic seconds, counted since the machine was started.
    """

    def __init__(
        self,
        latch: Latch,
        path: Path,
        *,
        window_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._latch = latch
        self._path = path
        self._window_seconds = window_seconds
        self._clock = clock
        self._since: float | None = None
        self._way = Way.IN
        self._fault = ""
        self.spells = self._read()
        """When the coil was energised before, in seconds of ``clock``; one that nobody ended, until now."""
        if self.spells:
            self._write()  # so that a start later than this one does not take it to have gone on until then

    def lock(self) -> None:
        self._latch.lock()
        if self._since is not None:
            self.spells = (*self._recent(), Spell(self._since, self._clock(), self._way))
            self._since = None
            self._write()

    def unlock(self, way: Way = Way.IN) -> None:
        if self._since is None or way is not self._way:
            # Written first: who dies with the bolt drawn has written that it was.
            self._since = self._clock() if self._since is None else self._since
            self._way = way
            self._write()
        self._latch.unlock(way)

    def close(self) -> None:
        self.lock()
        self._latch.close()

    def _recent(self) -> tuple[Spell, ...]:
        opened = self._clock() - self._window_seconds
        return tuple(spell for spell in self.spells if spell.until > opened)

    def _read(self) -> tuple[Spell, ...]:
        now = self._clock()
        try:
            spells = _found(self._path, now)
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, TypeError) as error:
            log.warning("how warm the coil is cannot be known: %s: %s", self._path, error)
            return ()
        return tuple(spell for spell in spells if now - self._window_seconds < spell.until <= now)

    def _write(self) -> None:
        told = [*self._recent(), *([(self._since, None, self._way)] if self._since is not None else [])]
        try:
            files.put(self._path, json.dumps(told))
        except OSError as error:
            sentence = f"a restart will not know how warm the coil is: {error}"
            self._fault = logs.complain(log, sentence, before=self._fault)
        else:
            self._fault = logs.rejoice(log, "a restart knows how warm the coil is", before=self._fault)


def _found(path: Path, now: float) -> tuple[Spell, ...]:
    """What the file holds; a spell that nobody ended, until now."""
    return tuple(_spell(now, *one) for one in json.loads(path.read_text("utf-8")))


def _spell(now: float, since: float, until: float | None, way: str | None = None) -> Spell:
    """One of the file's; those of older versions know no way."""
    return Spell(float(since), now if until is None else float(until), Way(way) if way else None)
