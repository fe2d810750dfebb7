"""``tools data``: what a data set holds, before anything is trained on it."""

import json
from pathlib import Path

import click

from tools.commands.common import aside, faults_end_here, groups, label_options
from tools.console import printable


@click.command(no_args_is_help=True, short_help="What a folder of photos holds.")
@click.argument("source")
@label_options
@click.option(
    "--sheet",
    type=click.Path(path_type=Path),
    metavar="FILE.png",
    help="Write a contact sheet: some pictures of each class.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
def data(
    source: str,
    *,
    csv: Path | None,
    label_column: str | None,
    species: tuple[str, ...],
    sheet: Path | None,
    as_json: bool,
) -> None:
    """Count, measure and compare labelled photos; nothing is changed.

    SOURCE is a folder that holds a folder of pictures for each class; a folder of pictures whose labels
    are in the table --csv; or a set that a library downloads, as keras:cifar10 or tfds:cats_vs_dogs.
    Folders named by whole numbers are ImageNet's classes 0 to 999.

    \b
      python -m tools data photos --sheet sheet.png
      python -m tools data train --csv labels.csv --species 'dog=*'
    """
    with faults_end_here():
        from tools.console import RichTeller
        from tools.data.contact import contact_sheet, require_png
        from tools.data.dataset import open_dataset
        from tools.data.overview import as_text, overview
        from tools.data.survey import survey
        from tools.data.taxonomy import species_of
        from tools.output import make_way

        given = groups(species)
        if sheet:
            require_png(sheet)
            make_way(sheet)
        dataset = open_dataset(source, csv=csv, label_column=label_column, say=aside)
        kinds = species_of(dataset.classes, given)
        found = survey(dataset, RichTeller())
        figures = overview(dataset, found, kinds)
        text = json.dumps(figures, indent=1, ensure_ascii=False) if as_json else as_text(figures)
        click.echo(printable(text))
        if sheet:
            contact_sheet(dataset, found.records, sheet)
            aside(f"contact sheet: {sheet}")
