"""``tools train``: from labelled photos to a model for the door, and a report of how well it does."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras

from petdoor.errors import DataError
from tools.console import Teller
from tools.conversion.finish import Draft, Finished, finish, parity_on
from tools.conversion.parity import Parity
from tools.data.dataset import Dataset
from tools.data.split import Split, split
from tools.data.survey import Survey, survey, tell_unreadable
from tools.data.taxonomy import labels_of
from tools.judging.conduct import Conduct
from tools.judging.evaluate import evaluate
from tools.judging.report import write_report
from tools.judging.summary import as_text
from tools.plan import Job
from tools.training import distribution
from tools.training.sources import plain_words
from tools.training.strategies import Photoset, Training
from tools.training.workfolder import forget_stages, prepare

VETO: Final = 0.3
"""The probability from which a barred species keeps the door locked, for networks trained on their classes.

They are surer than the ImageNet network, whose veto is 0.06. MobileNetV2, fine-tuned on four fifths of a
set of photos and judging the rest, three times over, at a threshold of 0.8: with 0.3 it refused 9 of 625 dogs
and admitted 3 of 602 cats; with 0.06 it refused 15 and admitted 2.
"""


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of it.

    Attributes:
        history: one mapping an epoch.
        finished: the model in the file, on the validation photos.
        test: photos that took no part in the training, to judge it on; the validation photos if none
            were set aside.
        sections: how it was trained, for the report.
    """

    history: Sequence[Mapping[str, Any]]
    finished: Finished
    test: Dataset
    sections: Sequence[tuple[str, Mapping[str, Any]]]


def train(job: Job, teller: Teller) -> Trained | None:
    """Train, convert, choose the threshold and write the model; None for workers beside the first.

    Raises:
        DataError: the photos cannot be trained on.
        ModelError: the network cannot be built, or loses too much when quantised.
        TrainingError: the training went wrong.
        OSError: a file cannot be written; what stood at ``output`` still does.
    """
    job.check()
    distribution.check(job.distribute)
    found = survey(job.dataset, teller)
    tell_unreadable(found, teller)
    _check_classes(job.dataset, found)
    parts = split(found.records, shares=job.shares, seed=job.plan.rest.seed)
    teller.say(
        f"{len(job.dataset.classes)} classes: {len(parts.train)} photos to train on, "
        f"{len(parts.validation)} to validate, {len(parts.test)} set aside for the test"
    )
    if not parts.validation:
        raise DataError("no photos are left to validate on: a class needs three different ones at least")
    folder = work_folder(job)
    with prepare(folder, _fingerprint(job, found), teller):
        if job.distribute == "multi-worker":
            # One that stopped later than the others would go on elsewhere than they.
            forget_stages(folder)
        model, history = _trained(job, parts, folder, teller)
    if distribution.rank() > 0:
        teller.say("trained; the first worker writes the model")
        return None
    draft = Draft(model, labels_of(job.dataset.classes), job.classes_species, _facts(job, parts))
    finished = finish(
        draft,
        calibration=[example.path for example in parts.train],
        judged=parts.validation,
        wish=job.wish,
        output=job.output,
        teller=teller,
    )
    test = _test_photos(job, parts, teller)
    parity = parity_on(draft, job.output, test.examples, teller)
    teller.say(f"on the {_judged_on(job, parts)} photos: {parity.in_words()}")
    return Trained(history, finished, test, _sections(job, parts, finished, parity))


def work_folder(job: Job) -> Path:
    """Where a stopped run is gone on from; each worker has its own, for they may share a disk."""
    return job.folder / f"worker-{distribution.rank()}" if job.distribute == "multi-worker" else job.folder


def report(job: Job, trained: Trained, folder: Path, teller: Teller) -> Path:
    """Judge the written model on the test photos, and write what came of it all.

    Raises:
        PetDoorError: the report cannot be written.
    """
    evaluation = evaluate(
        job.output,
        trained.test,
        species=job.classes_species,
        teller=teller,
        conduct=Conduct(admit=frozenset(job.wish.admit)),
    )
    teller.say(as_text([evaluation], ()))
    return write_report(folder, evaluation, history=trained.history, sections=trained.sections)


def _trained(
    job: Job, parts: Split, folder: Path, teller: Teller
) -> tuple[keras.Model, Sequence[Mapping[str, Any]]]:
    keras.utils.set_random_seed(job.plan.rest.seed)
    with distribution.strategy(job.distribute).scope(), plain_words():
        photoset = Photoset(parts.train, parts.validation, len(job.dataset.classes))
        training = Training(job.plan, photoset, folder=folder, teller=teller)
        return training.run(), training.history


def _judged_on(job: Job, parts: Split) -> str:
    """Whether photos were set aside, or those that chose epoch and threshold must do."""
    return "test" if job.test or parts.test else "validation"


def _check_classes(dataset: Dataset, found: Survey) -> None:
    """Refuse a class of which no picture can be read: the model would claim to know what it never saw."""
    seen = {record.example.label for record in found.records}
    unseen = [name for label, name in enumerate(dataset.classes) if label not in seen]
    if unseen:
        raise DataError(f"{dataset.source}: no picture of {', '.join(unseen)} can be read")


def _test_photos(job: Job, parts: Split, teller: Teller) -> Dataset:
    """The readable photos to judge the model on, with the classes it was trained on."""
    if not job.test:
        return Dataset(job.dataset.source, job.dataset.classes, parts.test or parts.validation)
    numbers = [job.dataset.classes.index(name) for name in job.test.classes]
    found = survey(job.test, teller)
    tell_unreadable(found, teller)
    examples = (
        dataclasses.replace(record.example, label=numbers[record.example.label]) for record in found.records
    )
    return Dataset(job.test.source, job.dataset.classes, tuple(examples))


def _facts(job: Job, parts: Split) -> dict[str, Any]:
    plan = job.plan
    return {
        "backbone": job.name,
        "alpha": plan.backbone.alpha,
        "strategy": plan.strategy,
        "veto": VETO,
        "seed": plan.rest.seed,
        "trained_on": f"{len(parts.train)} photos of {len(job.dataset.classes)} classes",
    }


def _sections(
    job: Job, parts: Split, finished: Finished, on_test: Parity
) -> list[tuple[str, Mapping[str, Any]]]:
    plan, parity, choice = job.plan, finished.parity, finished.choice
    how = {
        **_facts(job, parts),
        "photos": f"{len(parts.train)} train, {len(parts.validation)} validation, {len(parts.test)} test",
        "recipe": ", ".join(f"{k} {v}" for k, v in dataclasses.asdict(plan.rest).items() if k != "stage"),
    }
    how = {key.replace("_", " "): str(value).replace("_", " ") for key, value in how.items()}
    quantised = {
        "on the validation photos": parity.in_words(),
        f"on the {_judged_on(job, parts)} photos": on_test.in_words(),
        "threshold": f"{choice.threshold:g}, for at most {job.wish.false_accept:.1%} false accepts",
    }
    return [("How it was trained", how), ("Float against int8", quantised)]


def _fingerprint(job: Job, found: Survey) -> str:
    """What a run must share with one that was stopped, to go on from it."""
    backbone = (job.name, job.plan.backbone.size, job.plan.backbone.alpha)
    told = {
        "plan": {**dataclasses.asdict(job.plan), "backbone": backbone},
        "shares": job.shares,
        "workers": job.distribute,
        "classes": job.dataset.classes,
        "photos": [(record.digest, record.example.label) for record in found.records],
    }
    return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()
