"""What systemd is told, and how often."""

import logging
import socket

import pytest

from petdoor.adapters.supervisor import Notifier
from tests.fakes import FakeClock


class Manager:
    """A service manager's end of the line."""

    def __init__(self, address):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.setblocking(False)

    def heard(self):
        messages = []
        try:
            while True:
                messages.append(self._socket.recv(1000).decode())
        except BlockingIOError:
            return messages

    def close(self):
        self._socket.close()


@pytest.fixture
def manager(tmp_path):
    manager = Manager(str(tmp_path / "notify"))
    yield manager
    manager.close()


@pytest.fixture
def environ(tmp_path):
    return {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}


def test_it_is_told_when_the_door_is_ready_how_it_is_and_when_it_stops(manager, environ):
    notifier = Notifier(environ)
    notifier.ready()
    notifier.status("unlocked\nfor a dog")
    notifier.stopping()
    assert manager.heard() == ["READY=1", "STATUS=unlocked for a dog", "STOPPING=1"]


def test_the_watchdog_is_fed_twice_in_the_time_it_allows(manager, environ):
    clock = FakeClock()
    notifier = Notifier(environ, clock=clock, pid=7)
    for _ in range(450):
        notifier.alive()
        clock.advance(0.1)
    assert manager.heard() == ["WATCHDOG=1"] * 3


def test_between_steps_that_keep_the_loop_from_turning_it_is_fed_at_once(manager, environ):
    notifier = Notifier(environ, clock=FakeClock(), pid=7)
    notifier.alive()
    notifier.at_work()
    notifier.alive()
    assert manager.heard() == ["WATCHDOG=1"] * 2


@pytest.mark.parametrize(
    "changes",
    [{"WATCHDOG_PID": "8"}, {"WATCHDOG_USEC": ""}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "0"}],
)
def test_a_watchdog_that_is_another_s_or_none_is_not_fed(changes, manager, environ):
    Notifier(environ | changes, pid=7).alive()
    assert manager.heard() == []


def test_an_address_without_a_file_works_as_well():
    manager = Manager("\0petdoor-test-notify")
    Notifier({"NOTIFY_SOCKET": "@petdoor-test-notify"}).ready()
    assert manager.heard() == ["READY=1"]
    manager.close()


def test_without_systemd_nothing_happens(caplog):
    notifier = Notifier({})
    notifier.ready()
    notifier.alive()
    assert caplog.messages == []


def test_a_manager_that_is_gone_is_told_of_once(environ, manager, tmp_path, caplog):
    manager.close()
    (tmp_path / "notify").unlink()
    notifier = Notifier(environ)
    with caplog.at_level(logging.WARNING):
        notifier.ready()
        notifier.status("watching")
    assert len(caplog.messages) == 1
    assert "systemd does not hear what it is told (READY=1)" in caplog.text


def test_what_a_deaf_manager_missed_is_said_again(environ, manager, tmp_path):
    notifier = Notifier(environ, clock=FakeClock(), pid=7)
    (tmp_path / "notify").rename(tmp_path / "away")
    notifier.ready()
    notifier.alive()
    (tmp_path / "away").rename(tmp_path / "notify")
    notifier.alive()
    notifier.alive()
    assert manager.heard() == ["READY=1", "WATCHDOG=1"]


def test_words_that_are_no_text_are_told_as_far_as_they_go(environ, manager):
    Notifier(environ).status("caf\udce9 lost")
    assert manager.heard() == ["STATUS=caf? lost"]


def test_a_manager_that_does_not_listen_holds_nobody_up(environ, manager):
    notifier = Notifier(environ)
    for _ in range(2000):
        notifier.status("x" * 1000)
    assert len(manager.heard()) < 2000
