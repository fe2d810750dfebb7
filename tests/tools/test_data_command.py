"""``tools data``, as a user runs it."""

import json
import os

import pytest

from petdoor import pictures
from tests.conftest import data, run_tools
from tests.pictures_on_disk import class_folders, jpeg, scene


@pytest.fixture
def noisy(tmp_path):
    """Three classes with a broken file, a copy in its own class and one in another."""
    folder = class_folders(tmp_path / "photos", cat=12, dog=10, raccoon=3)
    (folder / "dog" / "broken.jpg").write_bytes(b"no picture")
    for copy in ("dog/copy.jpg", "raccoon/wrong.jpg"):
        (folder / copy).write_bytes((folder / "dog" / "4.jpg").read_bytes())
    jpeg(folder / "cat" / "small.jpg", pictures.resized(scene(3), (24, 32)))
    return folder


def figures(*arguments):
    done = run_tools("data", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_counts_species_sizes_doubles_and_faults_are_shown(noisy):
    done = run_tools("data", noisy)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == f"{noisy}: 28 pictures in 3 classes"
    rows = [line.split() for line in lines[2:7]]
    assert rows == [
        ["class", "species", "pictures", "train", "validation", "test"],
        ["cat", "cat", "13", "11", "1", "1"],
        ["dog", "dog", "11", *rows[2][3:]],
        ["raccoon", "other", "4", *rows[3][3:]],
        ["all", "28", *rows[4][2:]],
    ]
    assert "width x height: smallest 32x24, median 64x48, largest 64x48" in lines
    same = f"{noisy}/dog/4.jpg = {noisy}/dog/copy.jpg = {noisy}/raccoon/wrong.jpg"
    assert lines[-8:] == [
        "the same file more than once: 1",
        f"    {same}",
        "different files that look the same: 1",
        f"    {noisy}/cat/3.jpg = {noisy}/cat/small.jpg",
        "doubles in different classes: 1",
        f"    {same}",
        "cannot be read and are left out: 1",
        f"    {noisy}/dog/broken.jpg: this is no picture that OpenCV can read",
    ]


def test_json_tells_the_same_to_programs(noisy):
    shown = figures(noisy)
    assert [(c["name"], c["species"], c["pictures"]) for c in shown["classes"]] == [
        ("cat", "cat", 13),
        ("dog", "dog", 11),
        ("raccoon", "other", 4),
    ]
    assert all(c["train"] + c["validation"] + c["test"] == c["pictures"] for c in shown["classes"])
    assert shown["sizes"] == {"smallest": [32, 24], "median": [64, 48], "largest": [64, 48]}
    assert [len(shown[key]) for key in ("equal", "near", "conflicts", "unreadable")] == [1, 1, 1, 1]


def test_of_many_doubles_ten_are_shown_and_the_rest_counted(tmp_path):
    folder = class_folders(tmp_path, dog=13)
    for number in range(13):
        (folder / "dog" / f"copy{number}.jpg").write_bytes((folder / "dog" / f"{number}.jpg").read_bytes())
    shown = run_tools("data", folder).stdout
    assert "the same file more than once: 13" in shown
    assert shown.count(" = ") == 10
    assert "    and 3 more; --json lists all" in shown


def test_one_class_is_shown_with_a_word_on_training(tmp_path):
    done = run_tools("data", class_folders(tmp_path, dog=2))
    assert done.returncode == 0
    assert done.stdout.endswith("there is one class only: training needs two at least\n")


def test_the_contact_sheet_is_written_where_asked(tmp_path):
    done = run_tools(
        "data", class_folders(tmp_path / "photos", cat=2, dog=2), "--sheet", tmp_path / "sheet.png"
    )
    assert done.stderr == f"contact sheet: {tmp_path}/sheet.png\n"
    assert pictures.read(tmp_path / "sheet.png").shape[0] > 200


def test_species_can_be_told(tmp_path):
    folder = class_folders(tmp_path, rex=2, tom=2, postman=2)
    shown = figures(folder, "--species", "dog=rex", "--species", "cat=t*")
    assert {c["name"]: c["species"] for c in shown["classes"]} == {
        "rex": "dog",
        "tom": "cat",
        "postman": "other",
    }


def test_numbered_folders_are_shown_with_their_imagenet_names(tmp_path):
    shown = run_tools("data", class_folders(tmp_path, **{"151": 1, "281": 1})).stdout
    assert "151 Chihuahua  dog" in shown
    assert "281 tabby      cat" in shown


def test_the_form_of_kaggles_dog_breeds_is_read():
    breeds = data("photos/breeds")
    shown = figures(breeds / "train", "--csv", breeds / "labels.csv")
    assert (shown["pictures"], len(shown["classes"]), shown["unreadable"]) == (1000, 120, [])
    assert {c["name"]: c["species"] for c in shown["classes"]}["boston_bull"] == "dog"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["gone"], "gone: there is no such folder"),
        (["gone", "--label-column", "x"], "--label-column names a column of the table that --csv names"),
        (["photos", "--csv", "gone.csv"], "gone.csv: cannot read the table of labels"),
        (["photos", "--species", "dog"], "--species dog: write it as dog=rex,bella"),
        (["photos", "--species", "dog=dgo"], "there is no class 'dgo'; there is 'dog'"),
        (["photos", "--sheet", "sheet.gif"], "sheet.gif: the contact sheet is a PNG picture"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing_behind(tmp_path, arguments, sentence):
    class_folders(tmp_path / "photos", cat=1, dog=1)
    before = sorted(tmp_path.rglob("*"))
    placed = [
        tmp_path / word if word in {"photos", "gone", "gone.csv", "sheet.gif"} else word for word in arguments
    ]
    done = run_tools("data", *placed)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("tools: ")
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_a_class_name_that_is_no_text_is_shown_all_the_same(tmp_path):
    folder = class_folders(tmp_path / "photos", dog=2)
    (folder / "dog").rename(folder / os.fsdecode(b"caf\xe9"))
    for options in ((), ("--json",)):
        done = run_tools("data", folder, *options, PYTHONIOENCODING="utf-8:strict")
        assert done.returncode == 0, done.stderr
        assert "caf" in done.stdout


def test_a_sheet_that_cannot_be_written_is_told_before_the_work(tmp_path):
    done = run_tools("data", class_folders(tmp_path / "photos", dog=2), "--sheet", "/proc/sheet.png")
    assert done.returncode == 1
    assert "/proc" in done.stderr
    assert "2 pictures" not in done.stdout
