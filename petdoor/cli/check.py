"""``petdoor check``: is every part in place?"""

import os
import sys
from pathlib import Path

import click

from petdoor import checks, options
from petdoor.cli.common import faults_end_here


@click.command()
@options.config_option
@options.source_option
@options.model_option
def check(config_path: Path | None, source: str | None, model_path: Path | None) -> None:
    """Try settings, model, camera, GPIO, broker and the folder for snapshots, and say how each fares.

    The latch is locked, never unlocked. Exit status: 0 all is well, 1 something is not, 78 the settings
    hold faults.
    """
    with faults_end_here():
        given = options.settings(config_path, source)
        settings = options.overridden(given, source=source, model=model_path)
        well = True
        click.echo("ok    config    every key and value is allowed")
        for result in checks.run_all(settings, os.environ):
            click.echo(f"{'ok   ' if result.is_well else 'FAIL '} {result.name:9} {result.detail}")
            well = well and result.is_well
        sys.exit(0 if well else 1)
