"""Where training's arrays come from: photos as another day shows them, and what was kept of them."""

import itertools
import threading
import tracemalloc

import keras
import numpy as np
import pytest
import tensorflow as tf

from petdoor import pictures
from petdoor.errors import ConfigError
from tests.fakes import SilentTeller
from tests.tools.tinted import tinted_folder
from tools.networks.backbones import BACKBONES
from tools.networks.pretrained import RANDOM_WEIGHTS, features, on_raw_pixels
from tools.training.sources import Kept, Photos, batches, keep

ROW = BACKBONES["mobilenetv2"].chosen(size=32, alpha=0.35)


class Impatient(SilentTeller):
    """Presses Ctrl-C soon after a third of the work."""

    def track(self, items, doing, *, total):
        yield from itertools.islice(super().track(items, doing, total=total), total // 3 + 2)
        raise KeyboardInterrupt


class Counted:
    """A source of one number each that remembers which views were asked for."""

    shape, dtype = (1,), np.float32

    def __init__(self, count):
        self._count = count
        self._lock = threading.Lock()
        self.asked = []

    def __len__(self):
        return self._count

    def view(self, index, number):
        with self._lock:
            self.asked.append((index, number))
        return np.array([index + number / 1024], np.float32)


def plain():
    """A network that says what it is told."""
    numbers = keras.Input((1,))
    return keras.Model(numbers, keras.layers.Identity()(numbers))


def kept(source, folder, *, network=None, views=2, teller=None):
    return keep(
        network or plain(), source, folder, views=views, doing="keeping", teller=teller or SilentTeller()
    )


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return Photos(pictures.find(str(tinted_folder(tmp_path_factory.mktemp("photos"), each=12))), (32, 32))


def test_view_0_is_the_photo_as_the_door_would_see_it(photos):
    for index in (0, 7):
        seen = pictures.resized(pictures.read(photos.paths[index]), (32, 32))
        assert (photos.view(index, 0) == seen).all()


def test_the_same_number_shows_the_same_view_and_another_another(photos):
    first, again, other = photos.view(3, 5), photos.view(3, 5), photos.view(3, 6)
    assert (first == again).all()
    assert (first != other).any()


def test_another_seed_shows_other_views_but_the_same_plain_one(photos):
    other = Photos(photos.paths, photos.size, seed=1)
    assert (other.view(3, 5) != photos.view(3, 5)).any()
    assert (other.view(3, 0) == photos.view(3, 0)).all()


def test_what_is_kept_is_what_the_network_yields_to_half_a_float(photos, tmp_path):
    network = on_raw_pixels(ROW, features(ROW, RANDOM_WEIGHTS)[0])
    rows = kept(photos, tmp_path, network=network, views=3)
    assert (len(rows), rows.shape) == (36, (1280,))
    for index, number in ((0, 0), (35, 0), (17, 1), (35, 2)):
        direct = network(photos.view(index, number)[np.newaxis].astype(np.float32), training=False)[0]
        np.testing.assert_allclose(rows.view(index, number), direct, rtol=2e-3, atol=1e-4)


def test_maps_are_kept_in_their_shape(photos, tmp_path):
    pixels = keras.Input((32, 32, 3))
    lower = keras.Model(pixels, keras.layers.AveragePooling2D(4)(pixels))
    rows = kept(photos, tmp_path, network=lower, views=1)
    assert rows.view(4, 0).shape == (8, 8, 3)
    np.testing.assert_allclose(rows.view(4, 0), lower(photos.view(4, 0)[np.newaxis] * 1.0)[0], rtol=1e-3)


def test_more_views_than_were_kept_begin_anew(tmp_path):
    rows = kept(Counted(5), tmp_path, views=3)
    assert [float(rows.view(4, number)[0]) for number in (0, 3, 300)] == [4.0] * 3
    assert float(rows.view(4, 7)[0]) == pytest.approx(4 + 1 / 1024, abs=1e-2)


def test_what_is_too_large_for_half_a_float_stays_finite(tmp_path):
    numbers = keras.Input((1,))
    huge = keras.Model(numbers, keras.layers.Rescaling(1e9, offset=-1e9)(numbers))
    rows = kept(Counted(3), tmp_path, network=huge, views=1)
    assert [float(rows.view(index, 0)[0]) for index in range(3)] == [-65504, 0, 65504]


def test_views_that_are_whole_are_not_made_again(tmp_path):
    kept(Counted(100), tmp_path, views=2)
    source = Counted(100)
    rows = kept(source, tmp_path, views=3)
    assert {number for _, number in source.asked} == {2}
    assert [float(rows.view(99, number)[0]) > 98 for number in range(3)] == [True] * 3


def test_an_interrupted_run_leaves_whole_views_only_and_goes_on(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        kept(Counted(100), tmp_path, views=3, teller=Impatient())
    assert [path.name for path in tmp_path.iterdir()] == ["view-0"]
    source = Counted(100)
    rows = kept(source, tmp_path, views=3)
    assert {number for _, number in source.asked} == {1, 2}
    assert float(rows.view(99, 0)[0]) == 99


def test_what_a_killed_run_was_writing_is_never_taken_for_whole(tmp_path):
    (tmp_path / "view-0.part").write_bytes(b"\xff" * 50)
    rows = kept(Counted(100), tmp_path, views=1)
    assert [float(rows.view(index, 0)[0]) for index in (0, 50, 99)] == [0, 50, 99]
    assert [path.name for path in tmp_path.iterdir()] == ["view-0"]


def test_a_failure_in_the_middle_leaves_no_part_behind(tmp_path):
    paths = [*pictures.find(str(tinted_folder(tmp_path / "photos", each=2))), tmp_path / "gone.jpg"]
    identity = keras.Model(*[keras.Input((32, 32, 3))] * 2)
    with pytest.raises(tf.errors.OpError, match=r"gone.jpg: cannot read the picture"):
        kept(Photos(paths, (32, 32)), tmp_path / "kept", network=identity)
    assert list((tmp_path / "kept").iterdir()) == []


def test_rows_come_from_the_disk_one_by_one(tmp_path):
    width, count = 1000, 2_000_000
    with (tmp_path / "view-0").open("wb") as file:
        file.truncate(2 * width * count)
    rows = Kept([tmp_path / "view-0"], (width,), count)
    tracemalloc.start()
    assert rows.view(count - 1, 0).shape == (width,)
    assert tracemalloc.get_traced_memory()[1] < 100_000
    tracemalloc.stop()


def test_batches_come_in_the_order_asked_for():
    order = np.random.default_rng(0).permutation(500)
    made = batches(Counted(500), order, np.zeros_like(order), batch=32)
    sizes, values = zip(*((len(batch), batch.numpy().ravel()) for batch in made), strict=True)
    assert np.concatenate(values).astype(int).tolist() == order.tolist()
    assert sizes == (*[32] * 15, 20)


def test_each_example_comes_in_the_view_asked_for():
    source = Counted(4)
    list(batches(source, np.array([2, 0, 2]), np.array([0, 7, 2**61]), batch=2))
    assert sorted(source.asked) == [(0, 7), (2, 0), (2, 2**61)]


def test_only_the_next_few_batches_are_made_ahead():
    source, indices = Counted(100_000), np.arange(100_000)
    next(iter(batches(source, indices, np.zeros_like(indices), batch=8)))
    assert len(source.asked) < 2000


def test_a_disk_without_room_for_the_features_is_told_before_they_are_made(tmp_path):
    # 384 TB in all; a number is no photo, so that reading one would show.
    pixels = keras.Input((8, 8, 3))
    wide = keras.Model(pixels, keras.layers.Flatten()(pixels))
    photos = Photos(range(10**9), (8, 8))
    with pytest.raises(ConfigError, match="fewer --views or --layers"):
        keep(wide, photos, tmp_path / "kept", views=1000, doing="features", teller=SilentTeller())
