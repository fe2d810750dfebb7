"""The report: one HTML file that needs nothing else, and the same as JSON."""

import base64
import json
import os
import re
import subprocess
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from petdoor.errors import PetDoorError
from tests.tools.coloured import BLUE, COLOURS, GREEN, RED, SilentTeller, folder_of, packed, paint
from tools.data.dataset import Dataset, Example
from tools.data.taxonomy import species_of
from tools.judging import charts, gallery, metrics
from tools.judging.evaluate import evaluate
from tools.judging.report import make_sure_of, write_report
from tools.judging.summary import all_notes

VOID = {"meta", "img", "br", "source", "link", "input", "hr"}
HISTORY = [
    {"stage": 1, "epoch": 0, "loss": 0.9, "val_loss": 0.8, "accuracy": 0.6, "val_accuracy": 0.7},
    {"stage": 2, "epoch": 1, "loss": 0.5, "val_loss": 0.6, "accuracy": 0.8, "val_accuracy": 0.75},
]
PAINTED = {"dog": [RED, RED, BLUE], "cat": [GREEN, RED], "other": [BLUE, BLUE]}


class Page(HTMLParser):
    """All tags and words of a page; a tag that is not closed in order is a fault."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text, self._open = [], "", []
        self.feed(html)
        assert not self._open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data if self._open[-1:] != ["style"] else ""

    def images(self, kind):
        sources = (attrs.get("src", attrs.get("srcset", "")) for _, attrs in self.tags)
        prefix = f"data:image/{kind};base64,"
        return [base64.b64decode(s.removeprefix(prefix)) for s in sources if s.startswith(prefix)]


@pytest.fixture
def model(tiny_models, tmp_path):
    return packed(tiny_models, tmp_path / "tiny.tflite")


def judged(model, dataset, **options):
    return evaluate(model, dataset, species=species_of(dataset.classes), teller=SilentTeller(), **options)


@pytest.fixture
def evaluation(model, tmp_path):
    return judged(model, folder_of(tmp_path / "data", PAINTED))


def read(folder):
    return Page((folder / "report.html").read_text("utf-8")), json.loads((folder / "report.json").read_text())


def test_the_page_is_whole_and_asks_for_nothing_beside_itself(evaluation, tmp_path):
    write_report(tmp_path / "report", evaluation, history=HISTORY)
    page, _ = read(tmp_path / "report")
    used = [attrs[key] for _, attrs in page.tags for key in ("src", "srcset", "href") if key in attrs]
    assert used
    assert all(address.startswith("data:image/") for address in used)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe"}
    assert "url(" not in (tmp_path / "report" / "report.html").read_text("utf-8")


def test_every_chart_is_there_for_light_and_for_dark(evaluation, tmp_path):
    write_report(tmp_path / "report", evaluation, history=HISTORY)
    page, _ = read(tmp_path / "report")
    drawn = page.images("svg+xml")
    assert len(drawn) == 2 * 5  # loss, accuracy, thresholds, ROC, species
    assert all(ET.fromstring(svg).tag.endswith("svg") for svg in drawn)  # noqa: S314 -- our own
    assert len([tag for tag, attrs in page.tags if "prefers-color-scheme" in attrs.get("media", "")]) == 5


def test_page_and_json_give_the_same_figures(evaluation, tmp_path):
    write_report(tmp_path / "report", evaluation)
    page, values = read(tmp_path / "report")
    figures = values["model"]["figures"]
    assert (figures["false_accept"]["count"], figures["false_accept"]["total"]) == (1, 4)
    assert (figures["false_refuse"]["count"], figures["false_refuse"]["total"]) == (1, 3)
    assert "1 of 4" in page.text
    assert "1 of 3" in page.text
    assert len(values["photos"]) == 7
    assert values["model"]["policy"]["admit"] == ["dog"]


def test_training_and_further_facts_have_their_place(evaluation, tmp_path):
    sections = [("How it was trained", {"backbone": "tiny <net>", "epochs": 2})]
    write_report(tmp_path / "report", evaluation, history=HISTORY, sections=sections)
    page, values = read(tmp_path / "report")
    assert "How it was trained" in page.text
    assert "tiny <net>" in page.text
    assert values["history"] == HISTORY
    assert values["sections"][0]["facts"]["epochs"] == 2


def test_the_worst_mistakes_show_photo_truth_and_what_was_said(evaluation, tmp_path):
    write_report(tmp_path / "report", evaluation)
    page, _ = read(tmp_path / "report")
    assert "cat admitted" in page.text
    assert "true: cat; seen: dog (red)" in page.text
    assert "“Doggy come on in!”" in page.text
    sizes = [cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1).shape for jpeg in page.images("jpeg")]
    assert sizes
    assert all(max(size) <= 240 for size in sizes)


def test_mistakes_of_the_door_come_before_mere_confusions_and_the_surest_first(evaluation):
    found = gallery.mistakes(evaluation)
    assert [mistake.is_at_the_door for mistake in found] == sorted(
        (mistake.is_at_the_door for mistake in found), reverse=True
    )
    confidences = [mistake.confidence for mistake in found if mistake.is_at_the_door]
    assert confidences == sorted(confidences, reverse=True)
    assert {mistake.photo.truth for mistake in found} == {"cat", "dog"}


def test_at_most_24_mistakes_are_shown_and_all_are_counted(model, tmp_path):
    dataset = folder_of(tmp_path / "data", {"dog": [RED], "cat": [RED] * 30})
    write_report(tmp_path / "report", judged(model, dataset))
    page, _ = read(tmp_path / "report")
    assert "24 of 30" in page.text
    assert page.text.count("cat admitted,") == 24


def test_a_model_that_errs_nowhere_has_no_mistakes_to_show(model, tmp_path):
    write_report(tmp_path / "report", judged(model, folder_of(tmp_path / "data", {"dog": [RED]})))
    page, _ = read(tmp_path / "report")
    assert "None." in page.text


def test_two_models_stand_side_by_side_with_every_photo_they_differ_on(tiny_models, evaluation, tmp_path):
    strict = packed(tiny_models, tmp_path / "strict.tflite", threshold=1.0)
    other = judged(strict, evaluation.dataset)
    write_report(tmp_path / "report", evaluation, other=other)
    page, values = read(tmp_path / "report")
    assert "tiny.tflite beside strict.tflite" in page.text
    assert {d["one"]["verdict"] for d in values["differences"]} >= {"admit"}
    assert all(d["one"]["image"] == d["other"]["image"] for d in values["differences"])
    assert f"{len(values['differences'])} of 7 photos" in page.text


def test_each_model_s_section_shows_its_own_figures(tiny_models, evaluation, tmp_path):
    swapped = packed(tiny_models, tmp_path / "swapped.tflite", species={"dog": [[2, 2]], "cat": [[1, 1]]})
    other = judged(swapped, evaluation.dataset)
    assert other.figures.species.confusion != evaluation.figures.species.confusion
    write_report(tmp_path / "report", evaluation, other=other)
    page, values = read(tmp_path / "report")
    for chart in (
        lambda e: charts.threshold_curve(e.figures.curve, e.threshold, charts.LIGHT),
        lambda e: charts.confusion_matrix(e.figures.species, charts.LIGHT),
    ):
        first, second = (page.images("svg+xml").index(chart(e)) for e in (evaluation, other))
        assert first < second
    told = [values[key]["figures"]["species"]["confusion"] for key in ("model", "other_model")]
    assert told == [[list(row) for row in e.figures.species.confusion] for e in (evaluation, other)]


def test_a_matrix_is_drawn_with_a_row_for_the_truth():
    figures = metrics.class_figures(["a", "b"], truth=[0, 0, 0, 1], predicted=[1, 1, 0, 1])
    drawn = ET.fromstring(charts.confusion_matrix(figures, charts.LIGHT))  # noqa: S314 -- our own
    texts = [element.text for element in drawn.iter() if element.tag.endswith("}text")]
    assert [text for text in texts if text in {"1", "2"}] == ["1", "2", "1"]


def end_height(svg, name):
    """Where the curve of that name ends, from above."""
    group = next(e for e in ET.fromstring(svg).iter() if e.get("id") == name)  # noqa: S314 -- our own
    path = next(e for e in group.iter() if e.tag.endswith("}path"))
    return float(path.get("d").split()[-1])


def test_false_accepts_fall_and_false_refusals_rise_with_the_threshold():
    curve = metrics.ThresholdCurve((0.2, 0.5, 0.8), (0.6, 0.3, 0.0), (0.0, 0.3, 0.6))
    drawn = charts.threshold_curve(curve, 0.5, charts.LIGHT)
    assert end_height(drawn, "false-accepts") > end_height(drawn, "false-refusals")
    assert b"share of photos" in drawn


def test_what_nothing_is_known_of_is_neither_drawn_nor_called_nought(model, tmp_path):
    write_report(tmp_path / "report", judged(model, folder_of(tmp_path / "data", {"dog": [RED]})))
    page, values = read(tmp_path / "report")
    figures = values["model"]["figures"]
    assert figures["curve"]["false_accept"] is None
    assert figures["false_accept"]["share"] is None
    assert b"false refusals" in page.images("svg+xml")[0]
    assert b"false accepts" not in page.images("svg+xml")[0]


def test_both_curves_can_be_seen_at_the_chosen_threshold():
    thresholds = tuple(n / 100 for n in range(1, 100))
    refusals = tuple(0.9 if t > 0.9 else 0.0 for t in thresholds)
    curve = metrics.ThresholdCurve(thresholds, (0.0,) * 99, refusals)
    assert charts.threshold_top(curve, 0.95) >= 0.9
    assert charts.threshold_top(curve, 0.5) == 0.05


def test_notes_of_two_models_say_whose_they_are(tiny_models, evaluation, tmp_path):
    other = judged(
        packed(tiny_models, tmp_path / "dogs.tflite", species={"dog": [[0, 0]]}), evaluation.dataset
    )
    notes = all_notes([evaluation, other])
    assert any(note.startswith("dogs.tflite: the model knows nothing called cat") for note in notes)
    assert any(note.startswith("tiny.tflite and dogs.tflite: the model has no class") for note in notes)
    assert all_notes([evaluation]) == list(evaluation.notes)


def test_a_vetoed_photo_is_shown_with_the_probability_of_what_bars_it(model, tmp_path):
    dataset = folder_of(tmp_path / "data", {"dog": [(200, 156, 15)]})
    (mistake,) = gallery.mistakes(judged(model, dataset))
    assert mistake.wrong.endswith("for cat")
    assert mistake.confidence == mistake.photo.sighting.probability("cat")


def test_what_is_seen_as_other_is_only_like_a_class(evaluation, tmp_path):
    write_report(tmp_path / "report", evaluation)
    assert "seen: other (most like: blue)" in read(tmp_path / "report")[0].text


@pytest.mark.parametrize("name", ["<b>&\"'x", "$a^{b_c$", "狗", os.fsdecode(b"caf\xe9")])
def test_odd_names_of_classes_and_files_break_nothing(model, tmp_path, name):
    path = paint(tmp_path / "data" / "plain.png", RED)
    odd = path.rename(path.with_name(f"{name.replace('/', '')}.png"))
    dataset = Dataset(str(tmp_path / "data"), ("dog", name), (Example(odd, 1), Example(odd, 0)))
    found = evaluate(model, dataset, species=("dog", "cat"), teller=SilentTeller())
    write_report(tmp_path / "report", found)
    page, values = read(tmp_path / "report")
    told = name.encode("utf-8", "replace").decode()
    assert f"{told}.png" in page.text
    assert [tag for tag, _ in page.tags].count("b") == 4  # the cards' own
    assert values["photos"][0]["image"].endswith(f"{told}.png")


def test_more_than_30_classes_are_told_as_the_pairs_most_often_confused(tiny_models, tmp_path):
    dataset = folder_of(tmp_path / "data", {str(number): [RED, RED] for number in range(31)})
    write_report(tmp_path / "report", judged(tiny_models / "uint8_logits_1000.tflite", dataset))
    page, values = read(tmp_path / "report")
    assert "true class" in page.text
    assert "0 tench" in page.text
    assert "confusion matrix of classes" not in {attrs.get("alt") for _, attrs in page.tags}
    confused = values["model"]["figures"]["classes"]["confused"]
    assert confused[0]["photos"] == 2
    assert len(confused) >= 30


def test_a_matrix_of_classes_is_drawn_when_the_model_has_them(model, tmp_path):
    dataset = folder_of(tmp_path / "data", {name: [colour] for name, colour in COLOURS.items()})
    found = evaluate(model, dataset, species=("other", "cat", "dog"), teller=SilentTeller())
    write_report(tmp_path / "report", found)
    page, values = read(tmp_path / "report")
    assert "Precision and recall of 3 classes" in page.text
    assert values["model"]["figures"]["classes"]["recall"] == [1.0, 1.0, 1.0]


def test_a_photo_that_has_gone_since_leaves_a_gap_only(evaluation, tmp_path):
    for photo in evaluation.judged:
        photo.path.unlink()
    write_report(tmp_path / "report", evaluation)
    assert "no picture" in read(tmp_path / "report")[0].text


def test_a_history_of_one_epoch_or_of_loss_alone_is_drawn(evaluation, tmp_path):
    write_report(tmp_path / "report", evaluation, history=[{"loss": 0.4}])
    page, _ = read(tmp_path / "report")
    assert "loss over the epochs" in {attrs.get("alt") for _, attrs in page.tags}
    assert "accuracy over the epochs" not in {attrs.get("alt") for _, attrs in page.tags}


def test_the_same_figures_are_drawn_alike():
    admission = metrics.Admission(np.array([0.3, 0.6]), np.array([False, True]), np.zeros(2, bool))
    curve = metrics.threshold_curve(admission)
    first, second = (charts.threshold_curve(curve, 0.5, charts.LIGHT) for _ in range(2))
    assert first == second


def test_a_folder_that_cannot_be_made_is_one_sentence(evaluation, tmp_path):
    (tmp_path / "file").touch()
    for attempt in (lambda f: write_report(f, evaluation), make_sure_of):
        with pytest.raises(PetDoorError, match=r"file/report: cannot write the report: Not a directory"):
            attempt(tmp_path / "file" / "report")


def test_a_folder_that_can_be_written_is_left_empty_by_the_trial(tmp_path):
    make_sure_of(tmp_path / "new" / "report")
    assert not list((tmp_path / "new" / "report").iterdir())


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"cannot mount a small disk: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_on_a_full_disk_the_old_report_stays_and_nothing_half_written(evaluation, small_disk):
    (small_disk / "report.html").write_text("old")
    (small_disk / "filler").write_bytes(bytes(24_000))
    with pytest.raises(PetDoorError, match="cannot write the report: No space left on device"):
        write_report(small_disk, evaluation)
    assert sorted(path.name for path in small_disk.iterdir()) == ["filler", "report.html"]
    assert (small_disk / "report.html").read_text() == "old"


def test_a_second_report_takes_the_place_of_the_first(evaluation, tmp_path):
    write_report(tmp_path / "report", evaluation)
    write_report(tmp_path / "report", evaluation, sections=[("Second", {})])
    assert "Second" in read(tmp_path / "report")[0].text
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == ["report.html", "report.json"]


def test_the_colours_of_chart_and_page_are_the_same():
    page = Path(charts.__file__).parent / "templates" / "report.html"
    colours = set(re.findall(r"#[0-9a-f]{6}", page.read_text("utf-8")))
    assert {charts.LIGHT.ink, charts.LIGHT.second, charts.DARK.ink, charts.DARK.paper} <= colours
