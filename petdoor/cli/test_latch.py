"""``petdoor test-latch``: the bolt moves once, and somebody says what it did."""

import sys
from contextlib import closing
from pathlib import Path
from typing import Final

import click

from petdoor import config, gpio, latches, options
from petdoor.adapters.deadman import DeadMansLatch
from petdoor.cli.common import faults_end_here, stopping_on_signals
from petdoor.core.contacts import Way
from petdoor.settings.wiring import LatchSettings

_QUESTION: Final = (
    "What did the bolt do?  y: drew back and fell again   n: nothing   s: drew back and stayed   "
    "o: the other way round"
)
_ADVICE: Final = {
    "y": "The bolt does as it should.",
    "n": "Nothing moved: has the coil its 12 V, is the ground joined with the Pi's, and is the wire on\n"
    "GPIO {pin} (the BCM number, not the place on the header)?",
    "s": "It stayed drawn: the spring is weak, the bolt binds, or no resistor pulls the gate down.",
    "o": "It moved the other way round: set latch.active_high to {other}. If that was right, the lock is\n"
    "fail-safe and opens without current: get a fail-secure one.",
}


@click.command("test-latch")
@options.config_option
@click.option("--seconds", type=click.FloatRange(0.1, 5.0), default=1.0, show_default=True, help="How long.")
@click.option(
    "--way",
    type=click.Choice([str(way) for way in Way]),
    default=str(Way.IN),
    show_default=True,
    help="Which coil, where there are two.",
)
@click.option("--yes", is_flag=True, help="Ask nothing: move it and end.")
def test_latch(config_path: Path | None, seconds: float, way: str, *, yes: bool) -> None:
    """Draw the bolt once, let it fall, and ask what you saw.

    Stop the service first (sudo systemctl stop petdoor): two programs cannot have one pin. Whatever ends
    this command locks the bolt.

    Exit status: 0 the bolt did as it should, 1 it did not or cannot be driven, 78 the settings hold faults.
    """
    with faults_end_here():
        latch = config.load_latch(options.config_path(config_path))
        if not (yes or sys.stdin.isatty()):
            raise click.UsageError("nobody can be asked here: add --yes to move the bolt all the same")
        if not yes:
            click.confirm(f"The bolt on GPIO {_pin(latch, way)} moves for {seconds:g} s. Ready?", abort=True)
        factory = latches.pin_factory(latch)
        move_once(latch, factory, Way(way), seconds)
        if gpio.is_simulated(factory):
            click.echo("no GPIO chip used: the latch is SIMULATED, and no bolt moved")
            return
        if yes:
            click.echo("the bolt was drawn and let fall; nobody was asked what it did")
            return
        click.echo(_QUESTION)
        seen = click.prompt("Seen", type=click.Choice(list(_ADVICE)))
        click.echo(advice(seen, latch, way))
        sys.exit(0 if seen == "y" else 1)


def _pin(latch: LatchSettings, way: str) -> int:
    return latch.exit_pin if way == Way.OUT and latch.exit_pin is not None else latch.pin


def move_once(settings: LatchSettings, pins: gpio.PinFactory, way: Way, seconds: float) -> None:
    """Draw the bolt, and let it fall after so many seconds or the first signal.

    Raises:
        LatchError: it cannot be driven.
    """
    with stopping_on_signals() as stop:
        bolt = DeadMansLatch(latches.open_latch(settings, pins), limit_seconds=seconds)
        with closing(bolt):
            bolt.unlock(way)
            stop.wait(seconds)


def advice(seen: str, latch: LatchSettings, way: str) -> str:
    """What to do about what was seen."""
    return _ADVICE[seen].format(pin=_pin(latch, way), other=str(not latch.active_high).lower())
