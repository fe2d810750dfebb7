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

from petdoor import __version__, checks, config, logs, parts
from petdoor.adapters.latch import is_simulated
from petdoor.classify import Judgement, judge_all
from petdoor.errors import ConfigError, PetDoorError
from petdoor.settings import Settings

log = logging.getLogger(__name__)

DEFAULT_CONFIGS = (Path("config.yaml"), Path("/etc/petdoor/config.yaml"))

_config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    help="The settings.  [default: config.yaml here, else /etc/petdoor/config.yaml]",
)
_source_option = click.option(
    "--source",
    help="Instead of camera.source: 0, /dev/video0, picamera:0, a URL, a clip, a folder or glob of pictures.",
)
_model_option = click.option(
    "--model", "model_path", type=click.Path(path_type=Path), help="Instead of model.path: a .tflite file."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="petdoor")
def main() -> None:
    """A pet door that opens for dogs, and only for dogs.

    Try a photo first (petdoor classify rex.jpg), then look whether everything is in place (petdoor
    check), then let the door run (petdoor run).
    """


@main.command()
@_config_option
@_source_option
@_model_option
@click.option("--loop", is_flag=True, help="Play a clip or a folder of pictures again and again.")
def run(config_path: Path | None, source: str | None, model_path: Path | None, loop: bool) -> None:
    """Watch the camera and work the latch, until Ctrl-C or SIGTERM.

    A clip or a folder of pictures is played once, as if the camera saw it.
    """
    with faults_end_here():
        settings = _overridden(_settings(config_path), source, model_path)
        if loop:
            camera = settings.camera.model_copy(update={"loop": True})
            settings = settings.model_copy(update={"camera": camera})
        logs.configure(settings.log_level, sys.stderr, os.environ)
    with faults_end_here(say=log.critical):
        parts.run_door(settings, os.environ, stop_on_signals(), parts.pin_factory(settings.latch))


@main.command()
@_config_option
@_source_option
@_model_option
def check(config_path: Path | None, source: str | None, model_path: Path | None) -> None:
    """Try settings, model, camera, GPIO and broker, and say how each fares.

    The latch is locked, never unlocked. Exit status: 0 all is well, 1 something is not, 78 the settings
    hold faults.
    """
    with faults_end_here():
        settings = _overridden(_settings(config_path), source, model_path)
        well = True
        click.echo("ok    config   every key and value is allowed")
        for result in checks.run_all(settings, os.environ):
            click.echo(f"{'ok   ' if result.is_well else 'FAIL '} {result.name:8} {result.detail}")
            well = well and result.is_well
        sys.exit(0 if well else 1)


@main.command()
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path))
@_config_option
@_model_option
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
        settings = _overridden(_settings_if_any(config_path), None, model_path)
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
@_config_option
def lock(config_path: Path | None) -> None:
    """Lock the latch and leave it locked: for when the daemon was killed.

    Of the settings only the section of the latch must be without faults.
    """
    with faults_end_here():
        settings = config.load_latch(_config_path(config_path))
        factory = parts.pin_factory(settings)
        parts.open_latch(settings, factory).close()
        click.echo("locked (simulated: no bolt moves)" if is_simulated(factory) else "locked")


def _settings(path: Path | None) -> Settings:
    return config.load(_config_path(path))


def _config_path(path: Path | None) -> Path:
    if path is None:
        path = next((candidate for candidate in DEFAULT_CONFIGS if candidate.exists()), None)
    if path is None:
        raise ConfigError(
            f"no settings: neither {' nor '.join(map(str, DEFAULT_CONFIGS))} is there; use --config"
        )
    return path


def _settings_if_any(path: Path | None) -> Settings:
    anywhere = path is not None or any(candidate.exists() for candidate in DEFAULT_CONFIGS)
    return _settings(path) if anywhere else Settings()


def _overridden(settings: Settings, source: str | None, model_path: Path | None) -> Settings:
    if source is not None:
        camera = config.with_source(settings.camera, source)
        settings = settings.model_copy(update={"camera": camera})
    if model_path is not None:
        model = settings.model.model_copy(update={"path": model_path})
        settings = settings.model_copy(update={"model": model})
    return settings


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
