"""A Keras model of one's own, or a large one of random weights, as a file that the door judges by.

Random weights serve where structure is the question: that it converts, opens and runs.
"""

import keras
import numpy as np
import pytest
from keras import layers

from petdoor import pictures
from petdoor.adapters.classifier import TFLiteClassifier
from petdoor.errors import ConfigError, DataError, ModelError
from tests.conftest import run_tools
from tests.fakes import SilentTeller
from tests.tools import own_models
from tests.tools.own_models import SIZE, followed_by, with_end
from tests.tools.tinted import TINTS, tinted, tinted_folder
from tools.conversion.convert import convert, load, on_raw_pixels
from tools.conversion.export import export
from tools.conversion.finish import Draft, finish
from tools.conversion.quantise import to_full_integer
from tools.data.dataset import Example, open_dataset
from tools.networks.backbones import BACKBONES
from tools.networks.pretrained import RANDOM_WEIGHTS, features
from tools.networks.pretrained import on_raw_pixels as preprocessed
from tools.plan import Conversion, Wish
from tools.training.head import head

MINUS_ONE_TO_ONE = (-1.0, 1.0)
CLASSES = ("cat", "dog", "other")


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return tinted_folder(tmp_path_factory.mktemp("photos"), each=12)


@pytest.fixture
def mine(tmp_path):
    """Saves a model, and makes it the door's."""

    def converted(model, photos, **told):
        path = tmp_path / "mine.keras"
        model.save(path)
        return convert(conversion(path, photos, tmp_path / "out" / "door.tflite", **told), SilentTeller())

    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "door.tflite").write_bytes(b"the old model")
    yield converted
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["door.tflite"]


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out" / "door.tflite"


def conversion(model, photos, output, **told):
    job = {"input_range": MINUS_ONE_TO_ONE, "labels": None, "species": {}, "wish": Wish()}
    return Conversion(model=model, dataset=open_dataset(str(photos)), output=output, **{**job, **told})


def new_pictures():
    return [pictures.resized(tinted(name, 500 + seed), (SIZE, SIZE)) for name in TINTS for seed in range(5)]


def by_keras(model, shown):
    """What the model, which takes -1..1, says of the pictures."""
    plain = keras.Model(model.inputs[0], model.outputs[0])
    return np.asarray(plain(np.array(shown, np.float32) / 127.5 - 1, training=False))


def details(path):
    interpreter = TFLiteClassifier(path)._interpreter
    types = {np.dtype(tensor["dtype"]) for tensor in interpreter.get_tensor_details()}
    return interpreter.get_input_details()[0], interpreter.get_output_details()[0], types


def is_camera_bytes_in_and_integer_throughout(path):
    source, sink, types = details(path)
    is_bytes = source["dtype"] == sink["dtype"] == np.uint8 and source["quantization"] == (1.0, 0)
    return is_bytes and np.dtype(np.float32) not in types


@pytest.fixture(scope="module")
def command(photos, tmp_path_factory):
    """What a user does, and what comes of it."""
    folder = tmp_path_factory.mktemp("command")
    with_end("softmax").save(folder / "mine.keras")
    options = ("--data", photos, "--input-range", -1, 1, "--output", folder / "door.tflite")
    done = run_tools("convert", folder / "mine.keras", *options)
    assert done.returncode == 0, done.stderr
    return done.stdout, folder / "door.tflite"


def test_the_command_tells_agreement_accuracy_and_sizes(command):
    wrote = next(line for line in command[0].splitlines() if line.startswith(f"wrote {command[1]}: "))
    assert "100.0% of 18 pictures judged as by the float network" in wrote
    assert "right 100.0%, float 100.0%" in wrote
    assert "MB, float " in wrote
    assert "peak memory" in command[0]


def test_the_door_judges_as_keras_does(command):
    classifier, shown = TFLiteClassifier(command[1]), new_pictures()
    ours = np.array([classifier.probabilities(picture) for picture in shown])
    np.testing.assert_allclose(ours, by_keras(with_end("softmax"), shown), atol=0.03)


def test_camera_bytes_are_the_input_and_nothing_inside_is_a_float(command):
    assert is_camera_bytes_in_and_integer_throughout(command[1])


