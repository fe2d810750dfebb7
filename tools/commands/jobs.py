"""From the options of a command to what the tools are told."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from petdoor import pictures
from petdoor.errors import ConfigError, DataError
from tools.commands.common import groups, names
from tools.console import Teller
from tools.data.dataset import Dataset, open_dataset, open_datasets
from tools.lesson import Lesson
from tools.networks.backbones import BACKBONES
from tools.plan import Conversion, Job, Plan, Recipe, Wish

_EPOCHS = {"head": 20, "fine-tune": 15, "scratch": 30}
_LEARNING_RATES = {"head": 1e-3, "fine-tune": 3e-4, "scratch": 1e-3}


def job_of(told: Mapping[str, Any], teller: Teller) -> Job:
    """What ``tools train`` is told by its options.

    Raises:
        DataError: the data cannot be opened.
        ModelError: there is no such network.
        ConfigError: an option makes no sense.
    """
    name, output = told["backbone"], told["output"]
    return Job(
        dataset=_opened(told, teller),
        name=name,
        plan=_plan(told),
        species=groups(told["species"]),
        shares=_shares(told["split"], has_test=told["test"] is not None),
        wish=_wish(told),
        output=output,
        folder=told["work"] or _beside(output),
        distribute=told["distribute"],
        test=open_dataset(told["test"], say=teller.say) if told["test"] else None,
    )


def conversion_of(told: Mapping[str, Any], teller: Teller) -> Conversion:
    """What ``tools convert`` is told by its options.

    Raises:
        DataError: the data cannot be opened.
        ConfigError: an option makes no sense.
    """
    return Conversion(
        model=told["model"],
        input_range=told["input_range"],
        dataset=_opened(told, teller),
        labels=told["labels"],
        species=groups(told["species"]),
        wish=_wish(told),
        output=told["output"],
    )


def lesson_of(told: Mapping[str, Any]) -> Lesson:
    """What ``tools distil`` is told by its options.

    Raises:
        DataError: a folder holds no photos.
        ModelError: there is no such network.
    """
    output, epochs = told["output"], told["epochs"]
    recipe = Recipe(
        "distil",
        epochs,
        told["learning_rate"],
        batch=told["batch"],
        patience=epochs,  # the last epochs of a long lesson are its best
        weight_decay=told["weight_decay"],
        seed=told["seed"],
    )
    return Lesson(
        photos=[path for pattern in told["photos"] for path in _photos(pattern)],
        names=(told["teacher"], told["backbone"]),
        teacher=BACKBONES[told["teacher"]],
        weights=told["weights"],
        pupil=BACKBONES[told["backbone"]].chosen(size=told["size"]),
        views=told["views"],
        recipe=recipe,
        precision=told["precision"],
        output=output,
        folder=told["work"] or _beside(output),
    )


def _beside(output: Path) -> Path:
    return output.with_name(f"{output.name}.training")


def _photos(pattern: str) -> list[Path]:
    found = pictures.find(pattern)
    if not found:
        raise DataError(f"--photos {pattern}: no photos there")
    return found


def _opened(told: Mapping[str, Any], teller: Teller) -> Dataset:
    return open_datasets(told["sources"], csv=told["csv"], label_column=told["label_column"], say=teller.say)


def _wish(told: Mapping[str, Any]) -> Wish:
    return Wish(told["max_drop"], told["false_accept"], names(told["admit"]))


def _plan(told: Mapping[str, Any]) -> Plan:
    shared = {
        "batch": told["batch"],
        "optimiser": told["optimiser"],
        "schedule": told["schedule"],
        "patience": told["patience"],
        "label_smoothing": told["label_smoothing"],
        "seed": told["seed"],
    }
    strategy = told["strategy"]
    rate = told["learning_rate"] or _LEARNING_RATES[strategy]
    epochs = told["epochs"] or _EPOCHS[strategy]
    is_head = strategy == "head"
    return Plan(
        backbone=BACKBONES[told["backbone"]].chosen(size=told["size"], alpha=told["alpha"]),
        strategy=strategy,
        weights=told["weights"],
        include_top=told["include_top"],
        hidden=told["hidden"],
        dropout=told["dropout"],
        layers=told["layers"],
        is_balanced=told["balance"],
        views=told["views"],
        head=Recipe(
            "head",
            epochs if is_head else told["head_epochs"],
            rate if is_head else _LEARNING_RATES["head"],
            **shared,
        ),
        rest=Recipe(strategy, epochs, rate, **shared),
    )


def _shares(text: str, *, has_test: bool) -> tuple[float, float, float]:
    try:
        train, validation, test = (float(part) / 100 for part in text.split("/"))
    except ValueError as error:
        raise ConfigError(f"--split {text}: write it as 80/10/10") from error
    if validation <= 0:
        raise ConfigError(f"--split {text}: some photos must be kept to validate on")
    if train <= 0 or test < 0 or abs(train + validation + test - 1) > 1e-9:
        raise ConfigError(f"--split {text}: the shares must add up to 100 and leave some to train")
    # Photos of one's own to test on make a share for it idle.
    return (train + test, validation, 0.0) if has_test else (train, validation, test)
