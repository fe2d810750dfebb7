"""What every section of the settings shares: how values are taken, and how each kind is bounded."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo


def in_folder(path: Path, info: ValidationInfo) -> Path:
    """A relative path is relative to the configuration's folder."""
    folder: Path = (info.context or {}).get("folder", Path())
    return folder / path


FilePath = Annotated[Path, Field(strict=False), AfterValidator(in_folder)]
"""A path; a relative one is relative to the configuration's folder."""
Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
GpioPin = Annotated[int, Field(ge=0, le=27)]


class Section(BaseModel):
    """Unknown keys are errors, and values are taken as they are: no text passes for a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


@contextmanager
def core_faults() -> Iterator[None]:
    """The core names the setting first; here its full name stands in front already."""
    try:
        yield
    except ValueError as error:
        raise ValueError(str(error).partition(": ")[2]) from error
