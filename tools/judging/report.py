"""The report: one HTML file that needs nothing beside itself, and the same figures as JSON."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, TypeAlias

import jinja2

from petdoor import __version__
from petdoor.errors import PetDoorError
from tools.console import printable
from tools.judging import charts, gallery
from tools.judging.charts import Palette
from tools.judging.evaluate import Difference, Evaluation, differences
from tools.judging.judge import Judged
from tools.judging.metrics import ClassFigures
from tools.judging.summary import (
    all_notes,
    counts_text,
    document,
    headline,
    likeness,
    model_names,
    percent,
    photo_json,
    probabilities,
    short_name,
)
from tools.output import on_trial

Section: TypeAlias = tuple[str, Mapping[str, object]]
"""A title, and facts below it."""
History: TypeAlias = Sequence[Mapping[str, Any]]
"""An entry an epoch: ``stage``, ``loss``, ``val_loss``, ``accuracy``, ``val_accuracy``; any may lack."""

HTML_NAME: Final = "report.html"
JSON_NAME: Final = "report.json"
_TRAINING_CURVES: Final = ("loss", "accuracy")
_GALLERY_PHOTOS: Final = 24
_DRAWN_CLASSES: Final = 30
_CONFUSED_PAIRS: Final = 20
_PICTURED_DIFFERENCES: Final = 300


def write_report(
    folder: Path,
    evaluation: Evaluation,
    *,
    other: Evaluation | None = None,
    history: History = (),
    sections: Sequence[Section] = (),
) -> Path:
    """Write ``report.html`` and ``report.json``; both or neither, over what stood there.

    Args:
        folder: made when it is not there.
        evaluation: what the report is about.
        other: a second model on the same photos, put beside the first.
        history: an entry an epoch, when the model was trained just now.
        sections: further facts, such as how it was trained.

    Returns:
        The HTML file.

    Raises:
        PetDoorError: the files cannot be written; the folder holds what it held before.
    """
    evaluations = [evaluation, *([other] if other else [])]
    differing = differences(evaluation, other) if other else ()
    page = _page(evaluations, differing, history, sections)
    values = _values(evaluations, differing, history, sections)
    try:
        with ExitStack() as stack:
            stack.enter_context(on_trial(folder / HTML_NAME, page.encode("utf-8", "replace")))
            stack.enter_context(on_trial(folder / JSON_NAME, _json_bytes(values)))
    except OSError as error:
        raise _unwritable(folder, error) from error
    return folder / HTML_NAME


def make_sure_of(folder: Path) -> None:
    """Find out before the work, not after it, that nothing can be written there.

    Raises:
        PetDoorError: the folder cannot be made, or not be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".{JSON_NAME}-probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> PetDoorError:
    return PetDoorError(f"{printable(folder)}: cannot write the report: {error.strerror or error}")


def _json_bytes(values: Mapping[str, Any]) -> bytes:
    text = json.dumps(values, indent=1, ensure_ascii=False, default=str)
    return (text + "\n").encode("utf-8", "replace")


def _values(
    evaluations: Sequence[Evaluation],
    differing: Sequence[Difference],
    history: History,
    sections: Sequence[Section],
) -> dict[str, Any]:
    first = evaluations[0]
    values = document(evaluations, differing)
    values["history"] = [dict(row) for row in history]
    values["sections"] = [{"title": title, "facts": dict(facts)} for title, facts in sections]
    values["photos"] = [photo_json(first, photo) for photo in first.judged]
    return values


def _page(
    evaluations: Sequence[Evaluation],
    differing: Sequence[Difference],
    history: History,
    sections: Sequence[Section],
) -> str:
    first = evaluations[0]
    mistakes = gallery.mistakes(first)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        version=__version__,
        models=[
            _model_view(evaluation, name)
            for evaluation, name in zip(evaluations, model_names(evaluations), strict=True)
        ],
        rows=_headline_rows(evaluations),
        data=printable(first.dataset.source),
        photo_count=len(first.judged),
        notes=all_notes(evaluations),
        unreadable=[printable(u.error) for u in first.unreadable],
        sections=[(title, facts.items()) for title, facts in sections],
        training=[_training_view(history, name) for name in _TRAINING_CURVES if _holds(history, name)],
        mistake_count=len(mistakes),
        mistakes=[_mistake_card(first, mistake) for mistake in mistakes[:_GALLERY_PHOTOS]],
        few=[_bars_card(first, photo) for photo in gallery.telling_few(first)],
        is_compared=len(evaluations) > 1,
        differences=[
            _difference_card(evaluations, difference, pictured=number < _PICTURED_DIFFERENCES)
            for number, difference in enumerate(differing)
        ],
    )