def test_the_file_says_what_it_is_and_how_it_did(command):
    classifier = TFLiteClassifier(command[1])
    assert classifier.labels == CLASSES
    assert classifier.facts["species"] == {"cat": [[0, 0]], "dog": [[1, 1]]}
    assert classifier.facts["trained_on"] == "converted from mine.keras"
    assert classifier.facts["measured"]["accuracy"] == 1
    assert classifier.facts["measured"]["false_accept"] == [0, 12]
    assert 0.5 <= classifier.threshold <= 0.99


FORMS = {
    "a softmax at its end": with_end("softmax"),
    "a softmax layer": followed_by(layers.Softmax()),
    "an activation layer": followed_by(layers.Activation("softmax")),
    "a classifier inside": own_models.nested(),
    "layers in a row": own_models.sequential(),
    "lists and dictionaries": own_models.in_lists_and_dicts(),
    "half floats": own_models.in_half_floats(),
}


@pytest.mark.parametrize("model", FORMS.values(), ids=FORMS)
def test_a_model_of_any_form_gives_scores_whose_softmax_it_was(model, tmp_path):
    model.save(tmp_path / "mine.keras")
    ours = on_raw_pixels(load(tmp_path / "mine.keras"), MINUS_ONE_TO_ONE)
    scores = ours(np.array(new_pictures(), np.float32), training=False)
    np.testing.assert_allclose(keras.ops.softmax(scores), by_keras(model, new_pictures()), atol=2e-3)
    assert np.min(scores) < 0


@pytest.mark.parametrize("model", FORMS.values(), ids=FORMS)
def test_a_model_of_any_form_has_an_integer_form(model, tmp_path):
    model.save(tmp_path / "mine.keras")
    ours = on_raw_pixels(load(tmp_path / "mine.keras"), MINUS_ONE_TO_ONE)
    assert to_full_integer(ours, new_pictures())[4:8] == b"TFL3"


def test_a_legacy_file_is_read_too(tmp_path):
    with_end("softmax").save(tmp_path / "mine.h5")
    assert load(tmp_path / "mine.h5").output_shape == (None, 3)


def test_plain_scores_stay_as_they_are(tmp_path):
    with_end(None).save(tmp_path / "mine.keras")
    ours = on_raw_pixels(load(tmp_path / "mine.keras"), MINUS_ONE_TO_ONE)
    scores = ours(np.array(new_pictures(), np.float32))
    np.testing.assert_allclose(scores, by_keras(with_end(None), new_pictures()), atol=1e-4)


@pytest.mark.parametrize("input_range", [(0, 255), (0, 1), (-1, 1), (1, 0)])
def test_black_and_white_arrive_as_the_model_wants_them(input_range):
    pixels = keras.Input((SIZE, SIZE, 3))
    mean = keras.Model(pixels, layers.GlobalAveragePooling2D()(pixels))
    ours = on_raw_pixels(mean, input_range)
    for value, wanted in zip((0, 255), input_range, strict=True):
        np.testing.assert_allclose(ours(np.full((1, SIZE, SIZE, 3), value, np.float32)), wanted, atol=1e-3)


def test_dull_pictures_to_calibrate_with_still_leave_camera_bytes_the_input(tmp_path):
    dull = [np.full((SIZE, SIZE, 3), 128, np.uint8)] * 3
    model = on_raw_pixels(with_end(None), MINUS_ONE_TO_ONE)
    (tmp_path / "dull.tflite").write_bytes(to_full_integer(model, dull))
    foreign = TFLiteClassifier(tmp_path / "dull.tflite", labels=CLASSES)
    source = foreign._interpreter.get_input_details()[0]
    assert (source["dtype"], source["quantization"]) == (np.uint8, (1.0, 0))


@pytest.mark.parametrize("activation", ["sigmoid", "relu", "log_softmax"])
def test_another_end_than_a_softmax_is_refused(mine, photos, output, activation):
    with pytest.raises(ModelError, match=rf"its last layer ends in {activation}; the door needs a softmax"):
        mine(with_end(activation), photos)
    assert output.read_bytes() == b"the old model"


