"""``tools evaluate``: how well a model judges labelled photos."""

import json
from pathlib import Path

import click

from tools.commands.common import aside, data_options, faults_end_here, groups, names


@click.command(no_args_is_help=True, short_help="How well a model judges.")
@click.argument("model", type=click.Path(path_type=Path))
@data_options
@click.option("--admit", metavar="NAME,...", help="The species that may pass.  [default: dog]")
@click.option("--keep-in", metavar="NAME,...", help="The species that bar the door.  [default: cat]")
@click.option("--rule", "method", type=click.Choice(["mass", "top1"]), default="mass", show_default=True)
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1, min_open=True),
    help="From which probability the mass rule believes a species.  [default: the model's own]",
)
@click.option("--visits", "has_visits", is_flag=True, help="Judge each photo as a visit of five frames, too.")
@click.option("--compare", "other", type=click.Path(path_type=Path), help="A second model, side by side.")
@click.option(
    "--report", "folder", type=click.Path(path_type=Path), help="Write report.html and report.json there."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1, 64))
def evaluate(  # noqa: PLR0917 -- click hands all over by name
    model: Path,
    sources: tuple[str, ...],
    csv: Path | None,
    label_column: str | None,
    species: tuple[str, ...],
    admit: str | None,
    keep_in: str | None,
    method: str,
    threshold: float | None,
    has_visits: bool,
    other: Path | None,
    folder: Path | None,
    as_json: bool,
    threads: int,
) -> None:
    """Judge labelled photos as the door would, and count its mistakes.

    MODEL goes through the door's own code: its classifier, its rule, its veto. A false accept is an
    animal let in that may not pass; a false refusal one left outside that may. Each rate comes with the
    interval in which the true one lies with 95 % confidence: 0 of 20 cats let in still means up to 16 %.

    The door never decides on one photo. With --visits each one is a visit, too: five parts of it, one after
    another, each with noise of its own, of which four must agree and none may show a cat.

    Top-1, top-5 and the confusion of classes need data whose classes are the model's own. Folders named
    by whole numbers are ImageNet classes 0 to 999, for models of 1000 and of 1001 outputs alike.

    \b
      python -m tools evaluate door.tflite --data photos/val
      python -m tools evaluate new.tflite --data photos/val --compare door.tflite --report report
      python -m tools evaluate door.tflite --data ours --species dog=rex,bella --species cat=tom
    """
    with faults_end_here():
        from tools.console import RichTeller
        from tools.data.dataset import open_datasets
        from tools.data.taxonomy import species_of
        from tools.judging import summary
        from tools.judging.conduct import Conduct
        from tools.judging.evaluate import differences, make_sure_of
        from tools.judging.evaluate import evaluate as run
        from tools.judging.report import make_sure_of as make_sure_of_folder
        from tools.judging.report import write_report

        if folder:
            make_sure_of_folder(folder)
        dataset = open_datasets(sources, csv=csv, label_column=label_column, say=aside)
        truths = species_of(dataset.classes, groups(species))
        conduct = Conduct(_named(admit), _named(keep_in), method, threshold)
        paths = [path for path in (model, other) if path]
        for path in paths:
            make_sure_of(path, conduct)  # a fault in the second is told before all is judged by the first
        evaluations = [
            run(
                path,
                dataset,
                species=truths,
                teller=RichTeller(),
                conduct=conduct,
                threads=threads,
                has_visits=has_visits,
            )
            for path in paths
        ]
        differing = differences(*evaluations) if other else ()
        if as_json:
            click.echo(json.dumps(summary.document(evaluations, differing), indent=1))
        else:
            click.echo(summary.as_text(evaluations, differing))
        if folder:
            page = write_report(folder, evaluations[0], other=evaluations[1] if other else None)
            aside(f"report: {page}")


def _named(listed: str | None) -> frozenset[str] | None:
    return None if listed is None else frozenset(names(listed))