def _headline_rows(evaluations: Sequence[Evaluation]) -> list[tuple[str, list[str]]]:
    columns = [dict(headline(evaluation)) for evaluation in evaluations]
    names = dict.fromkeys(name for column in columns for name in column)
    return [(name, [column.get(name, "-") for column in columns]) for name in names]


def _holds(history: History, name: str) -> bool:
    return any(key in row for row in history for key in (name, f"val_{name}"))


def _training_view(history: History, name: str) -> dict[str, Any]:
    return {"name": name, "picture": _themed(lambda p: charts.training_curve(history, name, p))}


def _model_view(evaluation: Evaluation, name: str) -> dict[str, Any]:
    figures, curve = evaluation.figures, evaluation.figures.roc
    rates = {
        "false accepts": figures.false_accept,
        "false refusals": figures.false_refuse,
        "species seen rightly": figures.seen_rightly,
        **({"top-1": figures.top1} if figures.top1 else {}),
        **{f"{name} visits admitted": rate for name, rate in (figures.visits or {}).items()},
    }
    return {
        "name": name,
        "id": evaluation.model_id,
        "cards": [
            *(
                (title, percent(rate.share if rate.total else None), counts_text(rate))
                for title, rate in rates.items()
            ),
            ("latency", f"{figures.latency.p50_ms:.1f} ms", evaluation.runtime),
        ],
        "curve": _themed(lambda p: charts.threshold_curve(figures.curve, evaluation.threshold, p)),
        "roc": _themed(lambda p: charts.roc(curve, p)) if curve else None,
        "matrices": _matrices(evaluation),
    }


def _matrices(evaluation: Evaluation) -> list[dict[str, Any]]:
    species, classes = evaluation.figures.species, evaluation.figures.classes
    views = [_matrix_view("species", species)]
    if classes and (classes.names, classes.confusion) != (species.names, species.confusion):
        views.append(_matrix_view("classes", classes))
    return views


def _matrix_view(what: str, figures: ClassFigures) -> dict[str, Any]:
    is_small = len(figures.names) <= _DRAWN_CLASSES
    columns = zip(figures.names, figures.support, figures.precision, figures.recall, figures.f1, strict=True)
    return {
        "what": what,
        "is_small": is_small,
        "picture": _themed(lambda p: charts.confusion_matrix(figures, p)) if is_small else None,
        "pairs": [] if is_small else figures.confused()[:_CONFUSED_PAIRS],
        "rows": [(name, support, *map(percent, shares)) for name, support, *shares in columns],
    }


def _mistake_card(evaluation: Evaluation, mistake: gallery.Mistake) -> dict[str, Any]:
    return _card(evaluation, mistake.photo) | {
        "wrong": mistake.wrong,
        "confidence": percent(mistake.confidence),
        "is_at_the_door": mistake.is_at_the_door,
    }


def _bars_card(evaluation: Evaluation, photo: Judged) -> dict[str, Any]:
    shares = [(score.label, score.probability) for score in photo.top]
    return _card(evaluation, photo) | {"bars": [(name, percent(p), round(p * 100, 1)) for name, p in shares]}


def _difference_card(
    evaluations: Sequence[Evaluation], difference: Difference, *, pictured: bool
) -> dict[str, Any]:
    one = _card(evaluations[0], difference.one, pictured=pictured)
    return {"photo": one, "views": [one, _card(evaluations[1], difference.other, pictured=False)]}


def _card(evaluation: Evaluation, photo: Judged, *, pictured: bool = True) -> dict[str, Any]:
    return {
        "image": gallery.thumbnail(photo.path) if pictured else None,
        "name": short_name(evaluation, photo),
        "true": evaluation.class_names[photo.label],
        "truth": photo.truth,
        "seen": photo.sighting.species,
        "label": likeness(photo),
        "sentence": photo.verdict.sentence(photo.sighting.species) or photo.verdict.past,
        "is_right": evaluation.is_door_right(photo),
        "species": [(name, f"{p:.2f}") for name, p in probabilities(photo)],
    }


def _themed(draw: Callable[[Palette], bytes]) -> dict[str, str]:
    """The same chart for light and dark pages, as data URIs."""
    return {"light": _svg_uri(draw(charts.LIGHT)), "dark": _svg_uri(draw(charts.DARK))}


def _svg_uri(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"
