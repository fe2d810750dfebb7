"""The ``petdoor`` command: the only place that prints or exits."""

import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag

import click

from petdoor import __version__, checks, config, logs, options, parts
from petdoor.adapters.latch import is_simulated
from petdoor.classify import Judgement, judge_all
from petdoor.demo import play
from petdoor.errors import ConfigError, PetDoorError
from petdoor.film import open_film
from petdoor.settings import DEMO

log = logging.getLogger(__name__)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="petdoor")
def main() -> None:
    """A pet door that opens for dogs, and only for dogs.

    Watch it at work first (petdoor demo), try a photo (petdoor classify rex.jpg), look whether everything is
    in place (petdoor check), then let the door run (petdoor run).
    """


@main.command()
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
    """
    with faults_end_here():
        given = options.settings(config_path, source)
        settings = options.overridden(given, source=source, model=model_path, snapshots=snapshots)
        if loop:
            camera = settings.camera.model_copy(update={"loop": True})
            settings = settings.model_copy(update={"camera": camera})
        logs.configure(settings.log_level, sys.stderr, os.environ)
    with faults_end_here(say=log.critical):
        parts.run_door(settings, os.environ, stop_on_signals(), parts.pins_for(settings))


@main.command()
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


@main.command()
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path))
@options.config_option
@options.model_option
@click.option("--rule", "method", type=click.Choice(["mass", "top1"]), help="Instead of rule.method.")
@click.option(
    "--top", default=5, show_default=True, type=click.IntRange(1, 1000), help="How many classes to show."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option(
    "--plot", "plot_path", type=click.Path(path_type=Path), help="Draw pictures and bars into this file."
)
@click.option("--label", help="The right answer, a class or a species: the plot colours it.")
def classify(  # noqa: PLR0917 -- click hands all over by name
    images: tuple[Path, ...],
    config_path: Path | None,
    model_path: Path | None,
    method: str | None,
    top: int,
    as_json: bool,
    plot_path: Path | None,
    label: str | None,
) -> None:
    """Judge pictures as the door would, and say what they look like.

    Exit status 1 when a picture cannot be read; the others are judged all the same.
    """
    with faults_end_here():
        settings = options.overridden(options.settings_if_any(config_path), model=model_path)
        draw = _plotter() if plot_path else None
        classifier = parts.open_classifier(settings)
        rule_settings = settings.rule.model_copy(update={"method": method} if method else {})
        rule = parts.species_rule(rule_settings, classifier)
        judged, readable = [], True
        policy = settings.policy.policy(veto=classifier.veto)
        for result in judge_all(images, classifier, rule, policy, top=top):
            if isinstance(result, Judgement):
                judged += [result] if draw else []
            else:
                readable = False
            click.echo(json.dumps(result.as_json()) if as_json else result.as_text())
        if draw and plot_path and judged:
            draw(judged, plot_path, label=label, ranges=classifier.ranges)
        sys.exit(0 if readable else 1)


@main.command()
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


@main.command()
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


def _plotter() -> Callable[..., None]:
    try:
        from petdoor.plot import judgements
    except ImportError as error:
        raise PetDoorError("--plot needs matplotlib: pip install 'petdoor[plot]'") from error
    return judgements


def stop_on_signals() -> Flag:
    """A flag that SIGTERM, Ctrl-C and a closed terminal set; the handlers do nothing else."""
    stop = Flag()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _complain(sentence: str) -> None:
    click.echo(f"petdoor: {sentence}", err=True)


@contextmanager
def faults_end_here(say: Callable[[str], None] = _complain) -> Iterator[None]:
    """Known faults are one sentence and an exit status; unknown ones keep their traceback."""
    try:
        yield
    except ConfigError as error:
        say(str(error))
        sys.exit(os.EX_CONFIG)
    except (PetDoorError, OSError) as error:
        say(str(error))
        sys.exit(1)
    except Exception:
        log.exception("petdoor met something unforeseen")
        sys.exit(1)
