"""Who may say and hear what: the example settings, a real mosquitto, and the door's own words to it."""

import gc
import os
import queue
import re
import subprocess
import sys
import urllib.request
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import trustme
import yaml

from petdoor.broker import Broker, Tls
from petdoor.cli.dashboard import PAGE
from petdoor.core.door import LatchState
from petdoor.core.orders import Unlock
from petdoor.errors import BrokerError
from petdoor.health import network
from petdoor.health.finding import Level
from petdoor.mqtt import topics
from petdoor.mqtt.line import Line
from tests.brokers import Listener, Mosquitto, free_port
from tests.conftest import ROOT
from tests.mqtt.test_publisher import BIRTH_TOPIC, CONFIG_TOPIC, event, outbox, publisher
from tests.test_end_to_end import wait_until

# paho leaves a socket to the garbage collector when it was refused.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

EXAMPLES = ROOT / "systemd" / "mosquitto"
WORDS = {name: f"the-word-of-{name}" for name in ("petdoor", "back", "homeassistant", "owner", "viewer")}
DOOR = "petdoor/back"
WORDS_OF_THE_CONTRACT = {"ONLINE", "OFFLINE", "ON", "OFF"}
TOPICS = [
    value for name, value in vars(topics).items() if name.isupper() and name not in WORDS_OF_THE_CONTRACT
]
STATES = [f"{thing}/state" for thing in ("lock", "emergency", "motion", "problem", "last_animal", "model")]
SECRET = "sesame-4c1d"  # which is not the word of anybody


class Example(Mosquitto):
    """A broker with the example settings, moved to another folder and other ports.

    With ``all_of_it`` what is commented out there counts, too.
    """

    def __init__(self, folder, *, all_of_it=False):
        super().__init__(folder)
        self.page_port, self.tls_port = free_port(), free_port()
        text = (EXAMPLES / "petdoor.conf").read_text()
        if all_of_it:
            text = re.sub("^#(?=[a-z])", "", text, flags=re.MULTILINE)
        for port, own in ((1883, self.port), (9001, self.page_port), (8883, self.tls_port)):
            text = text.replace(f"listener {port}", f"listener {own} 127.0.0.1")
        text = text.replace("/srv/petdoor", str(PAGE))
        text = text.replace("/etc/mosquitto/petdoor.acl", str(EXAMPLES / "petdoor.acl"))
        self._config.write_text(f"user root\n{text.replace('/etc/mosquitto', str(folder))}")
        passwords = folder / "petdoor.passwords"
        passwords.write_text("".join(f"{name}:{word}\n" for name, word in WORDS.items()))
        subprocess.run(["mosquitto_passwd", "-U", passwords], check=True)

    def hears(self, name, topic="#"):
        """Somebody who listens, by name."""
        return closing(Listener(self.port, topic, **login(name)))

    def door(self, **more):
        """The door called back."""
        return closing(publisher(self.port, **login("back"), **more))


@pytest.fixture
def example(tmp_path):
    with Example(tmp_path) as broker:
        yield broker


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def whole_example(tmp_path, authority):
    """With TLS, and with the dashboard's page."""
    folder = tmp_path / "certs"
    folder.mkdir()
    certificate = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    with Example(tmp_path, all_of_it=True) as broker:
        yield broker


def login(name):
    return {"username": name, "password": WORDS[name]}


def refusal(port, **who):
    """What somebody is told who is not let in."""
    line = Line(Broker("127.0.0.1", port, **who), "somebody", ("will", ""), queue.SimpleQueue().put)
    with closing(line), pytest.raises(BrokerError) as caught:
        line.open()
    said = str(caught.value)
    del line, caught
    gc.collect()
    return said


def test_a_door_may_say_all_it_has_to_say(example):
    kept = outbox()
    kept.put(event(1))
    with (
        example.hears("homeassistant") as home,
        example.door(kept=kept, snapshots=True, message={"device": {}}) as told,
    ):
        told.camera(online=True)
        told.latch(LatchState.LOCKED)
        told.problems({})
        told.stats({})
        told.snapshot(np.zeros((48, 64, 3), np.uint8))
        home.wait_for(f"{DOOR}/{topics.REPLAYED}")
        told.event({**event(2), "verdict": "admit", "species": "dog"})
        for name in (*TOPICS, *STATES):
            home.wait_for(f"{DOOR}/{name}")
        home.wait_for(CONFIG_TOPIC)


