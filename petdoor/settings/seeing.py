"""The settings of what sees and judges: camera, drawn yard, motion gate, eyesight, model and rule."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from petdoor import modelfile
from petdoor.core.eyesight import EyesightLimits, Impairment
from petdoor.settings.common import FilePath, Seconds, Section, Share, in_folder

PICAMERA = re.compile(r"picamera:(\d+)")
DEMO = "demo"
"""The source that is drawn, not seen."""
Span = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]


class CameraSettings(Section):
    """The camera, and how long to be patient with it."""

    source: Annotated[str, Field(min_length=1)] = "0"
    width: Annotated[int, Field(ge=32, le=4096)] = 640
    height: Annotated[int, Field(ge=32, le=4096)] = 480
    fps: Annotated[float, Field(gt=0, le=120)] = 10.0
    loop: bool = False
    rotate: Literal[0, 90, 180, 270] = 0
    flip: Literal["none", "horizontal", "vertical", "both"] = "none"
    roi: tuple[Share, Share, Share, Share] = (0.0, 0.0, 1.0, 1.0)
    stall_seconds: Annotated[float, Field(gt=0, le=10)] = 5.0
    freeze_seconds: Seconds = 30.0
    give_up_seconds: Seconds = 300.0

    @field_validator("source", mode="before")
    @classmethod
    def _device_number(cls, source: Any) -> Any:
        return str(source) if type(source) is int else source

    @field_validator("source")
    @classmethod
    def _filein_folder(cls, source: str, info: ValidationInfo) -> str:
        names_a_file = not (
            source == DEMO or source.isdecimal() or "://" in source or PICAMERA.fullmatch(source)
        )
        if not names_a_file:
            return source
        path = str(in_folder(Path(source), info))
        return f"./{path}" if path == DEMO else path

    @field_validator("roi")
    @classmethod
    def _within_the_picture(cls, roi: tuple[float, ...]) -> tuple[float, ...]:
        left, top, width, height = roi
        if left + width > 1 or top + height > 1 or width == 0 or height == 0:
            raise ValueError("left + width and top + height must stay within 1, and neither may be empty")
        return roi

    @field_validator("width", "height")
    @classmethod
    def _suits_a_raspberry_camera(cls, pixels: int, info: ValidationInfo) -> int:
        step = {"width": 64, "height": 2}[str(info.field_name)]
        if PICAMERA.fullmatch(info.data.get("source", "")) and pixels % step:
            raise ValueError(f"a Raspberry Pi camera needs a multiple of {step}")
        return pixels


class DemoSettings(Section):
    """The drawn scene of the source ``demo``."""

    visits: Annotated[int, Field(ge=1, le=100_000)] = 6
    seed: Annotated[int, Field(ge=0)] = 4
    weather: Literal["changing", "calm"] = "changing"


class MotionSettings(Section):
    """What counts as movement; only what moves is judged."""

    enabled: bool = True
    level: Annotated[float, Field(gt=0, le=255)] = 12.0
    area: Annotated[float, Field(gt=0, le=1)] = 0.01
    hold_seconds: Seconds = 2.0


class EyesightSettings(Section):
    """What makes the camera's picture one that cannot be trusted, and what then."""

    watch: list[Literal["black", "white", "blurred", "moved", "tinted"]] = [
        "black",
        "white",
        "blurred",
        "moved",
        "tinted",
    ]
    safe_mode: Literal["locked", "auto"] = "locked"

    @property
    def limits(self) -> EyesightLimits:
        """The same for the core."""
        return EyesightLimits(watch=frozenset(Impairment[name.upper()] for name in self.watch))


class ModelSettings(Section):
    """The model file, and what a foreign one does not say of itself."""

    path: FilePath | None = None
    threads: Annotated[int, Field(ge=1, le=64)] = 2
    labels: FilePath | None = None
    species: dict[str, list[Span]] | None = None
    input_range: tuple[float, float] | None = None

    @field_validator("input_range")
    @classmethod
    def _black_is_below_white(cls, span: tuple[float, float] | None) -> tuple[float, float] | None:
        if span and span[0] >= span[1]:
            raise ValueError("black must be less than white, as in [-1, 1]")
        return span

    @field_validator("species")
    @classmethod
    def _holds_ranges(cls, species: dict[str, list[Span]] | None) -> dict[str, list[Span]] | None:
        if species is not None:
            modelfile.ranges(species)
        return species


class RuleSettings(Section):
    """How class probabilities become a species."""

    method: Literal["mass", "top1"] = "mass"
    threshold: Annotated[float, Field(gt=0, le=1)] | None = None
