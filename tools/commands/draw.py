"""``tools draw``: labelled pictures of the drawn yard."""

from pathlib import Path

import click

from tools.commands.common import faults_end_here


@click.command(no_args_is_help=True, short_help="Labelled pictures drawn by petdoor itself.")
@click.option(
    "--output",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Where the class folders dog, cat and other go; what an earlier drawing left there is replaced.",
)
@click.option("--pictures", default=3000, show_default=True, type=click.IntRange(0), help="How many to draw.")
@click.option(
    "--size",
    default=160,
    show_default=True,
    type=click.IntRange(28, 480),
    help="Height and width of each in pixels.",
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option(
    "--photos",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Real photos for --pairs and --dog-pairs, in its folders dog and cat.",
)
@click.option(
    "--pairs",
    default=0,
    show_default=True,
    type=click.IntRange(0),
    help="How many photos of a dog to put beside one of a cat, labelled cat.",
)
@click.option(
    "--dog-pairs",
    default=0,
    show_default=True,
    type=click.IntRange(0),
    help="How many photos of two dogs to put side by side, labelled dog.",
)
def draw(
    *,
    folder: Path,
    pictures: int,
    size: int,
    seed: int,
    photos: Path | None,
    pairs: int,
    dog_pairs: int,
) -> None:
    """Draw visitors at the door and put them into class folders, ready for tools train.

    Of ten pictures three show a dog, two a cat and one both, which is a cat: a cat in view bars the door.
    The others show a raccoon, a person, the yard in the wind or nobody. They are the drawn yard of
    petdoor's demonstration, but never its very pictures. The same seed writes the same files.

    Photos show one animal each, so nothing learns from them that a cat beside a dog must keep the door
    shut: --pairs puts a dog and a cat side by side. --dog-pairs puts two dogs side by side, so that the
    seam itself is no sign of a cat.

    \b
      python -m tools draw --output drawn
      python -m tools draw --output drawn --photos photos --pairs 500 --dog-pairs 250
      python -m tools train --data photos --data drawn --output door.tflite
    """
    with faults_end_here():
        from tools.console import RichTeller
        from tools.data.draw import Drawing
        from tools.data.draw import draw as make

        drawing = Drawing(folder, pictures, size, seed, photos, pairs=pairs, dog_pairs=dog_pairs)
        make(drawing, RichTeller())
