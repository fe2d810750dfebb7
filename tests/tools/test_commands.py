"""The host tools, as a user runs them; what needs TensorFlow is kept small."""

import json
import zipfile

import numpy as np
import pytest

from petdoor import modelfile
from petdoor.adapters.classifier import TFLiteClassifier
from tests.conftest import run_tools
from tests.pictures_on_disk import jpeg, scene


def test_help_names_every_command_and_what_it_is_for():
    shown = run_tools("--help")
    assert shown.returncode == 0
    assert "export" in shown.stdout
    assert "bench" in shown.stdout


def test_export_explains_its_options():
    shown = run_tools("export", "--help").stdout
    assert all(option in shown for option in ("--backbone", "--weights", "--calibration", "--output"))


def test_the_exported_file_says_what_it_is(door_model):
    with zipfile.ZipFile(door_model) as tail:
        facts = json.loads(tail.read("petdoor.json"))
        labels = tail.read("labels.txt").decode().splitlines()
    assert facts["species"] == {"dog": [[151, 268]], "cat": [[281, 285]]}
    assert (facts["backbone"], facts["input_size"], facts["output"]) == ("mobilenetv2", [224, 224], "logits")
    assert (len(labels), labels[151]) == (1000, "Chihuahua")


def test_the_exported_model_takes_camera_bytes_and_is_integer_throughout(door_model):
    classifier = TFLiteClassifier(door_model)
    source = classifier._interpreter.get_input_details()[0]
    sink = classifier._interpreter.get_output_details()[0]
    assert (source["dtype"], source["quantization"]) == (np.uint8, (1.0, 0))
    assert sink["dtype"] == np.uint8
    types = {np.dtype(tensor["dtype"]) for tensor in classifier._interpreter.get_tensor_details()}
    assert np.dtype(np.float32) not in types


def test_the_exported_weights_are_quantised_per_channel(door_model):
    details = TFLiteClassifier(door_model)._interpreter.get_tensor_details()
    assert max(len(tensor["quantization_parameters"]["scales"]) for tensor in details) >= 1000


def test_weights_that_are_not_there_are_named(tmp_path):
    done = run_tools("export", "--weights", tmp_path / "none.h5", "--output", tmp_path / "door.tflite")
    assert done.returncode == 1
    assert done.stderr.startswith("tools: ")
    assert "none.h5: there is no such weights file" in done.stderr


def test_weights_that_do_not_fit_are_refused_and_the_old_model_stays(tmp_path):
    (tmp_path / "wrong.weights.h5").write_bytes(b"not weights")
    old = tmp_path / "door.tflite"
    old.write_bytes(b"the old model")
    done = run_tools("export", "--weights", tmp_path / "wrong.weights.h5", "--output", old)
    assert done.returncode == 1
    assert "wrong.weights.h5: these weights do not fit" in done.stderr
    assert old.read_bytes() == b"the old model"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["door.tflite", "wrong.weights.h5"]


def test_without_a_network_and_weights_one_sentence_names_the_way_out(tmp_path):
    offline = {
        "KERAS_HOME": str(tmp_path),
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
    }
    done = run_tools("export", "--output", tmp_path / "door.tflite", **offline)
    assert done.returncode == 1
    assert "pass the file with --weights" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_calibration_folder_without_photos_is_an_error(tmp_path):
    done = run_tools("export", "--calibration", tmp_path, "--output", tmp_path / "door.tflite")
    assert done.returncode == 1
    assert "no photos there to calibrate with" in done.stderr


def test_a_network_nobody_trained_needs_weights_of_ones_own(tmp_path):
    done = run_tools("export", "--backbone", "cnn", "--output", tmp_path / "door.tflite")
    assert done.returncode == 1
    assert done.stderr.startswith("tools: nobody offers weights of this network: pass a file of your own")
    assert list(tmp_path.iterdir()) == []


def test_calibration_draws_200_photos_at_most_and_the_same_ones_again(tmp_path):
    from tools.conversion.quantise import photos

    paths = [jpeg(tmp_path / f"{number}.jpg", scene(number)) for number in range(220)]
    first, again = photos(paths, (24, 32)), photos(paths, (24, 32))
    assert (len(first), first[0].shape) == (200, (24, 32, 3))
    assert all((one == other).all() for one, other in zip(first, again, strict=True))


def test_a_network_quantised_on_drawn_patterns_judges_as_before(tmp_path):
    from tests.tiny_models import SIZE, reddish
    from tools.conversion.quantise import drawn_patterns, to_full_integer

    flatbuffer = to_full_integer(reddish(), drawn_patterns((SIZE, SIZE)))
    facts = {"backbone": "tiny", "output": "logits", "species": {"dog": [[0, 0]]}, "threshold": 0.5}
    (tmp_path / "door.tflite").write_bytes(modelfile.pack(flatbuffer, ["red", "green", "blue"], facts))
    classifier = TFLiteClassifier(tmp_path / "door.tflite")
    assert classifier.probabilities(np.full((40, 60, 3), (250, 10, 10), np.uint8))[0] > 0.95


def test_drawn_patterns_use_the_whole_range_and_repeat_themselves():
    from tools.conversion.quantise import drawn_patterns

    first, again = drawn_patterns((24, 32)), drawn_patterns((24, 32))
    assert first[0].shape == (24, 32, 3)
    assert all(pattern.min() == 0 and pattern.max() == 255 for pattern in first)
    assert all((one == other).all() for one, other in zip(first, again, strict=True))


@pytest.fixture(scope="module")
def bench_report(tiny_models):
    done = run_tools("bench", "--model", tiny_models / "uint8_logits_1000.tflite", "--runs", 10)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "figure", ["bare invoke", "whole pass", "whole / bare", "start to ready", "resident memory"]
)
def test_the_benchmark_prints_every_figure(bench_report, figure):
    line = next(line for line in bench_report.splitlines() if line.startswith(figure))
    assert float(line.removeprefix(figure).split()[0]) > 0


def test_the_benchmark_of_a_missing_model_says_so(tmp_path):
    done = run_tools("bench", "--model", tmp_path / "none.tflite")
    assert done.returncode == 1
    assert "none.tflite: cannot read the model" in done.stderr
