"""The door's view with its verdicts drawn in: as a video, or as one sheet of the frames that decided."""

import logging
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, cast

import cv2
import numpy as np

from petdoor.core.door import LatchState
from petdoor.core.species import Sighting
from petdoor.errors import PictureError
from petdoor.pictures import Picture

log = logging.getLogger(__name__)

VIDEO_SUFFIXES: Final = frozenset({".mp4", ".avi", ".mkv"})
SHEET_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_CODECS: Final = {".mp4": "mp4v", ".avi": "MJPG", ".mkv": "mp4v"}
_WHOLE_SHARE: Final = 0.9  # of the frames; some kinds of file only estimate their number
_COLUMNS: Final = 3
# 20 rows of 640: WebP has room for 16,383 points, JPEG for 65,535.
_TILES_MAX: Final = 60
_TILE_SIDE_MAX: Final = 640
_FONT: Final = cv2.FONT_HERSHEY_DUPLEX
_WHITE: Final = (250, 250, 250)
_SHADE: Final = 0.45
_COLOURS: Final = {"dog": (88, 190, 110), "cat": (240, 160, 60), "other": (170, 170, 180)}
_LATCH_COLOURS: Final = {LatchState.LOCKED: (190, 60, 55), LatchState.UNLOCKED: (50, 150, 80)}


@dataclass(frozen=True, slots=True)
class Moment:
    """One frame, and what the door makes of it.

    Attributes:
        pixels: the frame, RGB.
        sighting: what it shows; None when nothing moves in it.
        sentence: what the animal hears; empty when nothing was said of late.
        latch: where the bolt is.
        decides: whether the sentence was said over this very frame.
    """

    pixels: Picture
    sighting: Sighting | None
    sentence: str
    latch: LatchState
    decides: bool


class Film(Protocol):
    """Takes moments, and is finished by ``close``."""

    def take(self, moment: Moment) -> None:
        """The next moment.

        Raises:
            PictureError: the file cannot be written.
        """

    def close(self) -> bool:
        """Finish the file; may be called twice.

        Returns:
            whether there is a file: there is none of nothing.

        Raises:
            PictureError: the file cannot be written, or not to its end.
        """


def open_film(path: Path, *, fps: float) -> Film:
    """A film of the kind that the file's suffix names; the place is tried at once, and left as it was.

    Raises:
        PictureError: there is no such kind, or nothing can be written there.
    """
    suffix = path.suffix.lower()
    if suffix not in VIDEO_SUFFIXES | SHEET_SUFFIXES:
        known = ", ".join(sorted(VIDEO_SUFFIXES | SHEET_SUFFIXES))
        raise PictureError(f"{path}: no kind of film; the name must end in one of {known}")
    _attempt(path)
    return _Video(path, _CODECS[suffix], fps) if suffix in VIDEO_SUFFIXES else _Sheet(path)


def _attempt(path: Path) -> None:
    was_there = os.path.lexists(path)
    try:
        with path.open("ab"):
            pass
        if not was_there:
            path.unlink()
    except OSError as error:
        raise PictureError(
            f"{path}: cannot be written: {error.strerror}; name a file in a folder that is there "
            "and that you may write into"
        ) from error


class _Video:
    """Every moment, at the scene's own pace."""

    def __init__(self, path: Path, codec: str, fps: float) -> None:
        self._path = path
        self._fourcc = cv2.VideoWriter.fourcc(*codec)
        self._fps = fps
        self._frames = 0
        self._writer: cv2.VideoWriter | None = None

    def take(self, moment: Moment) -> None:
        picture = drawn(moment)
        self._writer = self._writer or self._opened(picture)
        self._writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        self._frames += 1

    def close(self) -> bool:
        if self._writer:
            self._writer.release()
            self._writer = None
            self._look_again()
        return self._frames > 0

    def _opened(self, picture: Picture) -> cv2.VideoWriter:
        height, width = picture.shape[:2]
        writer = cv2.VideoWriter(str(self._path), self._fourcc, self._fps, (width, height))
        if not writer.isOpened():
            raise PictureError(
                f"{self._path}: OpenCV cannot write such a video here; "
                "try another kind: .avi, or .jpg for a sheet"
            )
        return writer

    def _look_again(self) -> None:
        """OpenCV says nothing of a disk that fills up: only the file itself can tell."""
        reader = cv2.VideoCapture(str(self._path))
        found = reader.get(cv2.CAP_PROP_FRAME_COUNT) if reader.read()[0] else 0
        reader.release()
        if found < self._frames * _WHOLE_SHARE:
            raise PictureError(f"{self._path}: was not written to its end; is the disk full?")


