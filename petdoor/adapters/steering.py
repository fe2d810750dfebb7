"""Keeps what the owner has set from afar, in a file."""

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final

from petdoor import logs
from petdoor.core.modes import Mode
from petdoor.core.orders import MAX_THRESHOLD, MIN_THRESHOLD
from petdoor.core.steering import Steering
from petdoor.errands import Errands, is_done

log = logging.getLogger(__name__)

_GIVE_UP_SECONDS: Final = 5.0
_PATIENCE_SECONDS: Final = 1.0
_AGAIN_SECONDS: Final = 60.0
_UNKNOWN: Final = Steering(Mode.LOCKED, mode_is_known=False)
_LOST: Final = "which mode was set from afar cannot be read, so the door stays locked: set its mode"
_SILENT: Final = "the disk does not answer"


class SteeringFile:
    """A JSON file, replaced as a whole: a power cut leaves the old one or the new one.

    One that is there but cannot be read may have said that the door is to stay locked, or not to be moved:
    then it stays locked until the owner sets its mode anew.

    Args:
        path: the file; its folder is made when it is missing.
        sync: has the disk write what a file descriptor has been given; waits for it.
    """

    def __init__(self, path: Path, *, sync: Callable[[int], object] = os.fsync) -> None:
        self._path = path
        self._sync = sync
        self._lost = ""
        self.unkept = ""
        """Why what was set last is not kept; empty when it is."""
        self.is_abandoned = False
        """Set by whoever waits no longer: what another has kept since is not to be replaced."""

    @property
    def fault(self) -> str:
        """Why what was set is not kept, or not known; empty when it is."""
        return self.unkept or self._lost

    def load(self) -> Steering:
        try:
            steering = _steering(json.loads(self._path.read_text("utf-8")))
        except FileNotFoundError:
            steering = Steering()
        except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            return self.lost(error)
        self._lost = "" if steering.mode_is_known else logs.complain(log, _LOST, before="")
        return steering

    def lost(self, reason: object) -> Steering:
        """What is safe where the file cannot be read, for this reason; a fault until the mode is set."""
        log.warning("%s cannot be read: %s", self._path, reason)
        self._lost = logs.complain(log, _LOST, before="")
        return _UNKNOWN

    def save(self, steering: Steering, done: Callable[[], object] = lambda: None) -> None:
        told = {
            "mode": steering.mode.value if steering.mode_is_known else None,
            "threshold": steering.threshold,
            "obeys_curfew": steering.obeys_curfew,
        }
        before = self.fault
        self._lost = "" if steering.mode_is_known else _LOST
        try:
            self._write(json.dumps(told, indent=2) + "\n")
        except OSError as error:
            sentence = f"what is set from afar will be forgotten by a restart: {error}"
            self.unkept = logs.complain(log, sentence, before=self.unkept)
        else:
            self.unkept = ""
            if not self.fault:
                logs.rejoice(log, "what is set from afar is kept", before=before)
        done()

    def _write(self, text: str) -> None:
        folder = self._path.parent
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{self._path.name}.*.part"):
            left.unlink(missing_ok=True)  # by a power cut, or by one that was abandoned
        part = self._path.with_name(f"{self._path.name}.{id(self):x}.part")
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            self._sync(file.fileno())
        if self.is_abandoned:
            part.unlink(missing_ok=True)
            return
        part.replace(self._path)
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            self._sync(descriptor)  # else a power cut may undo the replacing
        finally:
            os.close(descriptor)


