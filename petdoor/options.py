"""What the commands share: their options, and the settings these lead to."""

import os
from collections.abc import Iterator
from pathlib import Path

import click

from petdoor import config
from petdoor.errors import ConfigError
from petdoor.settings import Settings
from petdoor.settings.common import Section
from petdoor.settings.seeing import DEMO, CameraSettings
from petdoor.settings.telling import SnapshotSettings

DEFAULT_CONFIGS = (Path("config.yaml"), Path("/etc/petdoor/config.yaml"))

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    help="The settings.  [default: config.yaml here, else /etc/petdoor/config.yaml]",
)
source_option = click.option(
    "--source",
    help="Instead of camera.source: 0, /dev/video0, picamera:0, a URL, a clip, a folder or glob of pictures, "
    "or demo for a drawn yard.",
)
model_option = click.option(
    "--model", "model_path", type=click.Path(path_type=Path), help="Instead of model.path: a .tflite file."
)
snapshots_option = click.option(
    "--snapshots",
    type=click.Path(path_type=Path),
    help="Instead of snapshots.folder: keep the frames that decided there.",
)


def settings(path: Path | None, source: str | None = None) -> Settings:
    """The settings of this file, or of the first of ``DEFAULT_CONFIGS`` that is there.

    Nothing of a drawn yard needs settings: a play begins without them.

    Raises:
        ConfigError: there is no such file, or it holds faults.
    """
    return settings_if_any(path) if source == DEMO else config.load(config_path(path))


def config_path(path: Path | None) -> Path:
    """This file, or the first of ``DEFAULT_CONFIGS`` that is there; the same wherever this process goes.

    Raises:
        ConfigError: none is there.
    """
    path = path or next(_there(), None)
    if path is None:
        raise ConfigError(
            f"no settings: neither {' nor '.join(map(str, DEFAULT_CONFIGS))} is there; use --config"
        )
    return path.absolute()


def settings_if_any(path: Path | None) -> Settings:
    """The same; all defaults where no file is named and none is there."""
    return config.load(config_path(path)) if is_anywhere(path) else Settings()


def is_anywhere(path: Path | None) -> bool:
    """Whether a file is named, or there is one of ``DEFAULT_CONFIGS``."""
    return path is not None or any(_there())


def _there() -> Iterator[Path]:
    # Path.exists raises in a folder that this user may not even look into.
    return (candidate for candidate in DEFAULT_CONFIGS if os.path.exists(candidate))  # noqa: PTH110


def overridden(
    given: Settings,
    *,
    source: str | None = None,
    model: Path | None = None,
    snapshots: Path | None = None,
) -> Settings:
    """The settings with what the command line says instead; a real door's are kept apart from a demo.

    Raises:
        ConfigError: the other settings do not suit that source.
    """
    if source == DEMO != given.camera.source:
        given = _apart(given)
    sections: dict[str, Section] = {}
    if source is not None:
        sections["camera"] = config.with_source(given.camera, source)
    if model is not None:
        sections["model"] = given.model.model_copy(update={"path": model})
    if snapshots is not None:
        sections["snapshots"] = given.snapshots.model_copy(update={"folder": snapshots})
    return given.model_copy(update=sections)


def _apart(given: Settings) -> Settings:
    """Without what a play must leave alone: the real door's broker and pictures, and how its camera hangs."""
    usual = CameraSettings()
    hangs = {key: getattr(usual, key) for key in ("rotate", "flip", "roi")}
    camera = given.camera.model_copy(update=hangs)
    return given.model_copy(update={"camera": camera, "mqtt": None, "snapshots": SnapshotSettings()})
