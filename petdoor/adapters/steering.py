"""Keeps what the owner has set from afar, in a file."""

import json
import logging
import os
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from petdoor import logs
from petdoor.core.modes import Mode
from petdoor.core.orders import MAX_THRESHOLD, MIN_THRESHOLD
from petdoor.core.ports import Keeper
from petdoor.core.steering import Steering

log = logging.getLogger(__name__)

_CLOSE_SECONDS: Final = 5.0
_AGAIN_SECONDS: Final = 60.0
_UNKNOWN: Final = Steering(Mode.LOCKED, mode_is_known=False)
_LOST: Final = "which mode was set from afar cannot be read, so the door stays locked: set its mode"


class SteeringFile:
    """A JSON file, replaced as a whole: a power cut leaves the old one or the new one.

    One that is there but cannot be read may have said that the door is to stay locked, or not to be moved:
    then it stays locked until the owner sets its mode anew.

    Args:
        path: the file; its folder is made when it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.fault = ""
        """Why what was set is not known, or not kept; empty when it is."""

    def load(self) -> Steering:
        try:
            steering = _steering(json.loads(self._path.read_text("utf-8")))
        except FileNotFoundError:
            return Steering()
        except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            log.warning("%s cannot be read: %s", self._path, error)
            steering = _UNKNOWN
        if not steering.mode_is_known:
            self.fault = logs.complain(log, _LOST, before="")
        return steering

    def save(self, steering: Steering, done: Callable[[str], object] = lambda _: None) -> None:
        told = {
            "mode": steering.mode.value if steering.mode_is_known else None,
            "threshold": steering.threshold,
            "obeys_curfew": steering.obeys_curfew,
        }
        try:
            self._write(json.dumps(told, indent=2) + "\n")
        except OSError as error:
            sentence = f"what is set from afar will be forgotten by a restart: {error}"
            self.fault = logs.complain(log, sentence, before=self.fault)
            done(self.fault)
            return
        if steering.mode_is_known:
            self.fault = logs.rejoice(log, "what is set from afar is kept", before=self.fault)
        done("")

    def _write(self, text: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # else a power cut may undo the replacing
        finally:
            os.close(folder)


class Unhurried:
    """Any keeper, on a thread of its own: a slow disk never makes the door wait.

    Args:
        keeper: what keeps.
        again_seconds: how long after it could not keep something it is to try again.
    """

    def __init__(self, keeper: Keeper, *, again_seconds: float = _AGAIN_SECONDS) -> None:
        self._keeper = keeper
        self._again_seconds = again_seconds
        self._unkept: Steering | None = None
        self._tasks: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="petdoor-steering", daemon=True)
        self._thread.start()

    def load(self) -> Steering:
        return self._keeper.load()

    def save(self, steering: Steering, done: Callable[[str], object] = lambda _: None) -> None:
        self._tasks.put(lambda: self._save(steering, done))

    def close(self) -> None:
        """Keep what is to be kept, as long as the disk takes it in time."""
        self._tasks.put(None)
        self._thread.join(_CLOSE_SECONDS)

    def _run(self) -> None:
        while task := self._next():
            try:
                task()
            except Exception:
                log.exception("the thread that keeps what was set met something unforeseen")

    def _next(self) -> Callable[[], object] | None:
        """What is to be kept; after a while, what could not be."""
        if (unkept := self._unkept) is None:
            return self._tasks.get()
        try:
            return self._tasks.get(timeout=self._again_seconds)
        except queue.Empty:
            return lambda: self._save(unkept, lambda _: None)

    def _save(self, steering: Steering, done: Callable[[str], object]) -> None:
        def tried(fault: str) -> None:
            self._unkept = steering if fault else None
            done(fault)

        self._keeper.save(steering, tried)


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
