"""``petdoor run``: the door itself."""

import logging
import os
import sys
from pathlib import Path

import click

from petdoor import logs, options, parts
from petdoor.cli.common import faults_end_here, renew_on_hangup, stop_on_signals
from petdoor.running import Renewal, run_door
from petdoor.settings import Settings

log = logging.getLogger(__name__)


@click.command()
@options.config_option
@options.source_option
@options.model_option
@options.snapshots_option
@click.option("--loop", is_flag=True, help="Play a clip, a folder of pictures or the demo again and again.")
def run(
    config_path: Path | None,
    source: str | None,
    model_path: Path | None,
    snapshots: Path | None,
    loop: bool,
) -> None:
    """Watch the camera and work the latch, until Ctrl-C or SIGTERM.

    A clip, a folder of pictures or the demo is played once, as if the camera saw it. At the end petdoor says
    what came of it.

    A service reads its settings and its model anew on SIGHUP (systemctl reload petdoor): what holds faults
    is refused, and the old ones go on.
    """

    def load() -> Settings:
        given = options.settings(config_path, source)
        settings = options.overridden(given, source=source, model=model_path, snapshots=snapshots)
        if loop:
            camera = settings.camera.model_copy(update={"loop": True})
            settings = settings.model_copy(update={"camera": camera})
        logs.configure(settings.log_level, sys.stderr, os.environ)
        return settings

    with faults_end_here():
        settings = load()
    with faults_end_here(say=log.critical):
        stop = stop_on_signals()
        renewal = Renewal(renew_on_hangup(), load)
        run_door(settings, os.environ, stop, parts.pins_for, renewal)
