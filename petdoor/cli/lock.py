"""``petdoor lock``: the bolt falls, whoever died."""

import os
from contextlib import ExitStack
from pathlib import Path

import click

from petdoor import config, driven, latches, options
from petdoor.adapters import spells
from petdoor.cli.common import faults_end_here
from petdoor.gpio import is_simulated
from petdoor.settings.wiring import LatchSettings


@click.command()
@options.config_option
def lock(config_path: Path | None) -> None:
    """Lock the latch and leave it locked: for when the daemon was killed.

    Of the settings only the section of the latch must be without faults. What a service's door has driven is
    locked first, whatever the settings say now.
    """
    with faults_end_here(), ExitStack() as afterwards, ExitStack() as each:
        # What fails must not keep the other from falling, and no file any of them.
        each.callback(_lock_what_the_settings_name, config_path)
        each.callback(_lock_what_was_driven, afterwards)


def _lock_what_was_driven(afterwards: ExitStack) -> None:
    latch = driven.remembered(os.environ)
    if latch:
        _lock(latch)
        driven.forget(os.environ)
        afterwards.callback(_tell_the_next_start)


def _tell_the_next_start() -> None:
    """The coil has been cooling from now on, whenever that start may be."""
    path = spells.coil_file(os.environ)
    if path:
        spells.ended(path)


def _lock_what_the_settings_name(config_path: Path | None) -> None:
    _lock(config.load_latch(options.config_path(config_path)))


def _lock(latch: LatchSettings) -> None:
    factory = latches.pin_factory(latch)
    latches.open_latch(latch, factory).close()
    pins = " and ".join(str(pin) for pin in (latch.pin, latch.exit_pin) if pin is not None)
    click.echo(f"locked GPIO {pins}{' (simulated: no bolt moves)' if is_simulated(factory) else ''}")
