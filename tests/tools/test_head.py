"""The classes of one's own: weighed evenly, and begun with what the network knows."""

import keras
import numpy as np
import pytest

from tests.tools.test_fit import Points
from tools.training.classification import Labelled
from tools.training.head import begin_with_what_is_known, class_weights, head


def test_each_class_counts_the_same_in_all():
    labels = [0] * 6 + [1] * 3 + [2]
    weights = class_weights(labels, 3)
    assert [weights[c] * labels.count(c) for c in range(3)] == pytest.approx([10 / 3] * 3)


def test_a_class_without_photos_weighs_nothing():
    assert class_weights([0, 1], 3)[2] == 0


def test_a_head_has_hidden_neurons_only_when_asked_for():
    plain, deep = (head(8, 3, hidden=hidden, dropout=0.2, seed=0) for hidden in (0, 512))
    assert plain.count_params() == 8 * 3 + 3
    assert deep.count_params() == 8 * 512 + 512 + 512 * 3 + 3


def test_a_class_the_network_knows_is_recognised_before_training():
    labels = np.arange(60) % 3
    known = keras.layers.Dense(6)
    known.build((None, 6))
    # The pretrained network calls the three clouds its classes 5, 4 and 3.
    known.set_weights([4 * np.eye(6, dtype=np.float32)[::-1], np.zeros(6, np.float32)])
    own = head(6, 3, hidden=0, dropout=0.2, seed=0)
    points = Points(labels)
    begin_with_what_is_known(own, known, Labelled(points, labels))
    scores = own(np.stack([points.view(i, 0) for i in range(60)]), training=False)
    assert np.mean(np.argmax(scores, axis=1) == labels) > 0.95
