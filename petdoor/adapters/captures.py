"""Captures by OpenCV: video devices, streams, clips, and folders of pictures."""

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import cv2

from petdoor import pictures
from petdoor.errors import CameraError, EndOfFramesError, PictureError
from petdoor.pictures import Picture

log = logging.getLogger(__name__)

_IO_TIMEOUT_MS = 5000
_DEFAULT_CLIP_FPS = 25.0

CSI_HINT = (
    "if it is a Raspberry Pi camera module, use 'picamera:0': OpenCV cannot read those on current "
    "Raspberry Pi OS"
)


@dataclass(frozen=True, slots=True)
class Format:
    """The picture asked of a camera; a camera that cannot gives the nearest it can."""

    width: int = 640
    height: int = 480
    fps: float = 10.0


class VideoCapture:
    """A webcam, a network stream, or a clip, through OpenCV.

    Raises:
        CameraError: it does not open, or is open and gives no first frame.
    """

    def __init__(self, opened: Any, source: str, *, is_live: bool, loop: bool = False) -> None:
        self._capture = opened
        self._source = source
        self._loop = loop
        self.is_live = is_live
        self.interval_seconds = 0.0 if is_live else 1 / (opened.get(cv2.CAP_PROP_FPS) or _DEFAULT_CLIP_FPS)
        if not opened.isOpened():
            raise CameraError(f"{source}: does not open; is it there, and free, and may this user read it?")
        self._first: Picture | None = self._grab()
        if self._first is None:
            self.close()
            raise CameraError(f"{source}: opens but gives no frame; {CSI_HINT}")

    def read(self) -> Picture:
        frame, self._first = self._first, None
        if frame is None:
            frame = self._grab()
        if frame is None and self._loop:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
            frame = self._grab()
        if frame is None:
            raise self._over()
        return frame

    def rgb(self, raw: Picture) -> Picture:
        return pictures.rgb_from_bgr(raw)

    def close(self) -> None:
        self._capture.release()

    def _grab(self) -> Picture | None:
        read, frame = self._capture.read()
        return cast(Picture, frame) if read else None

    def _over(self) -> CameraError | EndOfFramesError:
        if self.is_live:
            return CameraError(f"{self._source}: stopped giving frames")
        return EndOfFramesError(f"{self._source}: played to its end")


class PictureCapture:
    """Pictures played one after another as if they were frames; what cannot be read is skipped.

    Raises:
        CameraError: there is no picture.
    """

    is_live = False

    def __init__(self, pattern: str, *, fps: float, loop: bool = False) -> None:
        self._paths = pictures.find(pattern)
        if not self._paths:
            raise CameraError(f"{pattern}: no pictures there")
        self._pattern = pattern
        self._loop = loop
        self._playing = iter(self._paths)
        self.interval_seconds = 1 / fps

    def read(self) -> Picture:
        picture = self._next_readable(self._playing)
        if picture is None and self._loop:
            self._playing = iter(self._paths)
            picture = self._next_readable(self._playing)
        if picture is None:
            raise EndOfFramesError(f"{self._pattern}: all {len(self._paths)} pictures shown")
        return picture

    def rgb(self, raw: Picture) -> Picture:
        return raw

    def close(self) -> None:
        self._playing = iter(())

    def _next_readable(self, paths: Iterator[Path]) -> Picture | None:
        for path in paths:
            try:
                return pictures.read(path)
            except PictureError as error:
                log.warning("skipped: %s", error)
        return None


def opener(source: str, wanted: Format, *, loop: bool) -> Callable[[], VideoCapture | PictureCapture]:
    """What opens ``source``: a device number or path, a URL, a clip, a folder or glob of pictures.

    Raises:
        CameraError: it names a file or folder that is not there, or that we may not see.
    """
    shown = redacted(source)
    # What OpenCV has to say of a camera that does not open is said here, in words.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    if source.isdecimal() or source.startswith("/dev/"):
        return lambda: VideoCapture(_open_device(source, wanted), shown, is_live=True)
    if "://" in source:
        return lambda: VideoCapture(_open_stream(source), shown, is_live=True)
    try:
        is_clip = Path(source).is_file() and Path(source).suffix.lower() not in pictures.SUFFIXES
        is_there = is_clip or bool(pictures.find(source))
    except OSError as error:
        raise CameraError(f"{shown}: we may not look there: {error.strerror}") from error
    if is_clip:
        # Tried at once: what is no clip today will be none tomorrow.
        VideoCapture(cv2.VideoCapture(source), shown, is_live=False).close()
        return lambda: VideoCapture(cv2.VideoCapture(source), shown, is_live=False, loop=loop)
    if not is_there:
        raise CameraError(
            f"{shown}: no such clip and no pictures there; a camera is a number (0), a device "
            "(/dev/video0), 'picamera:0' or a URL"
        )
    return lambda: PictureCapture(source, fps=wanted.fps, loop=loop)


def redacted(source: str) -> str:
    """The source without the secrets a URL may hold before its host or in its query: fit for logs."""
    return re.sub(r"(?<=\?).*", "***", re.sub(r"//[^/]*@", "//***@", source)) if "://" in source else source


def _open_device(source: str, wanted: Format) -> Any:
    device: int | str = int(source) if source.isdecimal() else source
    capture = cv2.VideoCapture(device, cv2.CAP_V4L2)
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, wanted.width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, wanted.height)
    capture.set(cv2.CAP_PROP_FPS, wanted.fps)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


def _open_stream(source: str) -> Any:
    # Bounded waits: a dead network must end a read, not hang it.
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _IO_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _IO_TIMEOUT_MS]
    return cv2.VideoCapture(source, cv2.CAP_FFMPEG, limits)
