"""An evaluation as a few lines for a person, and as JSON-ready values for a program."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from petdoor import __version__
from petdoor.core.species import OTHER, MassRule, Species
from tools.console import printable
from tools.judging.conduct import in_order
from tools.judging.evaluate import Difference, Evaluation
from tools.judging.judge import Judged
from tools.judging.metrics import ClassFigures, Rate

_SHOWN_DIFFERENCES: Final = 20
_SHOWN_CLASSES: Final = 10
_SHOWN_UNREADABLE: Final = 5
_WRITTEN_MATRIX: Final = 100


def percent(share: float | None) -> str:
    """A share in percent, one decimal."""
    return "-" if share is None else f"{share * 100:.1f} %"


def rate_text(rate: Rate | None) -> str:
    """A rate, its counts and its interval."""
    if rate is None:
        return "judged by species only"
    return f"{percent(rate.share)}, {counts_text(rate)}" if rate.total else counts_text(rate)


def counts_text(rate: Rate) -> str:
    """The counts behind a rate, and its interval."""
    if not rate.total:
        return "no such photo"
    return f"{rate.count} of {rate.total} ({rate.low * 100:.1f}-{percent(rate.high)})"


def rule_text(evaluation: Evaluation) -> str:
    """The rule and policy in a few words."""
    rule = f"mass, {evaluation.rule.threshold:.2f}" if isinstance(evaluation.rule, MassRule) else "top1"
    policy = evaluation.policy
    admitted, kept = (", ".join(in_order(names)) or "nobody" for names in (policy.admit, policy.keep_in))
    return f"{rule}; admits {admitted}, keeps in {kept}"


def photos_text(evaluation: Evaluation) -> str:
    """How many photos of which species."""
    counts = Counter(photo.truth for photo in evaluation.judged)
    return f"{len(evaluation.judged)}: " + ", ".join(f"{counts[name]} {name}" for name in in_order(counts))


def headline(evaluation: Evaluation) -> list[tuple[str, str]]:
    """The figures, most important first: name and value."""
    figures, times = evaluation.figures, evaluation.figures.latency
    top5 = rate_text(figures.top5)
    if figures.top5 and evaluation.class_count <= 5:
        top5 = f"all, as there are {evaluation.class_count} classes"
    return [
        ("false accepts", rate_text(figures.false_accept)),
        ("false refusals", rate_text(figures.false_refuse)),
        *((f"{name} admitted", rate_text(rate)) for name, rate in figures.admitted.items()),
        *((f"{name} visits admitted", rate_text(rate)) for name, rate in (figures.visits or {}).items()),
        ("species seen rightly", rate_text(figures.seen_rightly)),
        ("top-1", rate_text(figures.top1)),
        ("top-5", top5),
        ("ROC area", "-" if figures.roc is None else f"{figures.roc.area:.4f}"),
        ("latency", f"{times.p50_ms:.1f} ms, 90 % {times.p90_ms:.1f}, 99 % {times.p99_ms:.1f}"),
        ("size", f"{evaluation.size_bytes / 1e6:.1f} MB"),
        ("classes", str(evaluation.class_count)),
        ("rule", rule_text(evaluation)),
        ("photos", photos_text(evaluation)),
        ("interpreter", evaluation.runtime),
    ]


def as_text(evaluations: Sequence[Evaluation], differing: Sequence[Difference]) -> str:
    """The evaluation, or two side by side, as a table."""
    columns = [dict(headline(evaluation)) for evaluation in evaluations]
    names = list(dict.fromkeys(name for column in columns for name in column))
    rows = [("", *model_names(evaluations))]
    rows += [(name, *(column.get(name, "-") for column in columns)) for name in names]
    lines = [*_aligned(rows), ""]
    for evaluation, name in zip(evaluations, model_names(evaluations), strict=True):
        lines += [f"{name}:"] if len(evaluations) > 1 else []
        lines += _matrices(evaluation)
    lines += _notes(evaluations)
    if len(evaluations) > 1:
        lines += _differences(evaluations[0], differing)
    return printable("\n".join(lines).rstrip())


def model_names(evaluations: Sequence[Evaluation]) -> list[str]:
    """What to call the models: their file names, unless two are alike."""
    names = [printable(evaluation.model.name) for evaluation in evaluations]
    is_clear = len(set(names)) == len(names)
    return names if is_clear else [printable(evaluation.model) for evaluation in evaluations]


def short_name(evaluation: Evaluation, photo: Judged) -> str:
    """Where a photo lies within the data set."""
    source = Path(evaluation.dataset.source)
    is_within = photo.path.is_relative_to(source)
    return printable(photo.path.relative_to(source) if is_within else Path(*photo.path.parts[-2:]))


def sighting_text(photo: Judged) -> str:
    """What the door saw and would do."""
    species = ", ".join(f"{name} {p:.2f}" for name, p in probabilities(photo))
    return f"{photo.verdict.past}: {likeness(photo)} ({species})"


def likeness(photo: Judged) -> str:
    """The most probable class; of what is seen as other, no more than a likeness."""
    label = photo.top[0].label
    return f"most like: {label}" if photo.sighting.species == OTHER else label


def probabilities(photo: Judged) -> list[tuple[Species, float]]:
    """The probability of each species, in their one order."""
    return [(name, photo.sighting.probability(name)) for name in in_order(photo.sighting.probabilities)]


def all_notes(evaluations: Sequence[Evaluation]) -> list[str]:
    """Every note once; of two models each says whose it is."""
    names = model_names(evaluations)
    owners: dict[str, list[str]] = {}
    for evaluation, name in zip(evaluations, names, strict=True):
        for note in dict.fromkeys(evaluation.notes):
            owners.setdefault(note, []).append(name)
    if len(evaluations) == 1:
        return list(owners)
    return [f"{' and '.join(owned)}: {note}" for note, owned in owners.items()]


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation without its single photos, JSON-ready."""
    policy, figures = evaluation.policy, evaluation.figures
    return {
        "model": printable(evaluation.model),
        "model_id": evaluation.model_id,
        "size_bytes": evaluation.size_bytes,
        "runtime": evaluation.runtime,
        "class_count": evaluation.class_count,
        "rule": {
            "method": "top1" if evaluation.threshold is None else "mass",
            "threshold": evaluation.threshold,
        },
        "policy": {
            "admit": list(in_order(policy.admit)),
            "keep_in": list(in_order(policy.keep_in)),
            "veto_confidence": policy.veto_confidence,
        },
        "data": printable(evaluation.dataset.source),
        "photos": len(evaluation.judged),
        "unreadable": [
            {"image": printable(u.image), "error": printable(u.error)} for u in evaluation.unreadable
        ],
        "notes": list(evaluation.notes),
        "figures": {
            **asdict(figures),
            "false_accept": _rate_json(figures.false_accept),
            "false_refuse": _rate_json(figures.false_refuse),
            "species": _classes_json(figures.species),
            "classes": _classes_json(figures.classes) if figures.classes else None,
        },
    }


