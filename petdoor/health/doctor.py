"""The whole examination: the machine, the service, and every part of the door."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from petdoor import telling
from petdoor.errors import CameraError
from petdoor.health import door, machine, service
from petdoor.health.finding import Finding, Level
from petdoor.health.machine import Machine
from petdoor.pictures import Picture
from petdoor.settings import Settings
from petdoor.settings.seeing import DEMO

_BUSY: Final = "the door that runs has it: stop the service to look closer"


class Doctor:
    """Looks at everything, in an order in which each finding explains the next.

    Args:
        settings: which door; None when there are no settings that could be used.
        environ: for the broker's password, and where events are kept.
        here: this machine.
        keep: what to do with the test picture.
        watch_seconds: for how long a live camera is watched.
    """

    def __init__(
        self,
        settings: Settings | None,
        environ: Mapping[str, str],
        here: Machine,
        keep: Callable[[Picture], None] | None = None,
        *,
        watch_seconds: float = 2.0,
    ) -> None:
        self._settings = settings
        self._environ = environ
        self._here = here
        self._keep = keep
        self._watch_seconds = watch_seconds

    def examine(self) -> Iterator[Finding]:
        """One finding after another, each as soon as it is known."""
        yield from machine.examine(self._here, self._written())
        yield service.examine(self._here)
        if self._settings:
            yield from self._door(self._settings, in_use=service.is_running(self._here))

    def _door(self, settings: Settings, *, in_use: bool) -> Iterator[Finding]:
        found, classifier = door.model(settings)
        yield found
        sight = self._see(settings)
        if isinstance(sight, door.Sight):
            yield door.camera(settings, sight)
            if classifier:
                yield door.judgement(settings, classifier, sight)
            if self._keep:
                self._keep(sight.picture)
        else:
            yield _unless(sight, in_use=in_use)
        yield _unless(door.bolt(settings), in_use=in_use)
        if settings.contacts.wires:
            yield _unless(door.contacts(settings), in_use=in_use)
        if settings.mqtt:
            root = self._here.root
            yield from door.broker(settings, settings.mqtt, self._environ, root / "etc/petdoor")
            yield door.state(settings, self._environ, root / "var/lib/petdoor")
        else:
            yield Finding("broker", Level.SKIP, "none configured: nobody is told what the door does")
        yield door.pictures(settings)

    def _written(self) -> Path:
        """Where most is written."""
        if self._settings is None:
            return self._here.root
        return self._settings.snapshots.folder or telling.state_folder(self._settings, self._environ)

    def _see(self, settings: Settings) -> door.Sight | Finding:
        try:
            return door.see(settings, seconds=self._watch_seconds)
        except CameraError as error:
            return Finding("camera", Level.FAIL, str(error), self._camera_advice(settings))

    def _camera_advice(self, settings: Settings) -> str:
        source = settings.camera.source
        if not source.isdecimal() and not source.startswith("/dev/"):
            return f"without a camera: petdoor doctor --source {DEMO} looks at the rest"
        devices = ", ".join(str(path) for path in self._here.devices("video*"))
        there = f"there are {devices}" if devices else "no camera is plugged in"
        return (
            f"{there}; a USB camera is a number, a Raspberry Pi camera is camera.source: picamera:0, and "
            f"petdoor doctor --source {DEMO} looks at the rest without one"
        )


def _unless(finding: Finding, *, in_use: bool) -> Finding:
    """A part that the running door holds is not at fault."""
    if finding.level is Level.FAIL and in_use:
        return Finding(finding.part, Level.NOTE, _BUSY, finding.detail)
    return finding
