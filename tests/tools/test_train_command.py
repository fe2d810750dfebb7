"""``tools train``, as a user runs it: small photos and small networks, but all the way to a door's model."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest

from petdoor import pictures
from petdoor.adapters.classifier import TFLiteClassifier
from tests.brokers import free_port
from tests.conftest import ROOT, run_tools
from tests.fakes import SilentTeller
from tests.pictures_on_disk import jpeg, scene
from tests.tools.tinted import TINTS, tinted, tinted_folder
from tools.plan import Wish
from tools.training.train import VETO
from tools.training.workfolder import prepare, remove

SMALL = ("--backbone", "cnn", "--size", 32, "--strategy", "scratch", "--epochs", 6, "--false-accept", 0.1)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return tinted_folder(tmp_path_factory.mktemp("photos"), each=30)


def train(photos, output, *options, **variables):
    return run_tools("train", "--data", photos, "--output", output, *SMALL, *options, **variables)


@pytest.fixture(scope="module")
def trained(photos, tmp_path_factory):
    """A finished run with its report: standard output, model and report folder."""
    folder = tmp_path_factory.mktemp("trained")
    done = train(photos, folder / "door.tflite", "--report", folder / "report")
    assert done.returncode == 0, done.stderr
    return done.stdout, folder / "door.tflite", folder / "report"


def right(model, count=20):
    """The share of new pictures whose class the door's own classifier finds most probable."""
    classifier = TFLiteClassifier(model)
    hits = [
        classifier.top(classifier.probabilities(tinted(name, 1000 + seed)), 1)[0].label == name
        for name in TINTS
        for seed in range(count)
    ]
    return np.mean(hits)


def test_a_training_ends_in_a_model_that_the_door_can_use(trained):
    assert right(trained[1]) >= 0.9


def test_the_model_says_what_it_is_and_how_well_it_did(trained):
    facts = TFLiteClassifier(trained[1]).facts
    assert facts["species"] == {"cat": [[0, 0]], "dog": [[1, 1]]}
    assert (facts["backbone"], facts["strategy"]) == ("cnn", "scratch")
    assert facts["trained_on"] == "72 photos of 3 classes"
    assert 0.5 <= facts["threshold"] <= 0.99
    assert facts["veto"] == VETO
    assert facts["measured"]["false_accept"][1] == 6


@pytest.mark.parametrize(
    "words",
    ["72 photos to train on", "scratch   1/6", "threshold 0.", "judged as by the float", "peak memory"],
)
def test_it_says_what_it_does(trained, words):
    assert words in trained[0]


def test_the_report_is_one_page_with_curves_and_figures_that_a_program_can_read(trained):
    page = (trained[2] / "report.html").read_text()
    figures = json.loads((trained[2] / "report.json").read_text())
    assert "data:image/" in page
    assert "How it was trained" in page
    assert [epoch["epoch"] for epoch in figures["history"]] == [1, 2, 3, 4, 5, 6]


def test_nothing_is_left_beside_the_model(trained):
    assert sorted(path.name for path in trained[1].parent.iterdir()) == ["door.tflite", "report"]


def test_a_pretrained_network_learns_new_classes(photos, tmp_path):
    # Random weights stand in for pretrained ones: their features tell tints apart well enough.
    done = run_tools(
        *("train", "--data", photos, "--output", tmp_path / "door.tflite", "--strategy", "fine-tune"),
        *("--backbone", "mobilenetv2", "--alpha", 0.35, "--size", 32, "--weights", "random", "--views", 2),
        *("--epochs", 8, "--learning-rate", 0.01, "--false-accept", 1, "--max-drop", 50),
    )
    assert done.returncode == 0, done.stderr
    assert TFLiteClassifier(tmp_path / "door.tflite").labels == ("cat", "dog", "other")
    assert done.stdout.index("head   1/") < done.stdout.index("fine-tune   1/8")


@pytest.fixture(scope="module")
def own_weights(tmp_path_factory):
    """Weights of a small petnet, as tools distil writes them."""
    from tools.networks.backbones import BACKBONES

    path = tmp_path_factory.mktemp("own") / "petnet.weights.h5"
    BACKBONES["petnet"].chosen(size=32).network().save_weights(path)
    return path


@pytest.mark.parametrize("strategy", ["head", "fine-tune"])
def test_a_network_of_ones_own_is_built_on_with_photos_of_two_folders(tmp_path, own_weights, strategy):
    for name, folder in (("dog", "first"), ("cat", "first"), ("dog", "second"), ("other", "second")):
        for number in range(10):
            seed = number if folder == "first" else 50 + number
            jpeg(tmp_path / folder / name / f"{number}.jpg", tinted(name, seed))
    done = run_tools(
        *("train", "--data", tmp_path / "first", "--data", tmp_path / "second", "--strategy", strategy),
        *("--backbone", "petnet", "--size", 32, "--weights", own_weights, "--views", 2, "--epochs", 2),
        *("--head-epochs", 2, "--false-accept", 1, "--max-drop", 100, "--output", tmp_path / "door.tflite"),
    )
    assert done.returncode == 0, done.stderr
    assert "3 classes: 32 photos to train on" in done.stdout
    assert TFLiteClassifier(tmp_path / "door.tflite").labels == ("cat", "dog", "other")


