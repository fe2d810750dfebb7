"""The networks: their size, their preprocessing, and where their weights come from."""

import os
import subprocess
import sys
from dataclasses import replace
from functools import partial

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from keras.applications.imagenet_utils import preprocess_input as preprocess_by_mode

from petdoor.errors import ModelError
from tests.conftest import ROOT
from tools.networks.backbones import BACKBONES, Backbone
from tools.networks.listing import parameters
from tools.networks.pretrained import RANDOM_WEIGHTS, features, imagenet_model, on_raw_pixels

PICTURES = arrays(np.uint8, (2, 5, 4, 3))
SMALL = {name: row.chosen(size=max(32, row.smallest)) for name, row in BACKBONES.items()}
NARROW = BACKBONES["mobilenetv2"].chosen(size=32, alpha=0.35)
FORMATS = ("weights.h5", "h5", "keras")
CACHED = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224.h5"


def same_weights(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


def saved(network, path):
    """Weights, or where the suffix means that, the whole network."""
    network.save_weights(path) if path.name.endswith(".weights.h5") else network.save(path)
    return path


@pytest.mark.parametrize(
    ("name", "classes", "include_top", "count"),
    [
        ("vgg16", 1000, True, 138_357_544),
        ("vgg16", 0, False, 14_714_688),
        ("cnn", 2, False, 13_132_322),
        ("alexnet", 1000, False, 61_100_840),
        ("mobilenetv2", 1000, False, 3_538_984),
        ("resnet50", 1000, False, 25_636_712),
    ],
)
def test_each_network_has_as_many_parameters_as_published(name, classes, include_top, count):
    assert parameters(BACKBONES[name], classes, include_top=include_top) == count


def test_petnet_is_small_enough_for_a_model_of_two_megabytes():
    network = BACKBONES["petnet"].network(include_top=False)
    assert network.output_shape == (None, 256)
    assert network.count_params() < 1_900_000
    assert BACKBONES["petnet"].network().output_shape == (None, 1000)


@settings(deadline=None, max_examples=50)
@given(PICTURES)
def test_vgg16_and_resnet50_see_what_keras_prepares_for_them(pictures):
    for name, module in (("vgg16", keras.applications.vgg16), ("resnet50", keras.applications.resnet50)):
        ours = BACKBONES[name].preprocess()(pictures.astype(np.float32))
        np.testing.assert_allclose(ours, module.preprocess_input(pictures.astype(np.float32)), atol=1e-4)


@settings(deadline=None, max_examples=50)
@given(PICTURES)
def test_mobilenetv2_sees_what_keras_prepares_for_it(pictures):
    ours = BACKBONES["mobilenetv2"].preprocess()(pictures.astype(np.float32))
    theirs = keras.applications.mobilenet_v2.preprocess_input(pictures.astype(np.float32))
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


@settings(deadline=None, max_examples=50)
@given(PICTURES)
def test_alexnet_sees_what_torchvision_prepares_for_it(pictures):
    ours = BACKBONES["alexnet"].preprocess()(pictures.astype(np.float32))
    theirs = preprocess_by_mode(pictures.astype(np.float32), data_format="channels_last", mode="torch")
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("row", SMALL.values(), ids=SMALL)
def test_every_row_makes_a_vector_of_raw_pixels(row):
    network, known = features(row, RANDOM_WEIGHTS)
    picture = np.random.default_rng(0).integers(0, 256, (1, *row.input_shape)).astype(np.float32)
    vector = np.asarray(on_raw_pixels(row, network)(picture))
    assert (vector.shape, known) == ((1, network.output_shape[1]), None)
    assert np.isfinite(vector).all()


@pytest.mark.parametrize("row", SMALL.values(), ids=SMALL)
def test_every_row_prepares_pixels_inside_its_graph(row):
    network, _ = features(row, RANDOM_WEIGHTS)
    picture = np.random.default_rng(0).integers(0, 256, (1, *row.input_shape)).astype(np.float32)
    prepared = network(row.preprocess()(picture), training=False)
    np.testing.assert_allclose(on_raw_pixels(row, network)(picture, training=False), prepared, atol=1e-5)


@pytest.mark.parametrize("row", SMALL.values(), ids=SMALL)
def test_preprocessing_is_never_trained(row):
    network, _ = features(row, RANDOM_WEIGHTS)
    whole = on_raw_pixels(row, network)
    assert len(whole.trainable_variables) == len(network.trainable_variables)


def test_a_width_there_is_not_names_those_there_are():
    with pytest.raises(ModelError, match=r"alpha 0.6: this network has the widths 0.35, 0.5, 0.75, 1, 1.3"):
        BACKBONES["mobilenetv2"].chosen(alpha=0.6)


def test_a_network_of_one_width_says_so():
    with pytest.raises(ModelError, match=r"alpha 0.5: this network has one width only"):
        BACKBONES["vgg16"].chosen(alpha=0.5)


@pytest.mark.parametrize(("name", "size"), [("mobilenetv2", 31), ("alexnet", 62), ("vgg16", 28)])
def test_a_picture_too_small_for_a_network_is_refused_with_the_least_it_needs(name, size):
    with pytest.raises(
        ModelError, match=rf"size {size}: this network needs {BACKBONES[name].smallest} pixels"
    ):
        BACKBONES[name].chosen(size=size)


@pytest.mark.parametrize("name", BACKBONES)
def test_the_least_size_of_every_network_is_the_true_one(name):
    row = BACKBONES[name]
    with keras.StatelessScope(initialize_variables=False):
        assert row.chosen(size=row.smallest).network(include_top=False).output_shape[1] > 0


def tiny(*, input_shape, include_top, weights, filters=4, **_):
    """A network as keras.applications have them, but of one convolution."""
    assert weights is None
    pixels = keras.Input(input_shape)
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(filters, 3)(pixels))
    return keras.Model(pixels, keras.layers.Dense(1000)(pooled) if include_top else pooled, name="tiny")


