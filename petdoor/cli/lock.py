"""``petdoor lock``: the bolt falls, whoever died."""

from pathlib import Path

import click

from petdoor import config, options, parts
from petdoor.cli.common import faults_end_here
from petdoor.gpio import is_simulated


@click.command()
@options.config_option
def lock(config_path: Path | None) -> None:
    """Lock the latch and leave it locked: for when the daemon was killed.

    Of the settings only the section of the latch must be without faults.
    """
    with faults_end_here():
        settings = config.load_latch(options.config_path(config_path))
        factory = parts.pin_factory(settings)
        parts.open_latch(settings, factory).close()
        click.echo("locked (simulated: no bolt moves)" if is_simulated(factory) else "locked")