class Run:
    """A training in a process of its own, to be stopped on the way."""

    def __init__(self, *options):
        command = [sys.executable, "-m", "tools", "train", *map(str, options)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def stop_after(self, words, number):
        """Send the signal once these words were said; hands back all that was said, and the exit."""
        said = []
        for line in self._process.stdout:
            said.append(line)
            if words in line:
                self._process.send_signal(number)
                break
        rest, errors = self._process.communicate(timeout=60)
        return "".join(said) + rest, errors, self._process.returncode


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_stopped_goes_on_and_ends_as_if_it_had_not_been(photos, tmp_path, trained, number):
    output = tmp_path / "door.tflite"
    said, errors, status = Run("--data", photos, "--output", output, *SMALL).stop_after("2/6", number)
    assert not output.exists()
    if number == signal.SIGINT:
        assert status == 130
        assert "the same command goes on from" in said
        assert "Traceback" not in errors
    done = train(photos, output)
    assert done.returncode == 0, done.stderr
    assert "going on after epoch" in done.stdout
    assert output.read_bytes() == trained[1].read_bytes()


def test_a_run_with_other_options_begins_anew(photos, tmp_path):
    output = tmp_path / "door.tflite"
    Run("--data", photos, "--output", output, *SMALL).stop_after("2/6", signal.SIGKILL)
    done = train(photos, output, "--seed", 1)
    assert "starting anew" in done.stdout
    assert "going on" not in done.stdout


def test_a_work_folder_that_holds_something_else_is_left_alone(photos, tmp_path):
    (tmp_path / "precious.txt").write_text("photos of Rex")
    (tmp_path / "run").write_text("#!/bin/sh")
    done = train(photos, tmp_path / "door.tflite", "--work", tmp_path)
    assert done.returncode == 1
    assert "choose another --work folder" in done.stderr
    assert (tmp_path / "precious.txt").exists()


def test_a_second_run_in_the_same_folder_is_refused(photos, tmp_path):
    with prepare(tmp_path / "door.tflite.training", "another run", SilentTeller()):
        done = train(photos, tmp_path / "door.tflite")
    assert done.returncode == 1
    assert "another training is at work" in done.stderr


def test_removing_a_training_leaves_what_is_not_its_own(tmp_path):
    prepare(tmp_path / "work", "a run", SilentTeller()).close()
    (tmp_path / "work" / "head.npz").touch()
    (tmp_path / "work" / "notes.txt").touch()
    remove(tmp_path / "work")
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["notes.txt"]


def test_a_worker_that_tf_config_does_not_name_is_refused(photos, tmp_path):
    config = '{"cluster": {"worker": ["127.0.0.1:1"]}, "task": {"type": "worker", "index": 3}}'
    done = train(photos, tmp_path / "door.tflite", "--distribute", "multi-worker", TF_CONFIG=config)
    assert done.returncode == 1
    assert "none of the 1 workers" in done.stderr


@contextmanager
def killed_at_last(processes):
    """Whatever comes of them, none of these goes on."""
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_two_workers_end_where_one_would(photos, tmp_path):
    options = ("--data", photos, *SMALL, "--dropout", 0, "--epochs", 3, "--false-accept", 1)
    cluster = {"worker": [f"127.0.0.1:{port}" for port in (free_port(), free_port())]}
    workers = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "tools", "train", *map(str, options)),
                *("--distribute", "multi-worker", "--output", str(tmp_path / f"worker{index}.tflite")),
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}}),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for index in range(2)
    ]
    with killed_at_last(workers):
        ended = [worker.communicate(timeout=240) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], ended
    assert not (tmp_path / "worker1.tflite").exists()
    alone = run_tools("train", *options, "--output", tmp_path / "alone.tflite")
    assert alone.returncode == 0, alone.stderr
    together, one = (TFLiteClassifier(tmp_path / f"{name}.tflite") for name in ("worker0", "alone"))
    for name in TINTS:
        picture = tinted(name, 5000)
        np.testing.assert_allclose(together.probabilities(picture), one.probabilities(picture), atol=0.03)


def test_mirrored_training_runs_on_whatever_devices_there_are(photos, tmp_path):
    done = train(
        photos, tmp_path / "door.tflite", "--distribute", "mirrored", "--epochs", 2, "--false-accept", 1
    )
    assert done.returncode == 0, done.stderr
    assert TFLiteClassifier(tmp_path / "door.tflite").labels == ("cat", "dog", "other")