TINY = Backbone("tiny", tiny, BACKBONES["mobilenetv2"].preprocess, "to -1..1", size=32)
OTHER = replace(TINY, build=partial(tiny, filters=5))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A tiny network, whole and without its classes, in every form Keras writes."""
    folder = tmp_path_factory.mktemp("tiny")
    networks = {"whole": TINY.network(), "notop": TINY.network(include_top=False)}
    for name, network in networks.items():
        for suffix in FORMATS:
            saved(network, folder / f"{name}.{suffix}")
    return folder, networks


@pytest.mark.parametrize("suffix", FORMATS)
def test_weights_of_every_form_are_read(files, suffix):
    folder, networks = files
    network, known = features(TINY, folder / f"whole.{suffix}")
    assert same_weights(network, keras.Model(networks["whole"].input, networks["whole"].layers[-2].output))
    assert same_weights(known, networks["whole"].layers[-1])


@pytest.mark.parametrize("suffix", FORMATS)
def test_weights_without_classes_serve_for_features(files, suffix):
    folder, networks = files
    network, known = features(TINY, folder / f"notop.{suffix}")
    assert same_weights(network, networks["notop"])
    assert known is None


@pytest.mark.parametrize("name", ["petnet", "mlp"])
def test_a_network_that_nobody_offers_takes_weights_of_ones_own(name, tmp_path):
    whole = SMALL[name].network()
    network, known = features(SMALL[name], saved(whole, tmp_path / "own.weights.h5"))
    assert same_weights(network, keras.Model(whole.input, whole.layers[-2].output))
    assert same_weights(known, whole.layers[-1])
    assert known.output.shape == (None, 1000)


@pytest.fixture(scope="module")
def vgg16(tmp_path_factory):
    """A small VGG16 with its dense layers, and its file."""
    network = SMALL["vgg16"].network()
    return network, saved(network, tmp_path_factory.mktemp("vgg16") / "whole.weights.h5")


def test_vgg16_takes_its_features_from_a_file_of_the_whole_network(vgg16):
    network, known = features(SMALL["vgg16"], vgg16[1])
    convolutions = keras.Model(vgg16[0].input, vgg16[0].get_layer("block5_pool").output)
    assert (network.output_shape, known) == ((None, 512), None)
    assert same_weights(network, convolutions)


def test_vgg16_takes_its_features_from_a_legacy_file_of_the_whole_network(vgg16, tmp_path):
    network, _ = features(SMALL["vgg16"], saved(vgg16[0], tmp_path / "whole.h5"))
    assert network.output_shape == (None, 512)
    assert same_weights(network.layers[-3], vgg16[0].get_layer("block5_conv3"))


def test_vgg16_keeps_its_own_dense_layers_when_asked(vgg16):
    network, known = features(SMALL["vgg16"], vgg16[1], include_top=True)
    assert network.output_shape == (None, 4096)
    assert same_weights(network, keras.Model(vgg16[0].input, vgg16[0].layers[-2].output))
    assert same_weights(known, vgg16[0].layers[-1])


def test_vgg16_takes_its_features_from_a_file_without_dense_layers_but_cannot_invent_them(vgg16, tmp_path):
    convolutions = keras.Model(vgg16[0].input, vgg16[0].get_layer("block5_pool").output)
    path = saved(convolutions, tmp_path / "notop.weights.h5")
    network, _ = features(SMALL["vgg16"], path)
    assert same_weights(network, convolutions)
    with pytest.raises(ModelError, match=r"notop.weights.h5: these weights do not fit vgg16: .* 3 objects"):
        features(SMALL["vgg16"], path, include_top=True)


def damaged(content):
    begin = content.index(b"\x89HDF") + 8
    return content[:begin] + b"\xff" * 600 + content[begin + 600 :]


def cut(content):
    return content[: len(content) // 2]


def overwritten(_):
    return b"no weights at all"


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("spoil", [damaged, cut, overwritten])
def test_a_broken_weights_file_is_one_sentence(files, tmp_path, suffix, spoil):
    path = tmp_path / f"broken.{suffix}"
    path.write_bytes(spoil((files[0] / f"whole.{suffix}").read_bytes()))
    with pytest.raises(ModelError, match=r"these weights do not fit tiny: \S") as caught:
        features(TINY, path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", FORMATS)
def test_weights_of_another_network_are_one_sentence(files, suffix):
    with pytest.raises(ModelError, match=r"do not fit tiny: [^\n]*$"):
        features(OTHER, files[0] / f"whole.{suffix}")


def test_mobilenetv2_refuses_the_weights_of_another_width(tmp_path):
    path = saved(NARROW.network(), tmp_path / "narrow.weights.h5")
    with pytest.raises(ModelError, match=r"narrow.weights.h5: these weights do not fit mobilenetv2_0.50_32"):
        features(NARROW.chosen(alpha=0.5), path)


@pytest.mark.parametrize("suffix", ["txt", "tflite", "h5.gz"])
def test_a_file_of_another_kind_is_told_which_kinds_there_are(tmp_path, suffix):
    (tmp_path / f"some.{suffix}").write_bytes(b"something")
    with pytest.raises(ModelError, match=r"do not fit .*`\.weights\.h5` files"):
        features(TINY, tmp_path / f"some.{suffix}")


@pytest.mark.parametrize("name", ["mobilenetv2", "vgg16"])
def test_a_missing_weights_file_is_named(tmp_path, name):
    with pytest.raises(ModelError, match=r"none.h5: there is no such weights file"):
        features(SMALL[name], tmp_path / "none.h5")


def test_the_pretrained_network_is_as_sure_as_its_row_says(files):
    folder, networks = files
    picture = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3)).astype(np.float32)
    logits = networks["whole"](picture / 127.5 - 1)
    ours = imagenet_model(replace(TINY, temperature=0.7), folder / "whole.h5")(picture)
    np.testing.assert_allclose(ours, np.asarray(logits) / 0.7, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("build", [features, imagenet_model])
@pytest.mark.parametrize("name", [name for name, row in BACKBONES.items() if not row.is_pretrained])
def test_a_network_nobody_trained_is_not_passed_off_as_pretrained(name, build):
    with pytest.raises(ModelError, match=r"nobody offers weights of this network: pass a file of your own"):
        build(SMALL[name], None)


def test_the_dense_layers_of_vgg16_are_not_downloaded_for_a_size_they_do_not_fit():
    with pytest.raises(
        ModelError, match=r"size 96: this network's dense layers were trained for 224 px only"
    ):
        features(BACKBONES["vgg16"].chosen(size=96), None, include_top=True)


def test_downloaded_weights_serve_at_any_size(tmp_path):
    (tmp_path / "models").mkdir()
    saved(NARROW.chosen(size=224).network(), tmp_path / "models" / CACHED)
    program = (
        "from tools.networks.backbones import BACKBONES; from tools.networks.pretrained import features;"
        "row = BACKBONES['mobilenetv2'].chosen(size=40, alpha=0.35);"
        "print(*[part is not None for part in features(row, None)])"
    )
    environ = {**os.environ, "KERAS_HOME": str(tmp_path), "https_proxy": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert done.stdout == "True True\n", done.stderr
