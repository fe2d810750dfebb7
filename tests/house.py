"""A machine of its own, with a real systemd, on a copy of this one that is forgotten afterwards.

Needs root and namespaces. The root folder is an overlay: what is written stays in memory and out of sight.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import petdoor

BOOT = """
set -e
mount --make-rprivate /
mount -t tmpfs house "$HOUSE"
mkdir "$HOUSE/upper" "$HOUSE/work" "$HOUSE/root"
mount -t overlay house -o "lowerdir=/,upperdir=$HOUSE/upper,workdir=$HOUSE/work" "$HOUSE/root"
cd "$HOUSE/root"
mount -t proc proc proc
mount -t sysfs sys sys
mount -t cgroup2 cgroup sys/fs/cgroup
mount --rbind /dev dev
mount -t tmpfs run run
mount -t tmpfs tmp tmp
mkdir -p opt/python opt/packages opt/source
mount --bind "$PYTHON" opt/python
mount --bind "$PACKAGES" opt/packages
mount --bind "$SOURCE" opt/source
rm -rf etc/systemd/system
mkdir -p etc/systemd/system
echo /opt/python/lib > etc/ld.so.conf.d/0-house.conf
chroot . ldconfig
mkdir -p mnt/before
pivot_root . mnt/before
umount --lazy /mnt/before
mount --make-rshared /
exec /lib/systemd/systemd --system --unit=sysinit.target --log-target=journal
"""
APART = ("--pid", "--mount", "--fork", "--cgroup", "--ipc", "--uts", "--kill-child")
SCRIPT = "#!/opt/petdoor/bin/python\nfrom petdoor.cli import main\nmain()\n"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class House:
    """The machine; ``does`` runs a command on it."""

    def __init__(self, folder):
        self._log = (folder / "console.log").open("w+")
        self._group = _control_groups() / f"house-{os.getpid()}"
        self._group.mkdir()
        places = {
            "GROUP": str(self._group),
            "HOUSE": str(folder),
            "PYTHON": sys.base_prefix,
            "PACKAGES": str(Path(pytest.__file__).parent.parent),
            "SOURCE": str(Path(petdoor.__file__).parent.parent),
        }
        self._boot = subprocess.Popen(
            ["sh", "-c", 'echo 0 > "$GROUP/cgroup.procs"; exec unshare "$@" sh -c "$BOOT"', "house", *APART],
            env={"PATH": PATH, "container": "house", "BOOT": BOOT, **places},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._systemd = None

    def move_in(self):
        """Wait for systemd, and put petdoor into /opt/petdoor, as pip would."""
        self.until(lambda: self._init() and self._state() in {"running", "degraded"})
        self.done("/opt/python/bin/python3", "-m", "venv", "--without-pip", "/opt/petdoor")
        site = self.done("sh", "-c", "echo /opt/petdoor/lib/python3*/site-packages").strip()
        self.write(f"{site}/house.pth", "/opt/source\n/opt/packages\n")
        self.write("/opt/petdoor/bin/petdoor", SCRIPT)
        self.done("chmod", "755", "/opt/petdoor/bin/petdoor")

    def _state(self):
        return self.does("systemctl", "is-system-running").stdout.strip()

    def _init(self):
        """The process of systemd, as seen from here."""
        children = Path(f"/proc/{self._boot.pid}/task/{self._boot.pid}/children").read_text().split()
        self._systemd = children[0] if children else None
        return self._systemd

    def does(self, *command, **options):
        """What became of a command on the machine."""
        inside = ["nsenter", "--target", self._systemd, "--all", "--root", "env", "-C", "/"]
        return subprocess.run(
            [*inside, *command], capture_output=True, text=True, check=False, env={"PATH": PATH}, **options
        )

    def done(self, *command):
        """The words of a command that must succeed."""
        ended = self.does(*command)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def write(self, path, text):
        self.does("tee", path, input=text)

    def read(self, path):
        return self.done("cat", path)

    def until(self, is_so, seconds=60.0, *, is_alive=True):
        """Wait for what systemd brings about in its own time."""
        deadline = time.monotonic() + seconds
        while not (found := is_so()):
            assert not is_alive or self._boot.poll() is None, self.console()
            assert time.monotonic() < deadline, self.console()
            time.sleep(0.05)
        return found

    def state(self, name):
        """One property of the service."""
        return self.done("systemctl", "show", "petdoor", f"--property={name}", "--value").strip()

    def console(self):
        self._log.flush()
        self._log.seek(0)
        return self._log.read()

    def close(self):
        (self._group / "cgroup.kill").write_text("1")
        self._boot.wait(30)
        self._log.close()
        events = self._group / "cgroup.events"
        self.until(lambda: "populated 0" in events.read_text(), is_alive=False)
        for group in sorted(self._group.rglob("*/"), reverse=True):
            group.rmdir()
        self._group.rmdir()


def _control_groups():
    """Where the control groups of version 2 are."""
    mounts = (line.split() for line in Path("/proc/mounts").read_text().splitlines())
    return next((Path(where) for _, where, kind, *_ in mounts if kind == "cgroup2"), None)


def is_possible():
    """Whether such a machine can be had here."""
    programs = ("unshare", "nsenter", "pivot_root", "systemctl", "/lib/systemd/systemd")
    if os.geteuid() != 0 or not _control_groups() or not all(map(shutil.which, programs)):
        return False
    tried = ["unshare", *APART, "mount", "-t", "tmpfs", "try", "/mnt"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0