def test_several_workers_without_tf_config_are_told_how_to_set_it(photos, tmp_path):
    done = train(photos, tmp_path / "door.tflite", "--distribute", "multi-worker")
    assert done.returncode == 1
    assert "TF_CONFIG" in done.stderr
    assert done.stderr.count("\n") == 1


def refusal(folder, *options, data=None):
    """The one sentence with which a training does not even begin; nothing is written."""
    output = folder / "out" / "door.tflite"
    done = run_tools("train", "--data", data or folder, "--output", output, *SMALL, *options)
    assert done.returncode == 1, done.stdout
    assert done.stderr.startswith("tools: ")
    assert done.stderr.count("\n") == 1
    assert not list(folder.glob("out/*"))
    return done.stderr


def test_an_empty_folder_is_refused(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "empty" in refusal(tmp_path, data=empty)


def test_a_single_class_is_refused(tmp_path):
    jpeg(tmp_path / "photos" / "dog" / "1.jpg", scene(1))
    assert "one class" in refusal(tmp_path, data=tmp_path / "photos")


def test_a_table_without_the_column_is_refused(photos, tmp_path):
    (tmp_path / "labels.csv").write_text("name,breed\n0,pug\n")
    assert "id" in refusal(tmp_path, "--csv", tmp_path / "labels.csv", data=photos / "dog")


def test_an_id_without_a_picture_is_refused(photos, tmp_path):
    (tmp_path / "labels.csv").write_text("id,breed\n0,pug\n1,chow\nnowhere,pug\n")
    assert "nowhere" in refusal(tmp_path, "--csv", tmp_path / "labels.csv", data=photos / "dog")


def test_photos_of_nobody_who_may_pass_are_refused(photos, tmp_path):
    assert "--admit" in refusal(tmp_path, "--admit", "ferret", data=photos)


def test_a_network_without_pretrained_weights_cannot_be_fine_tuned(photos, tmp_path):
    sentence = refusal(tmp_path, "--strategy", "fine-tune", data=photos)
    assert "use --strategy scratch, or name a file of its weights with --weights" in sentence


def test_weights_for_a_training_from_nothing_are_refused(photos, tmp_path):
    assert "leave out --weights" in refusal(tmp_path, "--weights", "random", data=photos)


def test_a_class_of_which_no_picture_can_be_read_is_refused(tmp_path):
    folder = tinted_folder(tmp_path / "photos", each=5)
    for path in (folder / "cat").iterdir():
        path.write_bytes(b"no picture")
    assert "no picture of cat can be read" in refusal(tmp_path, data=folder)


def test_a_door_that_admits_nobody_is_refused(photos, tmp_path):
    assert "nobody" in refusal(tmp_path, "--admit", "", data=photos)


def test_other_may_never_pass(photos, tmp_path):
    assert "may never pass" in refusal(tmp_path, "--admit", "other", data=photos)


def test_shares_that_do_not_add_up_are_refused(photos, tmp_path):
    assert "add up to 100" in refusal(tmp_path, "--split", "80/10/20", data=photos)


def test_one_dog_of_two_may_be_the_only_one_to_pass():
    wish = Wish(admit=("rex",))
    species = wish.species_of(("bella", "other", "rex"), {})
    wish.check(species)
    assert species == ("other", "other", "rex")


def test_too_few_photos_to_validate_are_refused(tmp_path):
    assert "validate" in refusal(tmp_path, data=tinted_folder(tmp_path / "few", each=2))


def test_shares_that_leave_nothing_to_validate_on_are_refused(photos, tmp_path):
    assert "validate" in refusal(tmp_path, "--split", "100/0/0", data=photos)


def test_test_photos_of_other_classes_are_refused(photos, tmp_path):
    jpeg(tmp_path / "test" / "ferret" / "1.jpg", scene(1))
    jpeg(tmp_path / "test" / "dog" / "1.jpg", scene(2))
    assert "ferret" in refusal(tmp_path, "--test", tmp_path / "test", data=photos)


def test_a_corrupt_photo_among_good_ones_is_named_and_left_out(tmp_path):
    folder = tinted_folder(tmp_path / "photos", each=12)
    whole = pictures.encode_jpeg(tinted("dog", 99))
    (folder / "dog" / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    done = train(folder, tmp_path / "door.tflite", "--epochs", 1, "--max-drop", 100, "--false-accept", 1)
    assert done.returncode == 0, done.stderr
    assert "cut.jpg" in done.stdout


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of half a megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small file system needs more rights")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_one_sentence_and_the_old_model_stays(photos, tiny_disk):
    old = tiny_disk / "door.tflite"
    old.write_bytes(b"the old model")
    done = train(photos, old)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert done.stderr.count("\n") == 1
    assert old.read_bytes() == b"the old model"
    left = [path.name for path in tiny_disk.rglob("*")]
    assert not [name for name in left if name.endswith(".part") or name.startswith(".door")]
