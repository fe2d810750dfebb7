"""``petdoor test-latch``: the bolt moves once; what was seen is asked, and advice given."""

import os
import pty
import signal
import subprocess
import sys
import threading

import pytest
from gpiozero.pins.mock import MockPWMPin

from petdoor.cli.test_latch import advice, move_once
from petdoor.core.contacts import Way
from petdoor.gpio import simulated_pins
from petdoor.settings.wiring import LatchSettings

A_MOMENT = 0.01


def moves(pins, number):
    return [bool(state.state) for state in pins.pin(number).states]


def test_the_bolt_is_drawn_once_and_falls():
    pins = simulated_pins()
    move_once(LatchSettings(), pins, Way.IN, A_MOMENT)
    assert moves(pins, 17) == [False, True, False]


def test_of_two_coils_the_one_that_is_meant_moves():
    pins = simulated_pins()
    move_once(LatchSettings(exit_pin=27), pins, Way.OUT, A_MOMENT)
    assert (moves(pins, 17), moves(pins, 27)) == ([False], [False, True, False])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_whoever_ends_it_locks_the_bolt(number):
    pins = simulated_pins()
    before = signal.getsignal(number)

    class Pin(MockPWMPin):
        """Ends the command as soon as the bolt is drawn."""

        def _set_state(self, value):
            super()._set_state(value)
            if value:
                os.kill(os.getpid(), number)

    pins.pin_class = Pin
    began = threading.Timer(60, os.abort)
    began.start()
    try:
        move_once(LatchSettings(), pins, Way.IN, 3600.0)
    finally:
        began.cancel()
    assert moves(pins, 17) == [False, True, False]
    assert signal.getsignal(number) is before


@pytest.mark.parametrize(
    ("seen", "words"),
    [("y", "as it should"), ("n", "GPIO 27"), ("s", "spring"), ("o", "latch.active_high to false")],
)
def test_there_is_advice_for_all_that_can_be_seen(seen, words):
    assert words in advice(seen, LatchSettings(exit_pin=27), Way.OUT)


def test_somebody_at_a_terminal_is_asked_first(tmp_path):
    (tmp_path / "config.yaml").write_text("latch: {pins: simulated}\n")
    keyboard, terminal = pty.openpty()
    command = [sys.executable, "-m", "petdoor", "test-latch", "--seconds", "0.1"]
    with subprocess.Popen(command, cwd=tmp_path, stdin=terminal, stdout=subprocess.PIPE, text=True) as trial:
        os.write(keyboard, b"y\n")
        said = trial.communicate(timeout=60)[0]
    os.close(keyboard)
    os.close(terminal)
    assert "The bolt on GPIO 17 moves for 0.1 s. Ready?" in said
    assert "SIMULATED" in said
    assert trial.returncode == 0
