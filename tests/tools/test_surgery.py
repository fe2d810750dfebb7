"""Cutting a network in two changes nothing it says, and sets free only what is to learn."""

import keras
import numpy as np
import pytest

from tools.networks.backbones import BACKBONES
from tools.networks.pretrained import RANDOM_WEIGHTS, features
from tools.networks.surgery import cut

ROWS = {
    "mobilenetv2": BACKBONES["mobilenetv2"].chosen(size=96, alpha=0.35),
    "resnet50": BACKBONES["resnet50"].chosen(size=32),
    "vgg16": BACKBONES["vgg16"].chosen(size=32),
    "cnn": BACKBONES["cnn"].chosen(size=32),
    "mlp": BACKBONES["mlp"].chosen(size=28),
}
MORE_THAN_ALL = 500


@pytest.fixture(scope="module", params=ROWS)
def network(request):
    """A network of random weights, and random batch statistics besides."""
    made, _ = features(ROWS[request.param], RANDOM_WEIGHTS)
    random = np.random.default_rng(0)
    for layer in made.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([random.uniform(0.5, 1.5, array.shape) for array in layer.get_weights()])
    return made


def arrays(network):
    return np.random.default_rng(1).uniform(-1, 1, (2, *network.input_shape[1:])).astype(np.float32)


def without_batch_normalisation(layers):
    return [layer.name for layer in layers if not isinstance(layer, keras.layers.BatchNormalization)]


@pytest.mark.parametrize("count", [0, 1, 3, 20, MORE_THAN_ALL])
def test_lower_then_upper_part_say_what_the_network_says(network, count):
    lower, upper = cut(network, count)
    both = upper(lower(arrays(network), training=False), training=False)
    np.testing.assert_allclose(both, network(arrays(network), training=False), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("count", [0, 1, 3, 20, MORE_THAN_ALL])
def test_exactly_the_last_layers_learn_but_batch_normalisation_never(network, count):
    cut(network, count)
    layers = network.layers[1:]
    learning = layers[max(0, len(layers) - count) :]
    assert [layer.name for layer in layers if layer.trainable] == without_batch_normalisation(learning)


def test_all_layers_learn_when_as_many_are_asked_for(network):
    _, upper = cut(network, len(network.layers) - 1)
    learning = without_batch_normalisation(network.layers[1:])
    assert [layer.name for layer in upper.layers[1:] if layer.trainable] == learning


@pytest.mark.parametrize("count", [0, 1, 3, 20, MORE_THAN_ALL])
def test_the_lower_part_holds_nothing_that_learns(network, count):
    lower, upper = cut(network, count)
    assert lower.trainable_variables == []
    learning = {id(variable) for variable in network.trainable_variables}
    assert {id(variable) for variable in upper.trainable_variables} == learning


def test_batch_statistics_stay_as_they_are_while_the_upper_part_trains():
    made, _ = features(ROWS["mobilenetv2"], RANDOM_WEIGHTS)
    lower, upper = cut(made, 20)
    before = [variable.numpy() for variable in made.non_trainable_variables]
    upper(lower(arrays(made)), training=True)
    after = [variable.numpy() for variable in made.non_trainable_variables]
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))


def test_a_network_can_be_cut_again_elsewhere():
    made, _ = features(ROWS["cnn"], RANDOM_WEIGHTS)
    cut(made, 8)
    cut(made, 1)
    assert len(made.trainable_variables) == 2
