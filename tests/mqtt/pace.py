"""How fast the loop turns, whatever becomes of the broker: python -m tests.mqtt.pace [VISITS]."""

import dataclasses
import logging
import math
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from threading import Event as Flag

import trustme
import yaml

from petdoor import config, parts
from petdoor.gpio import simulated_pins
from tests.brokers import Mosquitto
from tests.soak.reel import HEIGHT, WIDTH, Reel
from tests.soak.timed import TimedDaemon

VISITS = 300
HEAD = "| broker | p50 | p95 | longest | what the log says, once |\n| --- | --- | --- | --- | --- |"
_LOOPBACK = "127.0.0.1"


class Said(logging.Handler):
    """What the thread that speaks to the broker says, and how loudly."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.records = []
        self._log = logging.getLogger("petdoor.mqtt.postman")
        self._log.addHandler(self)
        self._log.setLevel(logging.DEBUG)
        self._log.propagate = False

    def emit(self, record):
        self.records.append((record.levelname, record.getMessage()))

    def levels(self, words):
        """How loudly each sentence with these words was said."""
        return [level for level, sentence in self.records if words in sentence]

    def aloud(self):
        """The warnings, in order."""
        return [sentence for level, sentence in self.records if level == "WARNING"]

    def close(self):
        self._log.removeHandler(self)
        self._log.setLevel(logging.NOTSET)
        self._log.propagate = True
        super().close()


@contextmanager
def running(folder, **more):
    broker = Mosquitto(folder, **more)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


@contextmanager
def good(folder):
    with running(folder) as broker:
        yield {"host": _LOOPBACK, "port": broker.port}, None


@contextmanager
def refusing(folder):
    """It does not know the password."""
    passwords = folder / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "petdoor", "woof"], check=True)
    (folder / "password").write_text("meow")
    with running(folder, password_file=passwords) as broker:
        login = {"username": "petdoor", "password_file": str(folder / "password")}
        yield {"host": _LOOPBACK, "port": broker.port, **login}, None


@contextmanager
def untrusted(folder):
    """Its certificate is vouched for by another authority."""
    certificate = trustme.CA().issue_cert(_LOOPBACK)
    certificate.private_key_and_cert_chain_pem.write_to_path(folder / "key.pem")
    trustme.CA().cert_pem.write_to_path(folder / "stranger.pem")
    with running(folder, extra=f"certfile {folder}/key.pem\nkeyfile {folder}/key.pem") as broker:
        tls = {"ca_file": str(folder / "stranger.pem")}
        yield {"host": _LOOPBACK, "port": broker.port, "tls": tls}, None


@contextmanager
def nameless(_folder):
    """Nobody has that name."""
    yield {"host": "broker.invalid"}, None


@contextmanager
def mute(_folder):
    """It takes the connection and says nothing; what is yielded beside is the socket that it listens on."""
    with socket.create_server((_LOOPBACK, 0)) as listening:
        yield {"host": _LOOPBACK, "port": listening.getsockname()[1]}, listening


@contextmanager
def dying(folder):
    """What is yielded beside kills it."""
    with running(folder) as broker:
        yield {"host": _LOOPBACK, "port": broker.port}, broker.kill


@contextmanager
def none(_folder):
    yield None, None


CASES = {
    "no `mqtt` at all": none,
    "well": good,
    "refuses the login": refusing,
    "certificate not to be trusted": untrusted,
    "a name without an address": nameless,
    "takes the connection, says nothing": mute,
    "killed in the middle": dying,
}
"""Each yields the settings of the broker, and what the test may need beside them."""


@contextmanager
def door(folder, mqtt, reel, before_pass=lambda: None):
    """The real loop before a reel, with these settings for the broker."""
    values = {
        "id": "back",
        "camera": {"source": "demo", "width": WIDTH, "height": HEIGHT},
        "latch": {"pins": "simulated"},
        "state_folder": str(folder / "state"),
        **({"mqtt": {**mqtt, "snapshots": True}} if mqtt else {}),
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(values))
    with ExitStack() as stack:
        built = parts.build(config.load(path), {}, simulated_pins(), stack)
        built.camera.close()
        yield TimedDaemon(
            dataclasses.replace(built, camera=reel),
            clock=reel.clock,
            wall_clock=reel.wall_clock,
            before_pass=before_pass,
        )


def measured(case, visits):
    """The paces of the passes of so many visits, and what was said aloud meanwhile."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        said = stack.enter_context(closing(Said()))
        mqtt, beside = stack.enter_context(CASES[case](folder))
        reel = Reel(visits)

        def halfway():
            if CASES[case] is dying and reel.coming == visits // 2:
                beside()

        daemon = stack.enter_context(door(folder, mqtt, reel, halfway))
        daemon.run(Flag())
        if CASES[case] is mute:
            beside.close()  # else the thread that waits for its word outlives the door
        return daemon.paces, said.aloud()


def main(visits):
    """Measure all, and print the table for the README; times are in milliseconds."""
    logging.basicConfig(level=logging.ERROR)
    print(HEAD, flush=True)
    measured("no `mqtt` at all", 20)  # the first pictures are slow wherever they are looked at
    for case in CASES:
        paces, said = measured(case, visits)
        figures = f"{paces.ms(0.5):.2f} | {paces.ms(0.95):.2f} | {paces.longest_ms:.0f}"
        print(f"| {case} | {figures} | {'; '.join(dict.fromkeys(said))} |", flush=True)


def endless():
    """A reel without an end."""
    return Reel(math.inf)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else VISITS)