class _Sheet:
    """The first moments that decided, side by side."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tiles: list[Picture] = []
        self._decided = 0

    def take(self, moment: Moment) -> None:
        if not moment.decides:
            return
        self._decided += 1
        if self._decided <= _TILES_MAX:
            self._tiles.append(_tile(drawn(moment)))

    def close(self) -> bool:
        tiles, self._tiles = self._tiles, []
        if tiles:
            _write_picture(self._path, _tiled(tiles))
        left_out = self._decided - len(tiles)
        if tiles and left_out:
            log.warning("%s: no room for the last %d frames that decided; a video has", self._path, left_out)
        return self._decided > 0


def _tile(picture: Picture) -> Picture:
    """The picture in a size that many of have room on a sheet, and in memory."""
    height, width = picture.shape[:2]
    share = min(1.0, _TILE_SIDE_MAX / max(height, width))
    size = (max(1, round(width * share)), max(1, round(height * share)))
    return picture if share == 1 else cast(Picture, cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def _write_picture(path: Path, picture: Picture) -> None:
    try:
        _, data = cv2.imencode(path.suffix, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        path.write_bytes(data.tobytes())
    except cv2.error as error:
        raise PictureError(f"{path}: cannot be written: {error.err}") from error
    except OSError as error:
        path.unlink(missing_ok=True)  # half a picture is none
        raise PictureError(f"{path}: cannot be written: {error.strerror}") from error


def drawn(moment: Moment) -> Picture:
    """The frame with bars for each species, the bolt, and the sentence."""
    picture = moment.pixels.copy()
    scale = picture.shape[0] / 480
    _draw_latch(picture, moment.latch, scale)
    if moment.sighting:
        _draw_bars(picture, moment.sighting, scale)
    if moment.sentence:
        _draw_sentence(picture, moment.sentence, scale)
    return picture


def _draw_latch(picture: Picture, latch: LatchState, scale: float) -> None:
    width = picture.shape[1]
    left, right, low = (round(v) for v in (width - 150 * scale, width - 12 * scale, 42 * scale))
    cv2.rectangle(picture, (left, round(12 * scale)), (right, low), _LATCH_COLOURS[latch], cv2.FILLED)
    _write(picture, latch.value, (left + round(10 * scale), low - round(9 * scale)), 0.6 * scale)


def _draw_bars(picture: Picture, sighting: Sighting, scale: float) -> None:
    rows = list(sighting.probabilities.items())
    _shade(picture, (0, 0), (round(225 * scale), round((16 + 26 * len(rows)) * scale)))
    for row, (species, probability) in enumerate(rows):
        low = round((30 + 26 * row) * scale)
        _write(picture, species, (round(12 * scale), low), 0.55 * scale)
        left, full = round(75 * scale), 90 * scale
        right = left + max(1, round(full * probability))
        colour = _COLOURS.get(species, _WHITE)
        cv2.rectangle(picture, (left, low - round(12 * scale)), (right, low), colour, cv2.FILLED)
        _write(picture, f"{probability:.2f}", (round(172 * scale), low), 0.5 * scale)


def _draw_sentence(picture: Picture, sentence: str, scale: float) -> None:
    height, width = picture.shape[:2]
    _shade(picture, (0, height - round(52 * scale)), (width, height))
    (wide, _), _ = cv2.getTextSize(sentence, _FONT, 0.85 * scale, 1)
    _write(picture, sentence, ((width - wide) // 2, height - round(18 * scale)), 0.85 * scale)


def _shade(picture: Picture, top_left: tuple[int, int], bottom_right: tuple[int, int]) -> None:
    part = picture[top_left[1] : bottom_right[1], top_left[0] : bottom_right[0]]
    part[:] = (part * _SHADE).astype(np.uint8)


def _write(picture: Picture, text: str, at: tuple[int, int], size: float) -> None:
    cv2.putText(picture, text, at, _FONT, size, _WHITE, 1, cv2.LINE_AA)


def _tiled(pictures: Sequence[Picture]) -> Picture:
    columns = min(_COLUMNS, len(pictures))
    rows = math.ceil(len(pictures) / columns)
    height, width = pictures[0].shape[:2]
    sheet = np.zeros((rows * height, columns * width, 3), np.uint8)
    for number, picture in enumerate(pictures):
        top, left = number // columns * height, number % columns * width
        sheet[top : top + height, left : left + width] = picture
    return cast(Picture, sheet)