class Unhurried:
    """A file of what was set, on a thread of its own: a slow disk never makes the door wait. The loop's.

    Args:
        file: what keeps.
        patience_seconds: who has set something is answered by a ``checkup`` after this, kept or not.
        give_up_seconds: how long the disk is waited for at the beginning and the end; more is a fault.
        again_seconds: how long after it could not keep something it is to try again.
    """

    def __init__(
        self,
        file: SteeringFile,
        *,
        patience_seconds: float = _PATIENCE_SECONDS,
        give_up_seconds: float = _GIVE_UP_SECONDS,
        again_seconds: float = _AGAIN_SECONDS,
    ) -> None:
        self._file = file
        self._patience_seconds = patience_seconds
        self._give_up_seconds = give_up_seconds
        self._again_seconds = again_seconds
        self._reading: Future[Steering] | None = None
        """Asked for, and not known yet."""
        self._wanted: Steering | None = None
        self._kept: Steering | None = None
        self._tried_at = time.monotonic()
        self._owed: list[_Answer] = []
        self._disk = Errands("petdoor-steering")

    def load(self) -> Steering:
        reading = self._disk.do(self._file.load)
        if is_done(reading, within_seconds=self._give_up_seconds):
            self._wanted = self._kept = reading.result()
            return self._wanted
        self._reading = reading
        return self._file.lost(_SILENT)

    def found(self) -> Steering | None:
        if self._reading is None or not is_done(self._reading, within_seconds=0.0):
            return None
        self._kept, self._reading = self._reading.result(), None
        self._wanted = self._wanted or self._kept
        return self._kept

    def save(self, steering: Steering, done: Callable[[], object] = lambda: None) -> None:
        answer = _Answer(done)
        self._owed.append(answer)
        self._wanted = steering
        self._try().add_done_callback(lambda _: answer.give())

    def checkup(self) -> str:
        """Why what was set is not kept, or not known; to be called once a second.

        Whoever has waited long is answered, and what could not be kept is tried again after a while.
        """
        now = time.monotonic()
        self._owed = [answer for answer in self._owed if not answer.is_given]
        for answer in self._owed:
            if now - answer.since >= self._patience_seconds:
                answer.give()
        if self._wanted is not self._kept and now - self._tried_at >= self._again_seconds:
            self._try()
        if self._disk.lasting_seconds > self._give_up_seconds:
            return f"cannot keep what is set from afar: {_SILENT}"
        return self._file.fault

    def close(self) -> None:
        """Keep what is to be kept, as long as the disk takes it in time."""
        if self._wanted is not self._kept:
            self._try()
        has_ended = self._disk.close(self._give_up_seconds)
        self._file.is_abandoned = not has_ended
        for answer in self._owed:
            answer.give()
        if self._wanted is not self._kept:
            why = self._file.unkept if has_ended else _SILENT
            log.warning("gave up on keeping what was set from afar: %s", why)

    def _try(self) -> Future[None]:
        self._tried_at = time.monotonic()
        return self._disk.do(self._keep)

    def _keep(self) -> None:
        """Keep what was set last; the thread's, and nobody else changes what is kept."""
        wanted = self._wanted
        if wanted is None or wanted is self._kept:
            return
        if self._reading and not wanted.mode_is_known:
            return  # what lies there may know it: that is found first
        self._file.save(wanted)
        if not self._file.unkept:
            self._kept = wanted


class _Answer:
    """Given once, by whichever thread comes first."""

    def __init__(self, done: Callable[[], object]) -> None:
        self._done = done
        self._turn = threading.Lock()
        self.since = time.monotonic()

    @property
    def is_given(self) -> bool:
        return self._turn.locked()

    def give(self) -> None:
        if self._turn.acquire(blocking=False):  # and never released
            self._done()


def _steering(told: dict[str, Any]) -> Steering:
    obeys_curfew = told["obeys_curfew"]
    if not isinstance(obeys_curfew, bool):
        raise TypeError(f"obeys_curfew: {obeys_curfew!r}")
    threshold = told["threshold"]
    mode = told["mode"]
    return Steering(
        mode=Mode.LOCKED if mode is None else Mode(mode),
        threshold=None if threshold is None else _threshold(threshold),
        obeys_curfew=obeys_curfew,
        mode_is_known=mode is not None,
    )


def _threshold(told: Any) -> float:
    # Nobody can have set another one: it would believe everything, or nothing.
    threshold = float(told)
    if not MIN_THRESHOLD <= threshold <= MAX_THRESHOLD:
        raise ValueError(f"threshold: {threshold:g}")
    return threshold
