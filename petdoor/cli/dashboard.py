"""``petdoor dashboard``: the page that shows the doors, in a folder that the broker serves."""

import json
import shutil
import socket
from pathlib import Path
from typing import Final

import click

import petdoor
from petdoor.cli.common import faults_end_here
from petdoor.errors import DeployError

PAGE: Final = Path(petdoor.__file__).parent / "dashboard"
_ABOUT: Final = "package.json"
_NAME: Final = "petdoor-dashboard"
_PORT: Final = 9001


@click.command()
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default="dashboard",
    show_default=True,
    help="The folder to copy it to; an older copy there is replaced.",
)
def dashboard(output: Path) -> None:
    """Copy the dashboard to a folder that the broker serves: doors, pictures, decisions, controls.

    It is a page without a server of its own: it speaks MQTT over WebSockets with the broker that the door
    speaks with.
    """
    with faults_end_here():
        folder = output.resolve()
        _replace(folder)
        click.echo(_what_to_do(folder))


def files_of(folder: Path) -> list[str]:
    """What belongs to a copy of the page, relative to it, as its ``package.json`` says.

    Raises:
        DeployError: the folder holds no copy of the page.
    """
    try:
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        name, files = about["name"], about["files"]
    except (OSError, ValueError, LookupError, TypeError):
        name, files = "", []
    if name != _NAME or not isinstance(files, list):
        raise DeployError(f"{folder} holds other things than the dashboard: choose another folder")
    return [_ABOUT, *(str(file) for file in files)]


def _replace(folder: Path) -> None:
    """The page in the folder, whatever older copy lay there before.

    Raises:
        DeployError: something else lies there; it is left as it is.
    """
    older = _files_there(folder)
    if older:
        strangers = set(older) - set(files_of(folder))
        if strangers:
            raise DeployError(
                f"{folder} holds other things than the dashboard: {', '.join(sorted(strangers))}"
            )
    for name in older:
        (folder / name).unlink()
    for name in files_of(PAGE):
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PAGE / name, copy)
        copy.chmod(0o644)  # mosquitto reads it as a user of its own


def _files_there(folder: Path) -> list[str]:
    """Everything below the folder that is no folder, relative to it."""
    return [
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    ]


def _what_to_do(folder: Path) -> str:
    unseen = _hidden(folder)
    warning = (
        f"\nmosquitto's user may not look into {unseen}: copy the page elsewhere (--output), or open it\n"
    )
    return (
        f"the dashboard lies in {folder}\n"
        f"{warning if unseen else ''}\n"
        "give mosquitto these lines, once, in a file of /etc/mosquitto/conf.d, beside those for the door:\n\n"
        f"listener {_PORT}\n"
        "protocol websockets\n"
        f"http_dir {folder}\n\n"
        "sudo systemctl restart mosquitto, then open:\n\n"
        f"http://{socket.gethostname()}:{_PORT}/"
    )


def _hidden(folder: Path) -> Path | None:
    """The first folder on the way that others may not enter."""
    way = [*reversed(folder.parents), folder]
    return next((part for part in way if not part.stat().st_mode & 0o001), None)
