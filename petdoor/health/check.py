"""The quick look, part by part, that ``petdoor check`` takes before a door is started."""

from collections.abc import Iterator, Mapping

from petdoor.errors import CameraError
from petdoor.health import door
from petdoor.health.finding import Finding, Level
from petdoor.settings import Settings


def examine(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Model, camera, bolt, broker, and what else the settings name."""
    yield door.model(settings)[0]
    yield _camera(settings)
    yield door.bolt(settings)
    if settings.contacts.wires:
        yield door.contacts(settings)
    yield _broker(settings, environ)
    if settings.snapshots.folder:
        yield door.pictures(settings)


def _camera(settings: Settings) -> Finding:
    try:
        return door.camera(settings, door.see(settings, seconds=0.0))
    except CameraError as error:
        return Finding("camera", Level.FAIL, str(error))


def _broker(settings: Settings, environ: Mapping[str, str]) -> Finding:
    """Only the step that counts: the one at which it ended, else the login."""
    if settings.mqtt is None:
        return Finding("broker", Level.OK, "none configured")
    steps = list(door.broker(settings, settings.mqtt, environ))
    told = steps[-2] if steps[-1].level is Level.OK else steps[-1]
    return Finding("broker", told.level, told.detail, told.advice)
