"""The newest frame of any capture, and the patience to reopen it for as long as it takes."""

import logging
import math
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from petdoor.core.ports import Frame
from petdoor.errors import CameraError, EndOfFramesError
from petdoor.pictures import Picture, View

log = logging.getLogger(__name__)

_JOIN_SECONDS = 10.0  # less than the service's watchdog allows


class Capture(Protocol):
    """An open source of pictures.

    Attributes:
        is_live: the world moves on while nobody reads, and one picture repeated is a fault.
        interval_seconds: for a recording, the time from one picture to the next.
    """

    @property
    def is_live(self) -> bool: ...
    @property
    def interval_seconds(self) -> float: ...

    def read(self) -> Picture:
        """The next picture in the source's own form; waits for it some seconds at most.

        Raises:
            CameraError: none came.
            EndOfFramesError: there are no more.
        """
        ...

    def rgb(self, raw: Picture) -> Picture:
        """What ``read`` returned, as RGB; apart, so that only frames in use are converted."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the camera may keep the door waiting.

    Attributes:
        stall_seconds: without a frame for this long it is lost.
        freeze_seconds: repeating one picture for this long it is lost.
        reopen_seconds: first wait before reopening; doubles with every failure.
        reopen_max_seconds: longest such wait.
    """

    stall_seconds: float = 5.0
    freeze_seconds: float = 30.0
    reopen_seconds: float = 1.0
    reopen_max_seconds: float = 60.0


class LatestFrameCamera:
    """Reads a capture on a thread of its own and keeps only the newest picture.

    Of a live capture no more than ``max_fps`` frames a second count, so that a number of frames is a length
    of time, whatever pace the camera likes. The thread reopens the capture for ever, with growing delay;
    ``read`` says how things stand.
    """

    def __init__(
        self,
        open_capture: Callable[[], Capture],
        *,
        view: View | None = None,
        max_fps: float = math.inf,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open_capture = open_capture
        self._view = view or View()
        # A little less than the interval: a camera that keeps the pace must not lose every other frame.
        self._least_seconds = 0.8 / max_fps
        self._patience = patience or Patience()
        self._clock = clock
        self._changed = threading.Condition()
        self._newest: tuple[Capture, Picture, float] | None = None
        self._trouble: CameraError | EndOfFramesError | None = None
        self._trouble_is_news = False
        self._heard_at = clock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="petdoor-camera", daemon=True)
        self._thread.start()

    def read(self, timeout_seconds: float) -> Frame | None:
        """The newest frame not yet read, as RGB; None when none came in time.

        Raises:
            CameraError: no capture is open, or it gives no frames; it may come back.
            EndOfFramesError: a recording has ended.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._newest or self._trouble_is_news, timeout_seconds)
            newest, self._newest = self._newest, None
            if newest is None:
                self._raise_trouble()
                return None
        capture, raw, taken_at = newest
        return Frame(self._view.of(capture.rgb(raw)), taken_at)

    def close(self) -> None:
        """Stop reading and let go of the camera."""
        self._stopping.set()
        self._thread.join(_JOIN_SECONDS)

    def _raise_trouble(self) -> None:
        self._trouble_is_news = False
        if self._trouble:
            raise self._trouble
        silence = self._clock() - self._heard_at
        if silence >= self._patience.stall_seconds:
            raise CameraError(f"no new frame for {silence:.0f} s")

    def _run(self) -> None:
        delay = self._patience.reopen_seconds
        freeze = _FreezeDetector(self._patience.freeze_seconds)
        while not self._stopping.is_set():
            began = self._clock()
            freeze.start(began)
            try:
                self._pump(freeze)
            except EndOfFramesError as end:
                self._tell(end)
                return
            except CameraError as error:
                self._tell(error)
            except Exception as error:
                log.exception("the camera thread met something unforeseen")
                self._tell(CameraError(f"unforeseen: {error}"))
            # Only a capture that lived and moved was well: no other must be reopened in haste.
            was_well = freeze.saw_change and self._clock() - began >= self._patience.stall_seconds
            delay = self._patience.reopen_seconds if was_well else delay
            self._stopping.wait(delay)
            delay = min(2 * delay, self._patience.reopen_max_seconds)

    def _pump(self, freeze: "_FreezeDetector") -> None:
        with closing(self._open_capture()) as capture:
            due, kept_at = self._clock(), -math.inf
            while not self._stopping.wait(max(0.0, due - self._clock())):
                raw = capture.read()
                now = self._clock()
                due = max(due + capture.interval_seconds, now)
                self._heard_at = now
                if capture.is_live and now - kept_at < self._least_seconds:
                    continue
                if not freeze.repeats(raw, now, is_live=capture.is_live):
                    self._keep(capture, raw, now)
                    kept_at = now

    def _keep(self, capture: Capture, raw: Picture, now: float) -> None:
        with self._changed:
            self._newest, self._trouble, self._trouble_is_news = (capture, raw, now), None, False
            self._changed.notify_all()

    def _tell(self, trouble: CameraError | EndOfFramesError) -> None:
        with self._changed:
            if isinstance(trouble, CameraError):
                self._newest = None
            self._trouble, self._trouble_is_news = trouble, True
            self._changed.notify_all()


class _FreezeDetector:
    """Knows a picture that repeats the last one to the bit.

    Such a picture is no new frame: one frame shown five times would open the door. A picture all of one
    shade does not count as repeated: some cameras clip a dark night to exactly that, for hours.
    """

    def __init__(self, freeze_seconds: float) -> None:
        self._freeze_seconds = freeze_seconds
        self._sample: Picture | None = None
        self._changed_at = 0.0
        self.saw_change = False

    def start(self, now: float) -> None:
        """A capture begins; the last picture of the one before is remembered, and is no news."""
        self._changed_at = now
        self.saw_change = False

    def repeats(self, raw: Picture, now: float, *, is_live: bool) -> bool:
        """Whether ``raw`` is the picture before it once more.

        Raises:
            CameraError: a live one has been for ``freeze_seconds``.
        """
        sample = raw[::8, ::8].copy()
        if self._sample is None or not np.array_equal(sample, self._sample):
            self.saw_change = self.saw_change or self._sample is not None
            self._sample, self._changed_at = sample, now
            return False
        if _is_of_one_shade(sample):
            return False
        if is_live and now - self._changed_at >= self._freeze_seconds:
            raise CameraError(f"the picture has been frozen for {now - self._changed_at:.0f} s")
        return True


def _is_of_one_shade(sample: Picture) -> bool:
    if sample.ndim == 2:  # YUV 4:2:0: brightness is the upper two thirds
        sample = sample[: sample.shape[0] * 2 // 3]
    return bool((sample.min(axis=(0, 1)) == sample.max(axis=(0, 1))).all())
