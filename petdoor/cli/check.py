"""``petdoor check``: is every part in place?"""

import os
import sys
from pathlib import Path

import click

from petdoor import options
from petdoor.cli.common import faults_end_here, finding_line
from petdoor.health import check as quick
from petdoor.health.finding import Finding, Level


@click.command()
@options.config_option
@options.source_option
@options.model_option
def check(config_path: Path | None, source: str | None, model_path: Path | None) -> None:
    """Try settings, model, camera, GPIO, broker and the folder for snapshots, and say how each fares.

    The latch is locked, never unlocked. Exit status: 0 all is well, 1 something is not, 78 the settings
    hold faults. petdoor doctor looks closer, and at the machine too.
    """
    with faults_end_here():
        given = options.settings(config_path, source)
        settings = options.overridden(given, source=source, model=model_path)
        well = True
        click.echo(finding_line(Finding("config", Level.OK, "every key and value is allowed")))
        for finding in quick.examine(settings, os.environ):
            click.echo(finding_line(finding))
            well = well and finding.level is not Level.FAIL
        sys.exit(0 if well else 1)
