"""The Raspberry Pi camera module: raw YUV 4:2:0 frames from ``rpicam-vid`` over a pipe.

OpenCV cannot open these cameras on current Raspberry Pi OS (opencv/opencv#22820), and picamera2 is a
Debian package that a virtual environment does not see.
"""

import os
import select
import subprocess
from collections.abc import Sequence
from typing import Final

import numpy as np

from petdoor import pictures
from petdoor.errors import CameraError
from petdoor.pictures import Picture

WIDTH_STEP: Final = 64
"""Rows are padded to this many bytes on their way; a width that is a multiple needs no padding."""
_STOP_SECONDS: Final = 2.0


class RpicamCapture:
    """One running ``rpicam-vid``.

    Args:
        camera: the number of the camera, 0 the first.
        width: in pixels, a multiple of 64.
        height: in pixels, even.
        fps: frames a second.
        timeout_seconds: the longest wait for a frame.
        program: the command in front of the options.

    Raises:
        CameraError: the program is missing; later, from ``read``: it ended or stalls.
    """

    is_live = True
    interval_seconds = 0.0

    def __init__(
        self,
        camera: int,
        *,
        width: int,
        height: int,
        fps: float,
        timeout_seconds: float = 5.0,
        program: Sequence[str] = ("rpicam-vid",),
    ) -> None:
        self._shape = (height * 3 // 2, width)
        self._timeout_seconds = timeout_seconds
        self._complaints = os.fdopen(os.memfd_create("rpicam-vid"), "w+b")  # in memory: a disk may be full
        options = ["--camera", str(camera), "--width", str(width), "--height", str(height)]
        options += ["--framerate", f"{fps:g}", "--codec", "yuv420", "--timeout", "0", "--nopreview"]
        options += ["--flush", "--verbose", "0", "--output", "-"]
        try:
            self._process = subprocess.Popen(
                [*program, *options], bufsize=0, stdout=subprocess.PIPE, stderr=self._complaints
            )
        except OSError as error:
            self._complaints.close()
            raise CameraError(
                f"cannot start {program[0]} ({error.strerror}): apt install rpicam-apps"
            ) from error

    def read(self) -> Picture:
        planes = np.empty(self._shape, np.uint8)
        missing = memoryview(planes.data).cast("B")
        assert self._process.stdout is not None
        while missing:
            if not select.select([self._process.stdout], [], [], self._timeout_seconds)[0]:
                raise CameraError(f"rpicam-vid has sent nothing for {self._timeout_seconds:g} s")
            count = self._process.stdout.readinto(missing)  # type: ignore[attr-defined]
            if not count:
                raise CameraError(f"rpicam-vid ended{self._last_words()}")
            missing = missing[count:]
        return planes

    def rgb(self, raw: Picture) -> Picture:
        return pictures.rgb_from_yuv420(raw)

    def close(self) -> None:
        """Stop the program: asked first, made to if it does not."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._complaints.close()

    def _last_words(self) -> str:
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").split("\n")
        spoken = [line.strip() for line in lines if line.strip()]
        return f": {spoken[-1]}" if spoken else ""
