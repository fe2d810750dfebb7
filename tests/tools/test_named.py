"""Data sets by name: real loading code, on small copies in the libraries' own form."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from petdoor import pictures
from petdoor.errors import DataError
from tests.conftest import ROOT, run_tools
from tools.data.named import KERAS_CLASSES, Labelled, from_arrays, named_folder, worded, write

STORE_CATS_VS_DOGS = """
import sys

import numpy as np
import tensorflow_datasets as tfds

random = np.random.default_rng(0)
features = tfds.features.FeaturesDict({
    "image": tfds.features.Image(encoding_format="jpeg"),
    "image/filename": tfds.features.Text(),
    "label": tfds.features.ClassLabel(names=["cat", "dog"]),
})
examples = [
    (str(i), {
        "image": random.integers(0, 256, (20 + i, 30, 3), np.uint8),
        "image/filename": f"PetImages/{i}.jpg",
        "label": int(i >= 4),
    })
    for i in range(6)
]
tfds.dataset_builders.store_as_tfds_dataset(
    name="cats_vs_dogs", version="4.0.1", data_dir=sys.argv[1], features=features,
    split_datasets={"train": examples},
)
"""


def stored_fashion_mnist(keras_home, labels):
    """The four files of Fashion-MNIST, each cut down to a few pictures."""
    folder = keras_home / "datasets" / "fashion-mnist"
    folder.mkdir(parents=True)
    for part, these in (("train", labels[:-2]), ("t10k", labels[-2:])):
        images = np.stack([np.full((28, 28), 20 * label, np.uint8) for label in these])
        images[:, 4, 5] = 255
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(b"\0" * 16 + images.tobytes()))
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(b"\0" * 8 + bytes(these)))
    return keras_home


def nowhere(tmp_path):
    """No network, and nothing loaded before."""
    proxy = "http://127.0.0.1:9"
    return {
        "HTTPS_PROXY": proxy,
        "https_proxy": proxy,
        "KERAS_HOME": str(tmp_path / "keras"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        # Keras loads matplotlib, which looks through all fonts when it finds no list of them.
        "MPLCONFIGDIR": str(ROOT / "build" / "matplotlib"),
    }


def test_fashion_mnist_becomes_a_folder_of_class_folders_once(tmp_path):
    keras_home = stored_fashion_mnist(tmp_path / "keras", [0, 0, 9, 1, 9, 0])
    first = run_tools("data", "keras:fashion_mnist", "--json", **nowhere(tmp_path))
    assert first.returncode == 0, first.stderr
    shown = json.loads(first.stdout)
    assert {c["name"]: c["pictures"] for c in shown["classes"]} == {
        "Ankle boot": 2,
        "T-shirt": 3,
        "Trouser": 1,
    }
    assert first.stderr.startswith("keras:fashion_mnist: fetching it into ")
    assert first.stderr.count("\n") == 1
    folder = tmp_path / "cache" / "petdoor" / "datasets" / "keras-fashion_mnist"
    picture = pictures.read(folder / "Ankle boot" / "000001.png")
    assert (picture.shape, picture[4, 5].tolist(), picture[9, 9].tolist()) == (
        (28, 28, 3),
        [255] * 3,
        [180] * 3,
    )
    keras_home.rename(tmp_path / "gone")
    again = run_tools("data", "keras:fashion_mnist", "--json", **nowhere(tmp_path))
    assert (json.loads(again.stdout), again.stderr) == (shown, "")


def test_without_a_network_one_sentence_says_how_to_get_the_set_there(tmp_path):
    done = run_tools("data", "keras:cifar10", **nowhere(tmp_path))
    assert done.returncode == 1
    fetching, sentence = done.stderr.splitlines()
    assert fetching.startswith("keras:cifar10: fetching it")
    assert sentence.startswith("tools: keras:cifar10: Keras could not load it (")
    assert sentence.endswith("copy ~/.keras/datasets from there, or name its folder with KERAS_HOME")
    assert not list((tmp_path / "cache").rglob("*/datasets/*"))


def test_a_prepared_tfds_set_becomes_a_folder_with_its_own_jpegs(tmp_path):
    store = [sys.executable, "-c", STORE_CATS_VS_DOGS, str(tmp_path / "tfds")]
    stored = subprocess.run(store, cwd=ROOT, capture_output=True, text=True, check=False)
    assert stored.returncode == 0, stored.stderr
    variables = nowhere(tmp_path) | {"TFDS_DATA_DIR": str(tmp_path / "tfds")}
    done = run_tools("data", "tfds:cats_vs_dogs", "--json", **variables)
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert [(c["name"], c["species"], c["pictures"]) for c in shown["classes"]] == [
        ("cat", "cat", 4),
        ("dog", "dog", 2),
    ]
    folder = tmp_path / "cache" / "petdoor" / "datasets" / "tfds-cats_vs_dogs"
    assert sorted(pictures.read(path).shape[0] for path in folder.rglob("*.jpg")) == list(range(20, 26))


def test_a_set_that_tfds_does_not_know_is_one_sentence(tmp_path):
    done = run_tools("data", "tfds:dogs_of_mars", **nowhere(tmp_path))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        "tools: tfds:dogs_of_mars: TensorFlow Datasets knows no such"
    )
    assert not list((tmp_path / "cache").rglob("*/datasets/*"))


def test_a_set_that_keras_does_not_know_is_answered_with_those_it_does(tmp_path):
    done = run_tools("data", "keras:boston_housing", **nowhere(tmp_path))
    assert "it has mnist, fashion_mnist, cifar10, cifar100" in done.stderr


@pytest.mark.parametrize("name", ["", "../../etc", "a b", "/root", ".hidden"])
def test_what_is_no_name_is_refused_before_anything_happens(name):
    with pytest.raises(DataError, match="is no name of a data set"):
        named_folder(f"tfds:{name}", say=pytest.fail)


def test_colour_arrays_as_keras_loads_them_become_pngs_in_their_colours(tmp_path):
    images = np.zeros((2, 32, 32, 3), np.uint8)
    images[0, ..., 0], images[1, ..., 2] = 255, 255
    write(tmp_path / "set", from_arrays(images, np.array([[3], [5]], np.uint8), KERAS_CLASSES["cifar10"]))
    assert pictures.read(tmp_path / "set" / "cat" / "000000.png")[0, 0].tolist() == [255, 0, 0]
    assert pictures.read(tmp_path / "set" / "dog" / "000000.png")[0, 0].tolist() == [0, 0, 255]


def test_every_class_of_keras_has_a_name_of_its_own():
    assert {name: len(set(classes)) for name, classes in KERAS_CLASSES.items()} == {
        "mnist": 10,
        "fashion_mnist": 10,
        "cifar10": 10,
        "cifar100": 100,
    }


def test_numbers_as_class_names_are_made_words_so_that_they_are_no_imagenet_classes():
    assert worded(["0", "1", "10"]) == ("class 00", "class 01", "class 10")
    assert worded(["0", "cat"]) == ("0", "cat")


@pytest.mark.parametrize("fault", [KeyboardInterrupt, OSError])
def test_a_set_that_is_broken_off_leaves_nothing(tmp_path, fault):
    def half():
        yield Labelled("dog", ".png", b"one")
        assert len(list(tmp_path.iterdir())) == 1
        raise fault

    with pytest.raises(fault):
        write(tmp_path / "set", half())
    assert list(tmp_path.iterdir()) == []


def test_a_set_has_its_name_only_when_it_is_whole(tmp_path):
    def watched():
        yield Labelled("dog", ".png", b"one")
        yield Labelled("a/b", ".jpg", b"two" if not (tmp_path / "set").exists() else b"too early")

    write(tmp_path / "set", watched())
    files = {str(path.relative_to(tmp_path)): path.read_bytes() for path in Path(tmp_path).rglob("*.*")}
    assert files == {"set/dog/000000.png": b"one", "set/a-b/000000.jpg": b"two"}
