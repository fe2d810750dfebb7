"""What goes where on the door's machine, and which programs are told of it."""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Final

UNIT_EXECUTABLE: Final = "/opt/petdoor/bin/petdoor"
"""Where the unit's text says that petdoor is."""
_HIDDEN: Final = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # noqa: S108 -- it names them only
"""What ``ProtectHome=`` and ``PrivateTmp=`` hide from the service (systemd.exec(5))."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A file and its place.

    Attributes:
        path: where it goes.
        text: what it holds.
        mode: who may read it.
        is_the_owners: what is there already stays, and goes only by a purge.
    """

    path: PurePosixPath
    text: str
    mode: int = 0o644
    is_the_owners: bool = False


CREATED_FOLDERS: Final = (PurePosixPath("/etc/petdoor"), PurePosixPath("/var/lib/petdoor"))
"""What is the owner's alone; /var/lib/petdoor is made by systemd."""
WATCHDOG: Final = PurePosixPath("/etc/systemd/system.conf.d/petdoor-watchdog.conf")


def files(executable: Path, *, hardware_watchdog: bool) -> list[Placed]:
    """All that is put in place, for a petdoor that is this program."""
    etc = PurePosixPath("/etc")
    unit = _shipped("petdoor.service").replace(UNIT_EXECUTABLE, str(executable))
    watchdog = [Placed(WATCHDOG, _shipped("hardware-watchdog.conf"))] if hardware_watchdog else []
    return [
        Placed(etc / "sysusers.d/petdoor.conf", _shipped("petdoor.sysusers")),
        Placed(etc / "udev/rules.d/60-petdoor.rules", _shipped("petdoor.rules")),
        Placed(etc / "systemd/system/petdoor.service", unit),
        *watchdog,
        Placed(etc / "petdoor/config.yaml", _shipped("config.yaml"), is_the_owners=True),
        Placed(etc / "petdoor/mqtt-password", "", mode=0o600, is_the_owners=True),
    ]


def _shipped(name: str) -> str:
    return resources.files("petdoor.deploy").joinpath(name).read_text("utf-8")


def hidden(paths: list[Path]) -> list[Path]:
    """Those of the paths that the service would not see."""
    return [path for path in paths if any(path.is_relative_to(folder) for folder in _HIDDEN)]
