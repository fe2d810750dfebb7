"""Float against integer: counted rightly, and on real photos close."""

import keras
import numpy as np
import pytest

from petdoor import pictures
from petdoor.adapters.classifier import TFLiteClassifier
from petdoor.errors import ModelError
from tests.tiny_models import SIZE, reddish
from tools.conversion.parity import by_both, compare, shared_probability
from tools.networks.backbones import BACKBONES
from tools.networks.pretrained import imagenet_model

FLOAT = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]], np.float32)
INTEGER = np.array([[0.8, 0.2], [0.8, 0.2], [0.6, 0.4], [0.6, 0.4]], np.float32)


def compared(expected=FLOAT, judged=INTEGER, truths=(0, 0, 1, 1)):
    return compare(expected, judged, truths=truths, float_bytes=4_000_000, integer_bytes=1_100_000)


def test_agreement_accuracy_and_drop_are_counted():
    parity = compared()
    assert (parity.pictures, parity.agreement) == (4, 0.75)
    assert (parity.float_accuracy, parity.integer_accuracy, parity.drop_points) == (0.75, 0.5, 25)


def test_shared_probability_is_1_for_equals_and_0_for_opposites():
    assert shared_probability(FLOAT, FLOAT) == pytest.approx(1)
    assert shared_probability(np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32)[::-1]) == 0
    assert shared_probability(FLOAT, INTEGER) == pytest.approx((0.9 + 1 + 0.7 + 1) / 4)


def twice():
    return compared(*(np.repeat(rows, 2, axis=0) for rows in (FLOAT, INTEGER)), (0, 0, 0, 0, 1, 1, 1, 1))


def test_a_drop_above_the_limit_is_refused_with_figures():
    with pytest.raises(
        ModelError, match=r"costs 25.0 points of accuracy on 8 pictures, more than --max-drop 24"
    ):
        twice().check(24)


def test_a_single_picture_is_no_drop_however_few_there_are():
    compared().check(1)


def test_a_drop_up_to_the_limit_and_a_gain_pass():
    twice().check(25)
    assert compared(INTEGER, FLOAT).drop_points == -25
    compared(INTEGER, FLOAT).check(0)


def test_the_figures_are_told_in_one_line():
    told = compared().in_words()
    assert told == (
        "75.0% of 4 pictures judged as by the float network; right 50.0%, float 75.0%; 1.1 MB, float 4.0 MB"
    )


def test_both_networks_are_shown_the_same_pictures_in_the_same_order(tiny_models):
    classifier = TFLiteClassifier(
        tiny_models / "uint8_logits.tflite", labels=["red", "green", "blue"], species={"dog": [[0, 0]]}
    )
    shown = [np.full((SIZE, SIZE, 3), colour, np.uint8) for colour in ((250, 5, 5), (5, 5, 250), (5, 250, 5))]
    expected, judged = by_both(reddish(), classifier, iter(shown))
    assert judged.argmax(axis=1).tolist() == [0, 2, 1]
    np.testing.assert_allclose(expected, judged, atol=0.02)


def test_the_float_network_is_asked_for_a_softmax_in_inference(tiny_models):
    model = keras.Sequential([keras.Input((SIZE, SIZE, 3)), keras.layers.Dropout(0.9), reddish()])
    classifier = TFLiteClassifier(
        tiny_models / "uint8_logits.tflite", labels=["red", "green", "blue"], species={"dog": [[0, 0]]}
    )
    expected, judged = by_both(model, classifier, [np.full((SIZE, SIZE, 3), (200, 90, 20), np.uint8)])
    np.testing.assert_allclose(expected, judged, atol=0.02)


def test_float_and_integer_judge_real_photos_alike(door_model, weights, photos):
    row = BACKBONES["mobilenetv2"]
    shown = [pictures.resized(pictures.read(path), (224, 224)) for path in pictures.find(str(photos))[::9]]
    expected, judged = by_both(imagenet_model(row, weights), TFLiteClassifier(door_model), shown)
    tops = expected.argmax(axis=1) == judged.argmax(axis=1)
    dogs = [probabilities[:, 151:269].sum(axis=1) > 0.5 for probabilities in (expected, judged)]
    assert len(shown) == 60
    assert tops.mean() >= 0.85
    assert (dogs[0] == dogs[1]).mean() >= 0.95
    assert shared_probability(expected, judged) >= 0.85
