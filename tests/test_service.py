"""The service: what its unit says, and a door that is looked after by a service manager."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys

import pytest

from tests.conftest import ROOT

UNIT = ROOT / "systemd" / "petdoor.service"
LIMIT_SECONDS = 1.0

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")


class Manager:
    """A small service manager: hears what the door says, feeds nothing, kills what misses the watchdog."""

    def __init__(self, folder):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        environ = {
            **os.environ,
            "NOTIFY_SOCKET": str(folder / "notify"),
            "WATCHDOG_USEC": str(round(LIMIT_SECONDS * 1e6)),
        }
        command = [sys.executable, "-m", "petdoor", "run", "--source", "demo"]
        self.door = subprocess.Popen(command, cwd=folder, env=environ, stderr=subprocess.PIPE, text=True)

    def hears(self, message, seconds=30.0):
        """Whether the door says this before it is silent for so long."""
        self._socket.settimeout(seconds)
        try:
            while self._socket.recv(1000).decode() != message:
                pass
        except TimeoutError:
            return False
        return True

    def watch(self):
        """Until the door misses the watchdog; then it is killed, as systemd would."""
        while self.hears("WATCHDOG=1", LIMIT_SECONDS):
            pass
        self.door.send_signal(signal.SIGABRT)
        self.door.send_signal(signal.SIGCONT)

    def close(self):
        self.door.kill()
        self.door.wait(10)
        self.door.stderr.close()
        self._socket.close()


@pytest.fixture
def manager(tmp_path):
    manager = Manager(tmp_path)
    yield manager
    manager.close()


def test_the_door_is_ready_feeds_the_watchdog_and_says_when_it_stops(manager):
    assert manager.hears("READY=1")
    assert manager.hears("STATUS=watching, locked")
    assert all(manager.hears("WATCHDOG=1") for _ in range(3))
    manager.door.send_signal(signal.SIGTERM)
    assert manager.hears("STOPPING=1")
    assert manager.door.wait(20) == 0


def test_a_door_that_hangs_is_not_kept_alive(manager):
    assert manager.hears("READY=1")
    manager.door.send_signal(signal.SIGSTOP)
    manager.watch()
    assert manager.door.wait(20) == -signal.SIGABRT


@needs_systemd
def test_the_unit_holds_no_fault_but_that_nothing_is_installed_here():
    said = subprocess.run(["systemd-analyze", "verify", UNIT], capture_output=True, text=True, check=False)
    faults = [line for line in said.stderr.splitlines() if "petdoor.service" in line]
    assert [line for line in faults if "petdoor is not executable" not in line] == []


@needs_systemd
def test_the_service_may_do_little():
    command = ["systemd-analyze", "security", "--offline=true", UNIT]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert float(re.search(r"Overall exposure level .*: ([\d.]+)", said)[1]) <= 2.0


def test_whatever_happens_the_service_locks_the_door_and_starts_it_again():
    lines = UNIT.read_text().splitlines()
    assert "ExecStopPost=/opt/petdoor/bin/petdoor lock --config /etc/petdoor/config.yaml" in lines
    assert {"Restart=always", "StartLimitIntervalSec=0", "RestartPreventExitStatus=78"} <= set(lines)
