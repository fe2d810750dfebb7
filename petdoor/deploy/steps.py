"""Does what the plan says, and says what it did; twice is as good as once."""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from petdoor.deploy.plan import CREATED_FOLDERS, Placed
from petdoor.errors import DeployError

Say = Callable[[str], None]
_LIMIT_SECONDS: Final = 120.0


class Site:
    """The machine that is worked on.

    Args:
        root: its folder ``/``; another one is a machine that does not run.
        say: what is told each step.
        dry_run: nothing is done, all is said.
    """

    def __init__(self, root: Path, say: Say, *, dry_run: bool = False) -> None:
        self._root = root
        self._say = say
        self._dry_run = dry_run

    @property
    def is_running(self) -> bool:
        """Whether systemd runs on it."""
        return self._root == Path("/") and Path("/run/systemd/system").is_dir()

    def place(self, file: Placed) -> None:
        """Write a file, unless it is there as it should be, or is the owner's.

        Raises:
            OSError: it cannot be written.
        """
        path = self._at(file.path)
        if path.exists() and (file.is_the_owners or path.read_text("utf-8") == file.text):
            self._say(f"{'kept' if file.is_the_owners else 'unchanged':10} {file.path}")
            return
        self._say(f"{'writing':10} {file.path}")
        if self._dry_run:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        part.touch(mode=file.mode)
        part.chmod(file.mode)
        part.write_text(file.text, "utf-8")
        part.replace(path)

    def remove(self, path: PurePosixPath) -> None:
        """Remove a file or folder, if it is there."""
        place = self._at(path)
        if not place.exists():
            return
        self._say(f"{'removing':10} {path}")
        if self._dry_run:
            return
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink()

    def run(self, *command: str, may_fail: bool = False) -> None:
        """Run a program of this machine; one that is not there is told, and left out.

        Raises:
            DeployError: it failed, and must not.
        """
        program = shutil.which(command[0])
        words = " ".join(command)
        if program is None:
            self._say(f"{'left out':10} {words}: no {command[0]} here")
            return
        self._say(f"{'running':10} {words}")
        if self._dry_run:
            return
        done = subprocess.run(
            [program, *command[1:]], capture_output=True, text=True, check=False, timeout=_LIMIT_SECONDS
        )
        if done.returncode and not may_fail:
            raise DeployError(f"{words} failed: {' '.join(done.stderr.split()) or done.returncode}")

    def make_user(self, file: Placed) -> None:
        """Make the users and groups that a sysusers.d file names.

        Raises:
            DeployError: they cannot be made.
        """
        where = [] if self._root == Path("/") else [f"--root={self._root}"]
        self.run("systemd-sysusers", *where, file.path.name)

    def remove_user(self, name: str) -> None:
        """Remove a user and its own group, if they are there."""
        where = [] if self._root == Path("/") else [f"--prefix={self._root}"]
        for program in ("userdel", "groupdel"):
            self.run(program, *where, name, may_fail=True)

    def _at(self, path: PurePosixPath) -> Path:
        return self._root / path.relative_to("/")


def install(site: Site, files: Sequence[Placed]) -> None:
    """Put all in place; of a machine that runs, systemd and udev are told.

    Raises:
        DeployError: a program that must help failed.
        OSError: a file cannot be written.
    """
    for file in files:
        site.place(file)
    site.make_user(files[0])
    if site.is_running:
        site.run("udevadm", "control", "--reload", may_fail=True)
        devices = [f"--subsystem-match={name}" for name in ("gpio", "video4linux", "media", "dma_heap")]
        site.run("udevadm", "trigger", *devices, may_fail=True)
        site.run("systemctl", "daemon-reload")


def uninstall(site: Site, files: Sequence[Placed], *, purge: bool) -> None:
    """Stop the door, locked, and take all away; the owner's files only by a purge.

    Raises:
        DeployError: a program that must help failed.
        OSError: a file cannot be removed.
    """
    if site.is_running:
        site.run("systemctl", "disable", "--now", "petdoor.service", may_fail=True)
    for file in files:
        if not file.is_the_owners:
            site.remove(file.path)
    if site.is_running:
        site.run("systemctl", "daemon-reload")
        site.run("udevadm", "control", "--reload", may_fail=True)
    if purge:
        for folder in CREATED_FOLDERS:
            site.remove(folder)
        site.remove_user("petdoor")
