"""A door at work for as long as its reel is, with a broker that comes and goes and an owner with wishes."""

import dataclasses
from collections import Counter
from contextlib import ExitStack, closing
from threading import Event as Flag

import yaml

from petdoor import config, parts
from petdoor.adapters.listeners import FanOut
from petdoor.gpio import simulated_pins
from tests.brokers import Gate, Mosquitto
from tests.soak.figures import OutboxFile, growths, sample
from tests.soak.ledger import Ear, Ledger
from tests.soak.reel import HEIGHT, WIDTH, Reel
from tests.soak.timed import TimedDaemon

DOOR = "soak"
PIN = 17
MEMORY_MARGIN_MB = 5.0
"""The heap settles by 3 to 4 MB, most of it within two thousand visits; half a kilobyte a visit is told."""
_SAMPLES = 100
_ROUND_VISITS = 1000
_SETTLE_SECONDS = 120
_ORDERS = {
    0.10: ("mode", "observe"),
    0.14: ("mode", "auto"),
    0.20: ("threshold", 0.8),
    0.22: ("curfew", "OFF"),
    0.26: ("curfew", "ON"),
    0.30: ("unlock",),
    0.34: ("lock",),
    0.40: ("emergency", "ON"),
    0.44: ("emergency", "OFF"),
    0.50: ("mode", "locked"),
    0.54: ("mode", "unlocked"),
    0.58: ("mode", "auto"),
    0.62: ("status",),
    0.66: ("mode", "ajar"),
}
"""What the owner wants, at which share of a round; the last is refused."""
_BROKER_GOES, _BROKER_COMES = 0.80, 0.84


class Soak:
    """One door in a folder of its own.

    The door reaches its broker through a gate, which opens when the listener is there again: what the door
    tells a broker before anybody listens would be missing in the ledger alone.
    """

    def __init__(self, folder, visits, say):
        self._folder, self._visits, self._say = folder, visits, say
        self._round = min(_ROUND_VISITS, max(50, visits // 2))
        self._stack = ExitStack()
        self._broker = Mosquitto(folder)
        self._broker.start()
        self._stack.callback(self._broker.stop)
        self._gate = self._stack.enter_context(closing(Gate(self._broker.port)))
        self.ledger = Ledger()
        self.ear = self._stack.enter_context(closing(Ear(self._broker.port, f"petdoor/{DOOR}", self.ledger)))
        self._reel = Reel(visits)
        self._pins = simulated_pins()
        self._steps = self._planned()
        self.samples, self.levels, self.outages = [], Counter(), 0
        self.paces = None

    def run(self):
        """Play the whole reel, and take the door apart."""
        with self._stack:
            with ExitStack() as stack:
                # No runtime folder: the coil's file there counts real seconds, and here they fly.
                built = parts.build(self._settings(), {}, self._pins, stack)
                built.camera.close()
                publisher = FanOut([self.ledger, built.publisher])
                built = dataclasses.replace(built, camera=self._reel, publisher=publisher)
                daemon = TimedDaemon(
                    built,
                    clock=self._reel.clock,
                    wall_clock=self._reel.wall_clock,
                    before_pass=self._before_pass,
                )
                self.paces = daemon.paces
                path = self._folder / "state" / f"outbox-{DOOR}.sqlite3"
                self._outbox = stack.enter_context(closing(OutboxFile(path)))
                daemon.run(Flag())
            self.ledger.settles(_SETTLE_SECONDS)
            self.ear.has_all_answers(_SETTLE_SECONDS)

    @property
    def growths(self):
        return growths(self.samples, MEMORY_MARGIN_MB)

    @property
    def losses(self):
        """What was lost, doubled or left open: nothing, when all is well."""
        ledger, ear = self.ledger, self.ear
        found = {
            "events missing": ledger.missing,
            "events heard twice without a mark": ledger.doubled,
            "events that nobody told": ledger.strange,
            "events out of order": ledger.disordered,
            "orders without an answer": ear.asked - ear.answered,
            "a bolt that is not locked at the end": self._pins.pin(PIN).state,
            "a bolt that is not said to be": int(ear.latch != "LOCKED"),
        }
        return {what: count for what, count in found.items() if count}

    @property
    def passes(self):
        return self._reel.passes

    @property
    def seconds(self):
        """How long it was for the door."""
        return self._reel.clock() - 1000.0

    def _settings(self):
        values = {
            "id": DOOR,
            "camera": {"source": "demo", "width": WIDTH, "height": HEIGHT},
            "latch": {"pins": "simulated"},
            "policy": {"curfew": {"windows": [{"from": "14:00", "to": "16:00"}]}},
            "snapshots": {"folder": str(self._folder / "seen"), "keep": 100},
            "state_folder": str(self._folder / "state"),
            "mqtt": {"host": "127.0.0.1", "port": self._gate.port, "snapshots": True},
        }
        path = self._folder / "config.yaml"
        path.write_text(yaml.safe_dump(values))
        return config.load(path)

    def _planned(self):
        """What is to be done before which visit of a round."""
        steps = {share: lambda order=order: self._ask(*order) for share, order in _ORDERS.items()}
        steps |= {_BROKER_GOES: self._broker_goes, _BROKER_COMES: self._broker_comes}
        return {round(share * self._round): act for share, act in steps.items()}

    def _before_pass(self):
        visits = self._reel.coming
        if visits is None:
            return
        if visits == 0:
            self.ear.finds_door()
        if self._reel.is_over:
            self.ledger.settles(_SETTLE_SECONDS)
            self.ear.finds_door()
        self._steps.get(visits % self._round, lambda: None)()
        if visits and visits % max(1, self._visits // _SAMPLES) == 0:
            self._measure(visits)

    def _measure(self, visits):
        taken = sample(self._outbox, visits=visits, ledger=self.ledger, ms=self.paces.ms(0.5))
        self.samples.append(taken)
        pin = self._pins.pin(PIN)
        self.levels.update(bool(state.state) for state in pin.states)
        pin.clear_states()  # the simulated pin remembers all its life
        if visits % min(1000, max(1, self._visits // 10)) == 0:
            self._say(taken.line())

    def _ask(self, verb, value=None):
        self.ear.finds_door()  # an order that nobody hears is not kept for later
        self.ear.ask(verb, value)

    def _broker_goes(self):
        """It is killed, or it hangs first."""
        self._gate.shut()
        (self._broker.hang if self.outages % 2 else self._broker.kill)()
        self.outages += 1

    def _broker_comes(self):
        self._broker.kill()
        self.ear.misses_broker()
        self._broker.start()
        self.ear.subscribes_again()
        self._gate.open()
