"""``petdoor demo``: the drawn yard, and how the door fares in it."""

import os
import sys
from pathlib import Path

import click

from petdoor import logs, options
from petdoor.cli.common import faults_end_here, stop_on_signals
from petdoor.demo import play
from petdoor.film import open_film
from petdoor.settings.seeing import DEMO


@click.command()
@options.config_option
@options.model_option
@click.option(
    "--visits", type=click.IntRange(1, 100_000), help="How many come to the door.  [default: demo.visits, 6]"
)
@click.option("--seed", type=click.IntRange(0), help="Another seed, another play.  [default: demo.seed, 4]")
@click.option(
    "--weather",
    type=click.Choice(["changing", "calm"]),
    help="calm: no clouds, rain, night or noise.  [default: demo.weather, changing]",
)
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    help="Write what the door sees and says: a video (.mp4), or a sheet of the frames that decided (.jpg).",
)
@options.snapshots_option
def demo(  # noqa: PLR0917 -- click hands all over by name
    config_path: Path | None,
    model_path: Path | None,
    visits: int | None,
    seed: int | None,
    weather: str | None,
    record: Path | None,
    snapshots: Path | None,
) -> None:
    """Play a drawn yard to the real door, as fast as this machine can, and compare with the truth.

    A dog, a cat, a raccoon, a dog and a cat at once, a person and a gust of wind come to the door. Everything
    but the camera and the bolt is real. Exit status 1 when anybody was let in or left outside wrongly. To
    watch it at its own pace: petdoor run --source demo.

    \b
      petdoor demo --record demo.mp4
      petdoor demo --visits 200 --seed 7
    """
    with faults_end_here():
        given = options.settings(config_path, DEMO)
        settings = options.overridden(given, source=DEMO, model=model_path, snapshots=snapshots)
        told = {"visits": visits, "seed": seed, "weather": weather}
        known = {key: value for key, value in told.items() if value is not None}
        settings = settings.model_copy(update={"demo": settings.demo.model_copy(update=known)})
        film = open_film(record, fps=settings.camera.fps) if record else None
        logs.configure(settings.log_level, sys.stderr, os.environ)
        tally = play(settings, stop_on_signals(), film)
        for line in tally.lines():
            click.echo(line)
        if film:
            click.echo(f"wrote {record}" if film.close() else f"nothing was decided: {record} is not written")
        sys.exit(0 if tally.is_faultless else 1)
