"""Runs under either interpreter: ``make test`` does both."""

import numpy as np
import pytest

from petdoor import modelfile
from petdoor.adapters.classifier import TFLiteClassifier
from petdoor.core.species import ClassRange
from petdoor.errors import ModelError

COLOURS = ["red", "green", "blue"]
SPECIES = {"dog": [[0, 0]], "cat": [[1, 1]]}


def picture(colour, height=48, width=64):
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., COLOURS.index(colour)] = 255
    return pixels


def colour_model(folder, name, **options):
    options = {"labels": COLOURS, "species": SPECIES, **options}
    if name.startswith("float32"):
        options.setdefault("input_range", (0, 255))
    return TFLiteClassifier(folder / f"{name}.tflite", **options)


def seven_classes(folder, **options):
    return TFLiteClassifier(folder / "uint8_logits_7.tflite", **options)


KINDS = [f"{kind}_{output}" for kind in ("uint8", "int8", "float32") for output in ("logits", "softmax")]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("colour", COLOURS)
def test_every_tensor_type_recognises_a_colour(tiny_models, name, colour):
    probabilities = colour_model(tiny_models, name).probabilities(picture(colour))
    assert np.argmax(probabilities) == COLOURS.index(colour)
    assert max(probabilities) > 0.95
    assert sum(probabilities) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("name", KINDS)
def test_every_tensor_type_gives_the_probabilities_of_the_same_network(tiny_models, name):
    violet = np.broadcast_to(np.array([110, 60, 100], np.uint8), (32, 32, 3))
    expected = colour_model(tiny_models, "float32_logits").probabilities(violet)
    assert colour_model(tiny_models, name).probabilities(violet) == pytest.approx(expected, abs=0.05)


def test_a_second_picture_is_judged_by_itself(tiny_models):
    classifier = colour_model(tiny_models, "uint8_logits")
    first = classifier.probabilities(picture("red"))
    classifier.probabilities(picture("blue"))
    assert classifier.probabilities(picture("red")) == first


def test_judging_leaves_the_picture_as_it_was(tiny_models):
    red = picture("red")
    colour_model(tiny_models, "int8_logits").probabilities(red)
    assert (red == picture("red")).all()


def test_the_best_classes_come_first(tiny_models):
    classifier = colour_model(tiny_models, "uint8_logits")
    best = classifier.top([0.2, 0.7, 0.1], 2)
    assert [(score.index, score.label, score.probability) for score in best] == [
        (1, "green", 0.7),
        (0, "red", 0.2),
    ]


@pytest.mark.parametrize("threads", [1, 2])
def test_the_number_of_threads_changes_nothing_in_the_answer(tiny_models, threads):
    classifier = colour_model(tiny_models, "uint8_logits", threads=threads)
    one = colour_model(tiny_models, "uint8_logits", threads=1)
    assert classifier.probabilities(picture("green")) == one.probabilities(picture("green"))


def test_a_foreign_model_of_width_1000_gets_the_imagenet_ranges(tiny_models):
    classifier = TFLiteClassifier(tiny_models / "uint8_logits_1000.tflite")
    assert classifier.ranges == {"dog": (ClassRange(151, 268),), "cat": (ClassRange(281, 285),)}
    assert classifier.labels[151] == "Chihuahua"
    assert classifier.labels[285] == "Egyptian cat"


def test_a_foreign_model_of_width_1001_gets_them_one_further(tiny_models):
    classifier = TFLiteClassifier(tiny_models / "uint8_softmax_1001.tflite")
    assert classifier.ranges == {"dog": (ClassRange(152, 269),), "cat": (ClassRange(282, 286),)}
    assert classifier.labels[0] == "background"
    assert classifier.labels[152] == "Chihuahua"


def test_a_foreign_model_of_another_width_is_refused_and_told_what_to_add(tiny_models):
    with pytest.raises(ModelError, match=r"7 outputs and no labels; set model.labels to a text file with 7"):
        seven_classes(tiny_models)


def test_labels_that_name_dog_and_cat_are_ranges_enough(tiny_models):
    labels = ["Cat", "fox", "Dog", "hen", "cow", "owl", "hare"]
    classifier = seven_classes(tiny_models, labels=labels)
    assert classifier.ranges == {"cat": (ClassRange(0, 0),), "dog": (ClassRange(2, 2),)}


def test_labels_without_dog_or_cat_need_ranges(tiny_models):
    with pytest.raises(ModelError, match=r"set model.species"):
        seven_classes(tiny_models, labels=list("abcdefg"))


def test_labels_must_be_as_many_as_outputs(tiny_models):
    with pytest.raises(ModelError, match="7 outputs but 2 labels"):
        seven_classes(tiny_models, labels=["dog", "cat"])


def test_ranges_beyond_the_outputs_are_refused(tiny_models):
    with pytest.raises(ModelError, match=r"7 outputs, which dog 5\.\.7 goes beyond"):
        seven_classes(tiny_models, labels=list("abcdefg"), species={"dog": [[5, 7]]})


def test_a_float_model_must_say_what_black_and_white_are(tiny_models):
    with pytest.raises(ModelError, match=r"set model.input_range"):
        TFLiteClassifier(tiny_models / "float32_logits.tflite", labels=COLOURS, species=SPECIES)


def test_the_input_range_of_a_float_model_is_obeyed(tiny_models):
    half = colour_model(tiny_models, "float32_logits", input_range=(0, 127.5)).probabilities(picture("red"))
    full = colour_model(tiny_models, "float32_logits", input_range=(0, 255)).probabilities(picture("red"))
    assert half[0] < full[0]


def test_a_model_for_grey_pictures_is_refused(tiny_models):
    with pytest.raises(ModelError, match=r"petdoor needs 1 x height x width x 3"):
        TFLiteClassifier(tiny_models / "float32_grey.tflite", input_range=(0, 255))


def test_metadata_decides_labels_ranges_threshold_and_output(tiny_models, tmp_path):
    facts = {"backbone": "tiny", "output": "logits", "species": {"hare": [[2, 2]]}, "threshold": 0.8}
    content = modelfile.pack((tiny_models / "uint8_logits.tflite").read_bytes(), COLOURS, facts)
    (tmp_path / "packed.tflite").write_bytes(content)
    classifier = TFLiteClassifier(tmp_path / "packed.tflite")
    assert classifier.labels == tuple(COLOURS)
    assert classifier.ranges == {"hare": (ClassRange(2, 2),)}
    assert classifier.threshold == 0.8
    assert classifier.model_id.startswith("sha256:")
    assert max(classifier.probabilities(picture("blue"))) > 0.95


def test_an_empty_file_is_no_model(tmp_path):
    (tmp_path / "empty.tflite").touch()
    with pytest.raises(ModelError, match="no TensorFlow Lite model"):
        TFLiteClassifier(tmp_path / "empty.tflite")


@pytest.mark.parametrize("share", [number / 40 for number in range(1, 40)])
def test_a_truncated_model_is_an_error_and_no_crash(tiny_models, tmp_path, share):
    content = (tiny_models / "uint8_logits_1000.tflite").read_bytes()
    (tmp_path / "cut.tflite").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ModelError, match=r"cut.tflite"):
        TFLiteClassifier(tmp_path / "cut.tflite")


def test_a_text_file_is_no_model(tmp_path):
    (tmp_path / "text.tflite").write_text("this is not a model, whatever its name says")
    with pytest.raises(ModelError, match="no TensorFlow Lite model"):
        TFLiteClassifier(tmp_path / "text.tflite")
