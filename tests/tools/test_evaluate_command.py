"""``tools evaluate``, as a user runs it."""

import json
import os

import pytest

from tests.conftest import data, run_tools
from tests.tools.coloured import BLUE, COLOURS, GREEN, RED, folder_of, packed

PAINTED = {"dog": [RED, RED, BLUE], "cat": [GREEN, RED], "other": [BLUE, BLUE]}


@pytest.fixture
def model(tiny_models, tmp_path):
    return packed(tiny_models, tmp_path / "tiny.tflite")


@pytest.fixture
def photos_of_pets(tmp_path):
    folder_of(tmp_path / "data", PAINTED)
    return tmp_path / "data"


def values(*arguments):
    done = run_tools("evaluate", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_help_teaches_what_the_figures_are():
    shown = run_tools("evaluate", "--help").stdout
    words = ("--data", "--csv", "--species", "--admit", "--keep-in", "--rule", "--compare", "--report")
    assert all(word in shown for word in words)
    assert "A false accept is an" in shown
    assert "    python -m tools evaluate door.tflite --data photos/val\n" in shown


def test_a_model_is_judged_and_all_figures_are_printed(model, photos_of_pets):
    done = run_tools("evaluate", model, "--data", photos_of_pets)
    assert done.returncode == 0, done.stderr
    lines = {line[:22].strip(): line[22:] for line in done.stdout.splitlines()}
    assert "25.0 %, 1 of 4 (" in lines["false accepts"]
    assert "33.3 %, 1 of 3 (" in lines["false refusals"]
    assert "50.0 %, 1 of 2 (" in lines["cat admitted"]
    assert "judged by species only" in lines["top-1"]
    assert "admits dog, keeps in cat" in lines["rule"]
    assert all(name in lines for name in ("ROC area", "latency", "size", "interpreter"))
    assert "precision  recall" in done.stdout
    assert "note: the model has no class called cat, dog, other" in done.stdout


def test_each_photo_can_be_judged_as_a_visit_too(model, photos_of_pets):
    figures = values(model, "--data", photos_of_pets, "--visits")["model"]["figures"]
    counts = {species: (rate["count"], rate["total"]) for species, rate in figures["visits"].items()}
    assert counts == {"dog": (2, 3), "cat": (1, 2), "other": (0, 2)}
    assert values(model, "--data", photos_of_pets)["model"]["figures"]["visits"] is None


def test_json_is_one_object_with_rates_curve_and_confusion(model, photos_of_pets):
    found = values(model, "--data", photos_of_pets)["model"]
    figures = found["figures"]
    assert figures["false_accept"]["total"] == 4
    assert figures["species"]["confusion"][0] == [2, 0, 1, 0]
    assert len(figures["curve"]["thresholds"]) == 99
    assert figures["roc"]["area"] > 0.5
    assert figures["latency"]["p50_ms"] > 0
    assert found["size_bytes"] == model.stat().st_size


def test_classes_of_the_model_s_own_are_judged_by_top_1_and_named_by_species(model, tmp_path):
    folder_of(tmp_path / "data", {name: [colour] for name, colour in COLOURS.items()})
    species = ("--species", "dog=red", "--species", "cat=green")
    figures = values(model, "--data", tmp_path / "data", *species)["model"]["figures"]
    assert (figures["top1"]["count"], figures["top1"]["total"]) == (3, 3)
    assert figures["admitted"]["dog"]["share"] == 1


def test_labels_come_from_a_table_as_well(model, tmp_path, photos_of_pets):
    table = tmp_path / "labels.csv"
    table.write_text("id,kind\n0,dog\n1,dog\n2,other\n")
    options = ("--data", photos_of_pets / "dog", "--csv", table, "--label-column", "kind")
    figures = values(model, *options)["model"]["figures"]
    assert figures["false_refuse"]["count"] == 0
    assert figures["false_accept"]["share"] == 0
    assert figures["seen_rightly"]["count"] == 3


def test_who_may_pass_and_how_sure_the_door_must_be_can_be_told(model, photos_of_pets):
    options = ("--admit", "cat", "--keep-in", "dog", "--threshold", "0.7")
    found = values(model, "--data", photos_of_pets, *options)["model"]
    assert (found["policy"]["admit"], found["policy"]["keep_in"]) == (["cat"], ["dog"])
    assert found["rule"] == {"method": "mass", "threshold": 0.7}
    top1 = values(model, "--data", photos_of_pets, "--rule", "top1")["model"]
    assert top1["rule"] == {"method": "top1", "threshold": None}


def test_two_models_are_compared_and_reported(tiny_models, model, photos_of_pets, tmp_path):
    strict = packed(tiny_models, tmp_path / "strict.tflite", threshold=1.0)
    report = tmp_path / "report"
    done = run_tools("evaluate", model, "--data", photos_of_pets, "--compare", strict, "--report", report)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].split() == ["tiny.tflite", "strict.tflite"]
    assert "of 7 photos are judged differently" in done.stdout
    assert "dog/0.png  admitted: red" in done.stdout
    assert f"report: {report / 'report.html'}" in done.stderr
    assert json.loads((report / "report.json").read_text())["other_model"]["model"] == str(strict)


