"""Charts of the figures as SVG, drawn for a light page or a dark one."""

import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from math import nan
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from tools.judging.metrics import ClassFigures, Roc, ThresholdCurve


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a page, as the style sheet has them."""

    ink: str
    faint: str
    paper: str
    first: str
    second: str


LIGHT: Final = Palette(ink="#1d2430", faint="#b8c0cc", paper="#ffffff", first="#c2410c", second="#1d5fa8")
DARK: Final = Palette(ink="#e4e8ee", faint="#4d5767", paper="#1a2029", first="#ff9a5c", second="#74b3f5")

_STYLE: Final = {
    # Text as text: a page shows names in scripts that matplotlib's own font does not have.
    "svg.fonttype": "none",
    "svg.hashsalt": "petdoor",
    "font.family": "sans-serif",
    "font.size": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def training_curve(history: Sequence[Mapping[str, Any]], name: str, palette: Palette) -> bytes:
    """One figure over the epochs, on training and validation photos; a line where a stage begins.

    Args:
        history: an entry an epoch.
        name: ``loss`` or ``accuracy``; ``val_`` before it is the one on validation photos.
        palette: the colours of the page.
    """
    kinds = (name, "training", palette.second, "--"), (f"val_{name}", "validation", palette.first, "-")
    with _figure(palette, (5.4, 3.6)) as (figure, axes):
        for key, label, colour, style in kinds:
            if any(key in row for row in history):
                values = [row.get(key, nan) for row in history]
                axes.plot(range(1, len(history) + 1), values, style, color=colour, label=label, marker=".")
        stages = [row.get("stage") for row in history]
        for epoch, (before, after) in enumerate(pairwise(stages), start=1):
            if before != after:
                axes.axvline(epoch + 0.5, color=palette.ink, lw=1, ls=":")
        axes.set(xlabel="epoch", ylabel=name)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.legend(frameon=False, labelcolor=palette.ink)
        return _svg(figure)


def threshold_curve(curve: ThresholdCurve, chosen: float | None, palette: Palette) -> bytes:
    """Both kinds of mistake over the threshold, and the one the door uses."""
    with _figure(palette, (5.4, 3.6)) as (figure, axes):
        for shares, colour, style, label in (
            (curve.false_accept, palette.first, "-", "false accepts"),
            (curve.false_refuse, palette.second, "--", "false refusals"),
        ):
            if shares is not None:
                (line,) = axes.plot(curve.thresholds, shares, style, color=colour, label=label)
                line.set_gid(label.replace(" ", "-"))
        if chosen is not None:
            axes.axvline(chosen, color=palette.ink, lw=1, ls=":", label=f"threshold {chosen:.2f}")
        axes.set(
            xlim=(0, 1), ylim=(0, threshold_top(curve, chosen)), xlabel="threshold", ylabel="share of photos"
        )
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
        axes.legend(frameon=False, labelcolor=palette.ink)
        return _svg(figure)


def threshold_top(curve: ThresholdCurve, chosen: float | None) -> float:
    """How high the threshold curve reaches, 0..1: over its middle, and over the chosen threshold.

    Near 0 and 1 one kind of mistake is everything, which would press the rest to the floor.
    """
    shown = [
        share
        for shares in (curve.false_accept, curve.false_refuse)
        for threshold, share in zip(curve.thresholds, shares or (), strict=False)
        if 0.2 <= threshold <= 0.8 or (chosen is not None and abs(threshold - chosen) <= 0.01)
    ]
    return min(1.0, max(0.05, 1.15 * max(shown, default=0.0)))


def roc(curve: Roc, palette: Palette) -> bytes:
    """Welcome photos accepted over unwelcome ones accepted."""
    with _figure(palette, (5.4, 3.6)) as (figure, axes):
        axes.plot((0, 1), (0, 1), color=palette.faint, lw=1)
        axes.plot(curve.false_accept, curve.true_accept, color=palette.second)
        axes.set(xlim=(0, 1), ylim=(0, 1.01), xlabel="unwelcome accepted", ylabel="welcome accepted")
        axes.text(0.97, 0.06, f"area {curve.area:.4f}", ha="right", color=palette.ink)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
        return _svg(figure)


def confusion_matrix(figures: ClassFigures, palette: Palette) -> bytes:
    """Counts by true class (rows) and predicted class (columns), coloured by the share of the row."""
    columns = [*figures.names, *(["none of these"] if any(row[-1] for row in figures.confusion) else [])]
    rows = [list(row[: len(columns)]) for row in figures.confusion]
    shares = [[count / max(1, sum(row)) for count in row] for row in rows]
    size = 1.9 + 0.42 * len(columns) if len(columns) > 4 else 3.6
    with _figure(palette, (size + 0.6, size)) as (figure, axes):
        ramp = LinearSegmentedColormap.from_list("share", [palette.paper, palette.second])
        axes.imshow(shares, cmap=ramp, vmin=0, vmax=1, aspect="auto")
        for y, row in enumerate(rows):
            for x, count in enumerate(row):
                colour = palette.paper if shares[y][x] > 0.55 else palette.ink
                axes.text(x, y, str(count) if count else "", ha="center", va="center", color=colour)
        _name_ticks(axes, columns, figures.names)
        axes.set(xlabel="seen", ylabel="true")
        axes.spines[:].set_visible(False)
        return _svg(figure)


def _name_ticks(axes: Axes, columns: Sequence[str], rows: Sequence[str]) -> None:
    is_crowded = max(map(len, columns)) * len(columns) > 40
    axes.set_xticks(range(len(columns)), [_short(name) for name in columns], rotation=90 * is_crowded)
    axes.set_yticks(range(len(rows)), [_short(name) for name in rows])
    for tick in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        tick.set_parse_math(False)


def _short(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:23]}…"


@contextmanager
def _figure(palette: Palette, inches: tuple[float, float]) -> Iterator[tuple[Figure, Axes]]:
    """An empty figure in the page's colours; they hold while the block draws and saves."""
    colours = dict.fromkeys(
        ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), palette.ink
    )
    settings: Any = {**_STYLE, **colours, "axes.facecolor": "none"}
    with mpl.rc_context(settings), warnings.catch_warnings():
        # The page's own fonts show what matplotlib's lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        figure = Figure(figsize=inches, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure, figure.add_subplot()


def _svg(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    return file.getvalue()