def test_what_a_door_has_told_waits_for_whoever_may_look(example):
    with example.hears("owner") as owner, example.door() as told:
        told.latch(LatchState.UNLOCKED)
        owner.wait_for(f"{DOOR}/lock/state", "UNLOCKED")
        with example.hears("viewer") as newcomer:
            newcomer.wait_for(f"{DOOR}/lock/state", "UNLOCKED")


def test_the_last_will_of_a_door_is_done(example):
    code = (
        "import threading; from tests.mqtt.test_access import login; "
        "from tests.mqtt.test_publisher import publisher\n"
        f"told = publisher({example.port}, **login('back')); threading.Event().wait()"
    )
    with example.hears("owner") as owner, subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) as door:
        try:
            owner.wait_for(f"{DOOR}/availability", "online")
        finally:
            door.kill()
        owner.wait_for(f"{DOOR}/availability", "offline")


def test_home_assistant_coming_up_is_heard_by_the_door(example):
    with example.hears("homeassistant") as home, example.door():
        home.wait_for(f"{DOOR}/availability", "online")
        home.heard.clear()
        home.publish(BIRTH_TOPIC, "online")
        home.wait_for(f"{DOOR}/availability", "online")


@pytest.mark.parametrize("name", ["owner", "homeassistant"])
def test_the_order_of_an_owner_arrives(example, name):
    with example.hears("owner") as owner, example.hears(name) as somebody, example.door() as told:
        owner.wait_for(f"{DOOR}/availability", "online")
        somebody.publish(f"{DOOR}/lock/set", "UNLOCK")
        assert owner.ask(DOOR, "status")["status"] == "ok"
        assert told.take().order == Unlock()


def test_the_order_of_a_viewer_does_not(example):
    with example.hears("owner") as owner, example.hears("viewer") as viewer, example.door() as told:
        owner.wait_for(f"{DOOR}/availability", "online")
        viewer.publish(f"{DOOR}/lock/set", "UNLOCK")
        viewer.publish(f"{DOOR}/request/unlock", '{"transaction": 1}')
        assert owner.ask(DOOR, "status")["status"] == "ok"
        assert told.take() is None


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("back", "petdoor/petdoor/lock/state"),
        ("back", "petdoor/petdoor/availability"),
        ("back", "petdoor/petdoor/lock/set"),
        ("back", "homeassistant/device/petdoor_petdoor/config"),
        ("back", "homeassistant/lock/back/config"),
        ("back", BIRTH_TOPIC),
        ("back", f"{DOOR}/lock/set"),
        ("back", f"{DOOR}/request/unlock"),
        ("viewer", f"{DOOR}/lock/state"),
        ("viewer", "petdoor/viewer/lock/state"),
        ("viewer", "homeassistant/device/petdoor_viewer/config"),
        ("owner", f"{DOOR}/lock/state"),
    ],
)
def test_nobody_speaks_for_another(example, name, topic):
    with example.hears("homeassistant") as home, example.hears(name) as somebody:
        somebody.publish(topic, "UNLOCKED")
        home.publish("homeassistant/tests", "the end")
        home.wait_for("homeassistant/tests", "the end")
        assert [heard for heard, _, _ in home.heard] == ["homeassistant/tests"]


def test_a_door_hears_its_own_orders_only(example):
    with example.hears("owner") as owner, example.hears("back") as door:
        owner.publish("petdoor/petdoor/lock/set", "UNLOCK")
        owner.publish(f"{DOOR}/lock/set", "LOCK")
        door.wait_for(f"{DOOR}/lock/set", "LOCK")
        assert [heard for heard, _, _ in door.heard] == [f"{DOOR}/lock/set"]


@pytest.mark.parametrize(
    "who", [{}, {"username": "stranger", "password": "woof"}, {"username": "owner", "password": "woof"}]
)
def test_a_stranger_is_not_let_in(example, who):
    assert refusal(example.port, **who).endswith("refuses us: Not authorized")


def test_the_doctor_is_content(example):
    findings = list(network.examine(Broker("127.0.0.1", example.port, **login("back")), DOOR))
    assert {finding.level for finding in findings} == {Level.OK}