@pytest.mark.parametrize(
    "end",
    [keras.ops.softmax, layers.Reshape((3,)), layers.Identity()],
    ids=["function", "reshape", "identity"],
)
def test_a_softmax_hidden_below_the_end_is_refused_rather_than_taken_for_scores(mine, photos, end):
    ends = [end] if end is keras.ops.softmax else [layers.Softmax(), end]
    with pytest.raises(
        ModelError, match="its scores are probabilities, but not by a softmax at its very end"
    ):
        mine(followed_by(*ends), photos)


def shaped(shape, out, *more):
    pixels = keras.Input(shape)
    others = [keras.Input(other) for other in more]
    pooled = layers.GlobalAveragePooling2D()(pixels)
    joined = layers.Concatenate()([pooled, *others]) if others else pooled
    return keras.Model([pixels, *others] if others else pixels, layers.Dense(out)(joined))


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (shaped((SIZE, SIZE, 1), 3), "it takes 32 x 32 x 1 and yields 3"),
        (shaped((None, None, 3), 3), "it takes any x any x 3 and yields 3"),
        (shaped((SIZE, SIZE, 3), 1), "it takes 32 x 32 x 3 and yields 1"),
        (shaped((SIZE, SIZE, 3), 3, (4,)), "it takes 32 x 32 x 3 and 4 and yields 3"),
        (
            keras.Sequential([keras.Input((9, 9, 3)), layers.Conv2D(3, 3)]),
            "it takes 9 x 9 x 3 and yields 7 x 7 x 3",
        ),
    ],
    ids=["grey", "any size", "one output", "two inputs", "a map"],
)
def test_a_model_of_the_wrong_shape_is_told_its_shape(mine, photos, output, model, told):
    with pytest.raises(ModelError, match=f"mine.keras: {told}; petdoor needs pictures of a fixed height"):
        mine(model, photos)
    assert output.read_bytes() == b"the old model"


def test_a_model_of_more_outputs_than_classes_asks_for_labels(mine, photos, output):
    with pytest.raises(ModelError, match=r"mine.keras: it has 5 outputs but there are 3 classes; .*--labels"):
        mine(shaped((SIZE, SIZE, 3), 5), photos)
    assert output.read_bytes() == b"the old model"


def test_labels_put_the_outputs_in_their_order(mine, photos, tmp_path):
    model = with_end("softmax")
    model.layers[-1].set_weights([array[..., [2, 0, 1]] for array in model.layers[-1].get_weights()])
    (tmp_path / "labels.txt").write_text("other\ncat\ndog\n")
    finished = mine(model, photos, labels=tmp_path / "labels.txt")
    assert finished.parity.integer_accuracy == 1


def test_labels_that_leave_a_class_out_are_refused(mine, photos, tmp_path):
    (tmp_path / "labels.txt").write_text("dog\ncat\nhare\n")
    with pytest.raises(ModelError, match="--labels does not name other, of which there are photos"):
        mine(with_end("softmax"), photos, labels=tmp_path / "labels.txt")


@pytest.mark.parametrize("name", ["mine.keras", "mine.h5", "mine.txt", "mine.tflite"])
def test_a_file_that_is_no_keras_model_is_one_sentence(photos, tmp_path, output, name):
    (tmp_path / name).write_bytes(b"this is no model, whatever its name says")
    with pytest.raises(ModelError, match=rf"{name}: Keras cannot read this model: [^\n]+$"):
        convert(conversion(tmp_path / name, photos, output), SilentTeller())
    assert not output.exists()


def test_weights_alone_are_no_model(photos, tmp_path, output):
    with_end("softmax").save_weights(tmp_path / "mine.weights.h5")
    with pytest.raises(ModelError, match=r"mine.weights.h5: Keras cannot read this model: [^\n]+$"):
        convert(conversion(tmp_path / "mine.weights.h5", photos, output), SilentTeller())


def test_a_missing_model_is_named(photos, tmp_path, output):
    with pytest.raises(ModelError, match=r"none.keras: there is no such model file"):
        convert(conversion(tmp_path / "none.keras", photos, output), SilentTeller())


