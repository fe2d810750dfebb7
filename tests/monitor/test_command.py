"""``petdoor monitor`` as a process of its own, against a real mosquitto and a stand-in for a door."""

import json
import os
import pty
import queue
import re
import signal
import subprocess
import sys
import threading
from contextlib import closing, contextmanager

import pytest
from click.testing import CliRunner

from petdoor.cli.monitor import monitor
from tests.brokers import free_port
from tests.conftest import ROOT
from tests.monitor.stand_in import STATES, StandIn, event, judged

COMMAND = [sys.executable, "-c", "from petdoor.cli.monitor import monitor; monitor(prog_name='petdoor')"]


def environ(**variables):
    return {**os.environ, "PYTHONPATH": str(ROOT), "TZ": "UTC", **variables}


class Monitor:
    """The command while it runs; its lines are waited for."""

    def __init__(self, port, *arguments, folder, **variables):
        where = ["--host", "127.0.0.1", "--port", str(port)]
        self.process = subprocess.Popen(
            [*COMMAND, *where, *map(str, arguments)],
            cwd=folder,
            env=environ(**variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._said, self._complained = queue.Queue(), queue.Queue()
        streams = ((self.process.stdout, self._said), (self.process.stderr, self._complained))
        self._readers = [threading.Thread(target=self._read, args=each) for each in streams]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _read(stream, lines):
        with stream:
            for line in stream:
                lines.put(line.rstrip("\n"))
        lines.put(None)

    def said(self, words):
        """The next line with these words."""
        return self._next(self._said, words)

    def complained(self, words):
        """The next line on standard error with these words."""
        return self._next(self._complained, words)

    def _next(self, lines, words):
        passed = []
        while (line := lines.get(timeout=20)) is not None:
            if words in line:
                return line
            passed.append(line)
        pytest.fail(f"no {words!r} in {passed}")

    def ends(self, number=None):
        """Its exit status, after a signal if one is given."""
        if number:
            self.process.send_signal(number)
        return self.process.wait(20)

    def close(self):
        self.process.kill()
        self.process.wait(10)
        for reader in self._readers:
            reader.join(10)


def running(port, *arguments, folder, **variables):
    return closing(Monitor(port, *arguments, folder=folder, **variables))


def once(port, *arguments, folder, **variables):
    """The command run to its end."""
    where = ["--host", "127.0.0.1", "--port", str(port)]
    return subprocess.run(
        [*COMMAND, *where, "--once", *map(str, arguments)],
        cwd=folder,
        env=environ(**variables),
        capture_output=True,
        text=True,
        check=False,
    )


def test_json_is_one_object_a_line_for_each_message(mosquitto, tmp_path):
    with (
        closing(StandIn(mosquitto.port)) as door,
        running(mosquitto.port, "--json", folder=tmp_path) as watched,
    ):
        kept = json.loads(watched.said('"lock/state"'))
        watched.said('"availability"')
        door.tell("event", judged())
        live = json.loads(watched.said('"event"'))
        door.tell("snapshot", b"\xff\xd8picture")
        assert json.loads(watched.said('"snapshot"'))["value"] == {"bytes": 9}
    assert (kept["door"], kept["value"], kept["retained"]) == ("back", "LOCKED", True)
    assert (live["value"], live["retained"]) == (judged(), False)
    assert live["ts"].endswith("Z")


def test_only_the_door_asked_for_is_heard_below_the_base_asked_for(mosquitto, tmp_path):
    options = ["--json", "--door", "back", "--base", "home/doors"]
    with (
        closing(StandIn(mosquitto.port, "front", base="home/doors")),
        closing(StandIn(mosquitto.port, "back")),
        closing(StandIn(mosquitto.port, "back", base="home/doors")),
        running(mosquitto.port, *options, folder=tmp_path) as watched,
    ):
        lines = [json.loads(watched.said("{")) for _ in STATES]
    assert {line["door"] for line in lines} == {"back"}
    assert {line["topic"] for line in lines} == set(STATES)


def test_into_a_pipe_go_the_state_and_then_plain_lines(mosquitto, tmp_path):
    old = [event("door_locked", number=9, reason="time is up")]
    with (
        closing(StandIn(mosquitto.port, states={**STATES, "recent": old})) as door,
        running(mosquitto.port, folder=tmp_path) as watched,
    ):
        assert watched.said("").startswith("back: online, LOCKED, mode auto")
        door.tell("event", judged())
        assert watched.said("") == "2026-11-22 16:49:15  back  admitted dog 0.93: 4 of 5 frames, 41 ms"
        door.tell("availability", "offline", retain=True)
        assert watched.said("").endswith("back  OFFLINE")


def test_a_broker_that_dies_and_comes_back_is_told_aside_and_heard_again(tmp_path, mosquitto):
    with running(mosquitto.port, "--json", folder=tmp_path) as watched:
        with closing(StandIn(mosquitto.port)):
            watched.said('"availability"')
        mosquitto.kill()
        assert re.search(r"broker lost \d+ s ago, trying again: ", watched.complained("petdoor: "))
        mosquitto.start()
        watched.complained("petdoor: the broker is back")
        with closing(StandIn(mosquitto.port, "garage")):
            watched.said('"garage"')
        assert watched.ends(signal.SIGTERM) == 0


def test_a_broker_that_comes_up_late_is_waited_for(tmp_path, late_mosquitto):
    with running(late_mosquitto.port, "--json", folder=tmp_path) as watched:
        assert "Connection refused" in watched.complained("petdoor: broker not reached")
        late_mosquitto.start()
        with closing(StandIn(late_mosquitto.port)):
            watched.said('"availability"')


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("form", [["--json"], []])
def test_a_signal_is_a_clean_end(mosquitto, tmp_path, number, form):
    with closing(StandIn(mosquitto.port)), running(mosquitto.port, *form, folder=tmp_path) as watched:
        watched.said("back")
        assert watched.ends(number) == 0
        assert watched._complained.get(timeout=10) is None


@pytest.mark.parametrize("form", [["--json"], []])
def test_a_closed_pipe_is_a_clean_end_even_when_nothing_more_comes(mosquitto, tmp_path, form):
    arguments = [*COMMAND, "--host", "127.0.0.1", "--port", str(mosquitto.port), *form]
    with (
        closing(StandIn(mosquitto.port)),
        subprocess.Popen(arguments, cwd=tmp_path, env=environ(), stdout=-1, stderr=-1) as process,
    ):
        assert process.stdout.readline()
        process.stdout.close()
        assert process.wait(20) == 0
        assert process.stderr.read() == b""


def test_a_wrong_password_ends_it_with_a_sentence(guarded, tmp_path):
    word = tmp_path / "word"
    word.write_text("meow")
    login = ["--username", "petdoor", "--password-file", word]
    with running(guarded.port, "--json", *login, folder=tmp_path) as watched:
        sentence = f"petdoor: 127.0.0.1:{guarded.port} refuses us: Not authorized; are the user name"
        assert watched.complained("petdoor: ").startswith(sentence)
        assert watched.ends() == 1


def test_the_password_may_come_from_the_environment(guarded, tmp_path):
    with closing(StandIn(guarded.port, username="petdoor", password="woof")):
        result = once(guarded.port, "--username", "petdoor", folder=tmp_path, PETDOOR_MQTT_PASSWORD="woof")
    assert (result.returncode, result.stderr) == (0, "")


def test_the_broker_of_the_settings_is_used_when_none_is_named(mosquitto, tmp_path):
    values = {"mqtt": {"host": "127.0.0.1", "port": mosquitto.port}}
    (tmp_path / "config.yaml").write_text(json.dumps(values))
    with closing(StandIn(mosquitto.port)):
        result = subprocess.run(
            [*COMMAND, "--once"], cwd=tmp_path, env=environ(), capture_output=True, text=True, check=False
        )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("back: online")


def test_an_encrypted_broker_is_heard_with_its_authority(encrypted, tmp_path):
    broker, authority = encrypted
    result = once(broker.port, "--ca-file", authority, folder=tmp_path)
    assert (result.returncode, result.stderr) == (1, "petdoor: no door is online\n")


def test_an_encrypted_broker_is_not_reached_without_encryption_and_a_hint_says_so(encrypted, tmp_path):
    result = once(encrypted[0].port, "--timeout", "1", folder=tmp_path)
    assert result.returncode == 1
    assert "TLS (--ca-file)" in result.stderr


def test_once_prints_how_all_doors_are_and_is_well_when_one_is_online(mosquitto, tmp_path):
    offline = {**STATES, "availability": "offline"}
    with closing(StandIn(mosquitto.port)), closing(StandIn(mosquitto.port, "front", states=offline)):
        lines = once(mosquitto.port, folder=tmp_path)
        as_json = once(mosquitto.port, "--json", folder=tmp_path)
        front = once(mosquitto.port, "--door", "front", folder=tmp_path)
    assert [line.partition(",")[0] for line in lines.stdout.splitlines()] == [
        "back: online",
        "front: OFFLINE",
    ]
    assert lines.returncode == as_json.returncode == 0
    doors = json.loads(as_json.stdout)["doors"]
    assert (doors["back"]["is_online"], doors["front"]["is_online"]) == (True, False)
    assert (front.returncode, front.stderr) == (1, "petdoor: no door is online\n")


def test_once_hears_all_that_is_kept_of_many_doors(mosquitto, tmp_path):
    for number in range(20):
        StandIn(mosquitto.port, f"door{number}").close()
    result = once(mosquitto.port, folder=tmp_path)
    assert result.stdout.count("online, LOCKED, mode auto") == 20


def test_once_says_when_the_broker_is_not_reached_in_time(tmp_path):
    port = free_port()
    result = once(port, "--timeout", "2", folder=tmp_path)
    assert result.returncode == 1
    assert result.stderr == (f"petdoor: 127.0.0.1:{port} is not reached within 2 s: Connection refused\n")


def test_a_broker_that_says_nothing_does_not_hold_once_up(mosquitto, tmp_path):
    mosquitto.hang()
    result = once(mosquitto.port, "--timeout", "0.5", folder=tmp_path)
    assert (result.returncode, "is not reached within 0.5 s: no answer" in result.stderr) == (1, True)
    mosquitto.kill()


@contextmanager
def on_a_terminal(port, *arguments, folder):
    """The command on a terminal of 24 lines of 80 cells, and a function that waits for words there."""
    keeper, terminal = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "--host", "127.0.0.1", "--port", str(port), *arguments],
        cwd=folder,
        env=environ(TERM="xterm-256color", COLUMNS="80", LINES="24"),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    page = b""

    def shows(words):
        nonlocal page
        while words.encode() not in page:
            page += os.read(keeper, 65536)  # fails when the process ends without the words
        page = page[page.index(words.encode()) :]

    try:
        yield process, shows
    finally:
        process.kill()
        process.wait(10)
        os.close(keeper)


def test_on_a_terminal_the_view_is_live_and_gives_it_back(tmp_path, mosquitto):
    with on_a_terminal(mosquitto.port, folder=tmp_path) as (process, shows):
        shows("no door has told anything below petdoor/ yet")
        with closing(StandIn(mosquitto.port)) as door:
            shows(" LOCKED ")
            door.tell("event", judged())
            shows("dog 0.93")
        mosquitto.kill()
        shows("broker lost")
        mosquitto.start()
        with closing(StandIn(mosquitto.port, "garage")):
            shows("garage")
        process.send_signal(signal.SIGINT)
        shows("\x1b[?1049l")
        assert process.wait(20) == 0


def test_once_on_a_terminal_leaves_the_panels_there(mosquitto, tmp_path):
    with (
        closing(StandIn(mosquitto.port)),
        on_a_terminal(mosquitto.port, "--once", folder=tmp_path) as (
            process,
            shows,
        ),
    ):
        shows(" LOCKED ")
        shows("╯")
        assert process.wait(20) == 0


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--host", "h", "--base", "a/#"], 2, "without + and #"),
        (["--host", "h", "--door", "a/b"], 2, "letters, digits, - and _"),
        (["--host", "." * 70], 78, "no host can have this name"),
        (["--host", "h", "--password-file", "nowhere"], 1, "cannot read nowhere"),
        ([], 78, "no broker is named: use --host, or settings with an mqtt section"),
    ],
)
def test_options_without_sense_are_told(tmp_path, monkeypatch, arguments, status, words):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(monitor, arguments)
    assert (result.exit_code, words in result.stderr) == (status, True)


def test_the_help_teaches():
    page = " ".join(CliRunner().invoke(monitor, ["--help"]).stdout.split())
    lessons = ["jq", "PETDOOR_MQTT_PASSWORD", "Exit status: 0", "--once --door back", '{"bytes": n}', "pipe"]
    assert [lesson for lesson in lessons if lesson not in page] == []