def petdoor(*arguments, **variables):
    environ = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    return subprocess.Popen(
        [sys.executable, "-m", "petdoor", *map(str, arguments)],
        cwd=ROOT,
        env=environ,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def test_a_viewer_may_watch(example):
    where = ["--host", "127.0.0.1", "--port", example.port, "--username", "viewer"]
    with example.hears("owner") as owner, example.door():
        owner.wait_for(f"{DOOR}/availability", "online")
        watch = petdoor("monitor", *where, "--once", PETDOOR_MQTT_PASSWORD=WORDS["viewer"])
        said, _ = watch.communicate(timeout=30)
    assert (watch.returncode, "back" in said) == (0, True)


def test_the_page_is_served_to_everybody(whole_example):
    with whole_example.hears("owner"):  # it listens on all its ports by then
        page = urllib.request.urlopen(f"http://127.0.0.1:{whole_example.page_port}/").read()
    assert b"<title>petdoor</title>" in page


def certificates(folder, authority):
    """Files that vouch for a client whom this authority knows."""
    certificate, places = authority.issue_cert("back"), (folder / "own.pem", folder / "own.key")
    certificate.cert_chain_pems[0].write_to_path(places[0])
    certificate.private_key_pem.write_to_path(places[1])
    return {"cert_file": places[0], "key_file": places[1]}


def test_a_door_with_a_certificate_is_let_in(whole_example, authority, tmp_path):
    tls = Tls(tmp_path / "certs" / "ca.pem", **certificates(tmp_path, authority))
    told = publisher(whole_example.tls_port, **login("back"), tls=tls)
    with whole_example.hears("owner") as owner, closing(told):
        owner.wait_for(f"{DOOR}/availability", "online")


def test_a_door_without_one_or_with_a_strangers_is_not(whole_example, tmp_path):
    trusted = tmp_path / "certs" / "ca.pem"
    for own in ({}, certificates(tmp_path, trustme.CA())):
        assert refusal(whole_example.tls_port, **login("back"), tls=Tls(trusted, **own))


@pytest.fixture(params=["file", "credential", "variable"])
def secretive(request, example, tmp_path):
    """Settings, and variables, of a door that keeps a wrong word in this place."""
    mqtt = {"host": "127.0.0.1", "port": example.port, "username": "back"}
    word = tmp_path / "mqtt-password"
    word.write_text(SECRET)
    if request.param == "file":
        mqtt["password_file"] = str(word)
    variables = {
        "file": {},
        "credential": {"CREDENTIALS_DIRECTORY": str(tmp_path)},
        "variable": {"PETDOOR_MQTT_PASSWORD": SECRET},
    }[request.param]
    config = tmp_path / "config.yaml"
    state = str(tmp_path / "state")
    config.write_text(
        yaml.safe_dump(
            {
                "id": "back",
                "camera": {"source": "demo"},
                "log_level": "debug",
                "state_folder": state,
                "mqtt": mqtt,
            }
        )
    )
    return config, variables


def test_a_door_with_a_wrong_password_says_so_and_never_which(secretive):
    config, variables = secretive
    with petdoor("run", "--config", config, "--source", "demo", **variables) as door:
        said = ""
        while said.count("refuses us: Not authorized") < 2:  # the second time for who looks closely
            said += (line := door.stdout.readline())
            assert line, said
        arguments = Path(f"/proc/{door.pid}/cmdline").read_text()
        door.terminate()
        said += door.stdout.read()
    assert "DEBUG" in said
    assert SECRET not in said + arguments


@pytest.mark.parametrize("command", ["check", "doctor"])
def test_whoever_looks_for_the_fault_is_not_shown_it(secretive, command):
    config, variables = secretive
    look = petdoor(command, "--config", config, **variables)
    said, _ = look.communicate(timeout=60)
    assert "Not authorized" in said
    assert SECRET not in said


def test_an_event_that_the_access_list_refuses_is_kept_and_told_when_it_is_let_in(example, caplog):
    """Signed in as another door, which may not speak for this one."""
    with closing(outbox()) as kept:
        with closing(publisher(example.port, kept=kept, **login("petdoor"))) as told:
            told.event(event(1))
            assert wait_until(lambda: "does not take all we tell" in caplog.text)
        assert [entry.payload["number"] for entry in kept.after(0, 10)] == [1]
        with example.hears("owner") as owner, closing(publisher(example.port, kept=kept, **login("back"))):
            owner.wait_for(f"{DOOR}/event/replayed", '"number": 1,')