def test_the_command_ends_with_one_sentence_and_nothing_written(photos, tmp_path):
    (tmp_path / "mine.keras").write_bytes(b"no model")
    done = run_tools(
        "convert", tmp_path / "mine.keras", "--data", photos, "--output", tmp_path / "door.tflite"
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"tools: {tmp_path}/mine.keras: Keras cannot read this model")
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mine.keras"]


def test_black_that_is_white_is_refused(mine, photos):
    with pytest.raises(ConfigError, match="--input-range 1 1: black and white cannot be the same"):
        mine(with_end("softmax"), photos, input_range=(1, 1))


def test_an_operation_without_integer_form_is_named(mine, photos, output):
    with pytest.raises(ModelError, match=r"cannot make this network full integer; it fails at Erf$"):
        mine(followed_by(keras.ops.erf), photos)
    assert output.read_bytes() == b"the old model"


def test_a_model_that_eight_bits_spoil_is_not_written(mine, photos, output):
    with pytest.raises(
        ModelError, match=r"costs 66.7 points of accuracy on 18 pictures, more than --max-drop 1"
    ):
        mine(own_models.brittle(), photos)
    assert output.read_bytes() == b"the old model"


def test_a_model_that_eight_bits_spoil_is_written_when_that_is_wished(mine, photos, output):
    finished = mine(own_models.brittle(), photos, wish=Wish(max_drop=70, false_accept=1))
    assert finished.parity.float_accuracy == 1
    assert TFLiteClassifier(output).facts["measured"]["accuracy"] == pytest.approx(1 / 3)


def test_too_few_photos_to_compare_on_are_refused_before_quantising(mine, tmp_path, output):
    few = tinted_folder(tmp_path / "few", each=2)
    with pytest.raises(DataError, match="no photos are left to compare float and integer on"):
        mine(with_end("softmax"), few)
    assert output.read_bytes() == b"the old model"


def test_a_photo_that_cannot_be_read_is_skipped_and_told(tmp_path):
    photos = tinted_folder(tmp_path / "photos", each=6)
    (photos / "dog" / "broken.jpg").write_bytes(b"no picture")
    with_end("softmax").save(tmp_path / "mine.keras")
    teller = SilentTeller()
    convert(conversion(tmp_path / "mine.keras", photos, tmp_path / "door.tflite"), teller)
    assert any(said.startswith(f"skipped {photos}/dog/broken.jpg: ") for said in teller.said)


def test_vgg16_with_its_dense_layers_becomes_a_model_for_the_door(tmp_path):
    row, teller = BACKBONES["vgg16"].chosen(size=32), SilentTeller()
    export("vgg16", row, RANDOM_WEIGHTS, None, tmp_path / "door.tflite", teller=teller)
    assert is_camera_bytes_in_and_integer_throughout(tmp_path / "door.tflite")
    assert len(TFLiteClassifier(tmp_path / "door.tflite").labels) == 1000
    assert "peak memory" in teller.said[-1]


def test_vgg16_with_a_head_of_512_neurons_becomes_a_model_for_the_door(photos, tmp_path):
    row = BACKBONES["vgg16"].chosen(size=32)
    network, _ = features(row, RANDOM_WEIGHTS)
    own = head(512, 3, hidden=512, dropout=0.2, seed=0)
    model = preprocessed(row, keras.Model(network.input, own(network.output)))
    examples = [Example(path, 0) for path in pictures.find(str(photos))]
    finished = finish(
        Draft(model, CLASSES, CLASSES, {"backbone": "vgg16"}),
        calibration=[example.path for example in examples],
        judged=examples,
        wish=Wish(max_drop=100),
        output=tmp_path / "door.tflite",
        teller=SilentTeller(),
    )
    assert is_camera_bytes_in_and_integer_throughout(tmp_path / "door.tflite")
    assert finished.parity.shared_probability >= 0.95
    assert finished.parity.integer_bytes < finished.parity.float_bytes / 3.5


@pytest.mark.slow
def test_the_whole_of_vgg16_converts_in_9_gigabytes(tmp_path):
    output = tmp_path / "door.tflite"
    done = run_tools("export", "--backbone", "vgg16", "--weights", "random", "--output", output)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split("peak memory")[1].split()[0]) <= 9
    assert 138e6 < output.stat().st_size < 140e6
    assert is_camera_bytes_in_and_integer_throughout(output)