def _rate_json(rate: Rate) -> dict[str, Any]:
    return {**asdict(rate), "share": rate.share if rate.total else None}


def _classes_json(figures: ClassFigures) -> dict[str, Any]:
    """With every confusion named, and the matrix as long as that is not mostly zeros."""
    confused = [{"true": a, "predicted": b, "photos": n} for a, b, n in figures.confused()]
    is_small = len(figures.names) <= _WRITTEN_MATRIX
    return {**asdict(figures), "confusion": figures.confusion if is_small else None, "confused": confused}


def photo_json(evaluation: Evaluation, photo: Judged) -> dict[str, Any]:
    """One judged photo, JSON-ready."""
    classes = evaluation.dataset.classes
    return {
        "image": printable(photo.path),
        "class": classes[photo.label],
        "species": photo.truth,
        "predicted_class": None if photo.predicted is None else classes[photo.predicted],
        "rank": photo.rank,
        "predicted_species": photo.sighting.species,
        "verdict": photo.verdict.value,
        "is_door_right": evaluation.is_door_right(photo),
        "probabilities": {name: round(p, 4) for name, p in probabilities(photo)},
        "top": [
            {"index": t.index, "label": t.label, "probability": round(t.probability, 4)} for t in photo.top
        ],
        "inference_ms": round(photo.inference_ms, 2),
    }


def document(evaluations: Sequence[Evaluation], differing: Sequence[Difference]) -> dict[str, Any]:
    """One evaluation, or two and the photos they differ on, JSON-ready."""
    one = evaluations[0]
    values: dict[str, Any] = {"petdoor": __version__, "model": as_json(one)}
    for other in evaluations[1:]:
        values["other_model"] = as_json(other)
        values["differences"] = [
            {"one": photo_json(one, d.one), "other": photo_json(other, d.other)} for d in differing
        ]
    return values


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _matrices(evaluation: Evaluation) -> list[str]:
    lines = _matrix("true species", evaluation.figures.species)
    classes = evaluation.figures.classes
    if classes and set(classes.names) != set(evaluation.figures.species.names):
        if len(classes.names) <= _SHOWN_CLASSES:
            return lines + _matrix("true class", classes)
        pairs = [(f"  {a}", "taken for", b, str(n)) for a, b, n in classes.confused()[:_SHOWN_CLASSES]]
        lines += ["most often confused classes", *(_aligned(pairs) if pairs else ["  none"]), ""]
    return lines


def _matrix(title: str, figures: ClassFigures) -> list[str]:
    has_strangers = any(row[-1] for row in figures.confusion)
    seen = [*figures.names, *(["none of these"] if has_strangers else [])]
    rows = [[title, "seen:", *seen, "precision", "recall"]]
    columns = zip(figures.names, figures.confusion, figures.precision, figures.recall, strict=True)
    for name, counts, precision, recall in columns:
        cells = [str(count) for count in counts[: len(seen)]]
        rows.append([f"  {name}", "", *cells, percent(precision), percent(recall)])
    return [*_aligned(rows), ""]


def _notes(evaluations: Sequence[Evaluation]) -> list[str]:
    lines = [f"note: {note}" for note in all_notes(evaluations)]
    missed = evaluations[0].unreadable
    lines += [f"not judged: {printable(u.error)}" for u in missed[:_SHOWN_UNREADABLE]]
    if len(missed) > _SHOWN_UNREADABLE:
        lines.append(f"not judged: {len(missed) - _SHOWN_UNREADABLE} more")
    return [*lines, ""] if lines else []


def _differences(one: Evaluation, differing: Sequence[Difference]) -> list[str]:
    lines = [f"{len(differing)} of {len(one.judged)} photos are judged differently"]
    rows = [
        (f"  {short_name(one, d.one)}", sighting_text(d.one), sighting_text(d.other))
        for d in differing[:_SHOWN_DIFFERENCES]
    ]
    lines += _aligned(rows) if rows else []
    left = len(differing) - _SHOWN_DIFFERENCES
    return [*lines, f"  and {left} more"] if left > 0 else lines
