"""Pictures of judgements, with matplotlib (the ``plot`` extra: the door itself does without)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from petdoor.adapters.classifier import ClassScore
from petdoor.classify import Judgement
from petdoor.core.species import Ranges
from petdoor.errors import PictureError

_RIGHT: Final = "#2a9d4a"
_NEUTRAL: Final = "#7f8c9b"


def judgements(shown: Sequence[Judgement], path: Path, *, label: str | None, ranges: Ranges) -> None:
    """Write a picture: a row a judgement, the photo beside bars of its most probable classes.

    Args:
        shown: one judgement or more.
        path: where to write; the suffix names the format.
        label: the right answer, a class name or a species: its bars are coloured.
        ranges: which classes make up which species.

    Raises:
        OSError: the file cannot be written.
        PictureError: matplotlib does not know the suffix.
    """
    figure = Figure(figsize=(9, 3.2 * len(shown)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(shown), 2, squeeze=False, width_ratios=(1, 1.2))
    for (left, right), judgement in zip(axes, shown, strict=True):
        left.imshow(judgement.picture)
        left.set_axis_off()
        left.set_title(judgement.image.name, fontsize=9, parse_math=False)
        best = judgement.top
        colours = [_RIGHT if label and _is_right(score, label, ranges) else _NEUTRAL for score in best]
        # By position, not by label: ImageNet has two classes called crane, and two called maillot.
        bars = right.barh(range(len(best)), [score.probability for score in best], color=colours)
        right.set_yticks(range(len(best)), [score.label for score in best])
        right.bar_label(bars, [f"{score.probability:.0%}" for score in best], padding=3, fontsize=8)
        right.invert_yaxis()
        right.set_xlim(0, 1.1)
        right.spines[["top", "right"]].set_visible(False)
        right.set_title(f"{judgement.headline}  ({_summary(judgement)})", fontsize=9)
        for tick in right.get_yticklabels():
            tick.set_parse_math(False)
    try:
        figure.savefig(path, dpi=110)
    except ValueError as error:
        raise PictureError(f"{path}: {error}") from error


def _is_right(score: ClassScore, label: str, ranges: Ranges) -> bool:
    spans = ranges.get(label.lower(), ())
    return score.label.lower() == label.lower().replace("_", " ") or any(
        score.index in span for span in spans
    )


def _summary(judgement: Judgement) -> str:
    return ", ".join(f"{species} {p:.2f}" for species, p in judgement.sighting.probabilities.items())
