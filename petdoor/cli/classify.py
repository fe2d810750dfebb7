"""``petdoor classify``: what would the door say to these pictures?"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import click

from petdoor import options, parts
from petdoor.classify import Judgement, judge_all
from petdoor.cli.common import faults_end_here
from petdoor.errors import PetDoorError


@click.command()
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


def _plotter() -> Callable[..., None]:
    try:
        from petdoor.plot import judgements
    except ImportError as error:
        raise PetDoorError("--plot needs matplotlib: pip install 'petdoor[plot]'") from error
    return judgements