def test_names_that_are_no_text_can_be_printed(model, tmp_path):
    folder_of(tmp_path / "data", {"dog": [RED], "cat": [GREEN], os.fsdecode(b"caf\xe9"): [RED]})
    done = run_tools("evaluate", model, "--data", tmp_path / "data", PYTHONIOENCODING="utf-8:strict")
    assert done.returncode == 0, done.stderr
    assert "caf?" in done.stdout


def test_a_broken_photo_among_good_ones_is_named_and_not_counted(model, photos_of_pets):
    (photos_of_pets / "dog" / "9.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    done = run_tools("evaluate", model, "--data", photos_of_pets)
    assert done.returncode == 0
    assert "9.jpg: this is no picture that OpenCV can read" in done.stdout
    assert "of 3 (" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("none.tflite", "--data", "data"), "none.tflite: cannot read the model"),
        (("tiny.tflite", "--data", "nowhere"), "nowhere"),
        (("tiny.tflite", "--data", "empty"), "empty"),
        (("tiny.tflite", "--data", "data", "--admit", "rex"), "knows nothing called rex; it can admit: dog"),
        (("tiny.tflite", "--data", "data", "--admit", ","), "no species is named that may pass"),
        (("tiny.tflite", "--data", "data", "--keep-in", "cats"), "called cats; it can keep in: dog, cat"),
        (("tiny.tflite", "--data", "data", "--keep-in", "dog"), "dog cannot be admitted and kept in"),
        (("tiny.tflite", "--data", "data", "--rule", "top1", "--threshold", "0.7"), "top1 rule has no thre"),
        (("tiny.tflite", "--data", "data", "--species", "dog"), "write it as dog=rex,bella"),
        (("tiny.tflite", "--data", "data", "--compare", "none.tflite"), "none.tflite: cannot read the model"),
        (("tiny.tflite", "--data", "data", "--report", "tiny.tflite/x"), "x: cannot write the report"),
    ],
)
def test_what_cannot_be_is_one_sentence(model, photos_of_pets, tmp_path, arguments, sentence):
    (tmp_path / "empty").mkdir()
    assert model.parent == photos_of_pets.parent == tmp_path
    words = [tmp_path / word if "--" not in word and is_path(word) else word for word in arguments]
    done = run_tools("evaluate", *words)
    assert done.returncode == 1
    told = done.stderr.splitlines()[-1]
    assert told.startswith("tools: ")
    assert sentence in told
    assert "Traceback" not in done.stderr


def is_path(word):
    return word.startswith(("tiny.", "none.")) or word in {"data", "nowhere", "empty"}


def test_real_photos_give_the_figures_that_the_readme_tells(hosted_model):
    figures = values(hosted_model, "--data", data("photos/val"))["model"]["figures"]
    assert figures["admitted"]["dog"]["share"] >= 0.95
    assert figures["admitted"]["cat"]["share"] <= 0.05
    assert figures["admitted"]["other"]["share"] <= 0.02
    assert figures["roc"]["area"] >= 0.98
