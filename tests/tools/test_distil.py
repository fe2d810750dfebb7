"""``tools distil``: a small network learns from another one what unlabelled photos show."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest
from click.testing import CliRunner

from petdoor import pictures
from petdoor.errors import ConfigError, DataError, ModelError, PictureError
from tests.conftest import ROOT, run_tools
from tests.fakes import SilentTeller
from tests.pictures_on_disk import class_folders
from tests.tools.tinted import tinted_folder
from tools.commands.distil import distil as command
from tools.lesson import Lesson
from tools.networks.backbones import BACKBONES
from tools.networks.pretrained import features
from tools.plan import Recipe
from tools.training.distil import distil
from tools.training.distillation import Mixed, Shown
from tools.training.sources import Photos


def tiny(*, input_shape, include_top, weights, **_):
    """A network as keras.applications have them, but of one convolution."""
    assert weights is None
    pixels = keras.Input(input_shape)
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(8, 3)(pixels))
    return keras.Model(pixels, keras.layers.Dense(1000)(pooled) if include_top else pooled, name="tiny")


TINY = replace(BACKBONES["mobilenetv2"].chosen(size=48), build=tiny)
PETNET, MLP = (BACKBONES[name].chosen(size=32) for name in ("petnet", "mlp"))


class Stopper(SilentTeller):
    """Presses Ctrl-C once these words are said."""

    def __init__(self, words):
        super().__init__()
        self._words = words

    def say(self, sentence):
        super().say(sentence)
        if self._words in sentence:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return pictures.find(str(tinted_folder(tmp_path_factory.mktemp("photos"), each=32)))


def lesson_for(pupil, photos, folder):
    """A short lesson by a teacher that knows nothing, but always the same."""
    keras.utils.set_random_seed(7)
    TINY.network().save_weights(folder / "teacher.weights.h5")
    return Lesson(
        photos=photos,
        names=("teacher", "pupil"),
        teacher=TINY,
        weights=folder / "teacher.weights.h5",
        pupil=pupil,
        views=2,
        recipe=Recipe("distil", 3, 0.002, batch=16, patience=3, weight_decay=0.05, memory=0.8),
        precision="float32",
        output=folder / "pupil.weights.h5",
        folder=folder / "work",
    )


@pytest.fixture
def lesson(photos, tmp_path):
    """The quickest lesson."""
    return lesson_for(MLP, photos, tmp_path)


def taught(lesson, teller=None):
    """What is said while the lesson is given; layers are numbered as in a process of its own."""
    keras.backend.clear_session()
    teller = teller or SilentTeller()
    distil(lesson, teller)
    return teller.said


def losses(said):
    """Of each epoch: over the photos that are learnt from, and over those held out."""
    rows = [line.split() for line in said if "  loss " in line]
    return [(float(row[row.index("loss") + 1]), float(row[row.index("validation") + 1][:-1])) for row in rows]


@pytest.fixture(scope="module")
def whole(photos, tmp_path_factory):
    """A lesson for petnet that nobody stopped, and what was said."""
    short = lesson_for(PETNET, photos, tmp_path_factory.mktemp("whole"))
    lesson = replace(short, recipe=replace(short.recipe, epochs=6, patience=6))
    return lesson, taught(lesson)


def test_the_pupil_learns_to_see_as_the_teacher_does(whole):
    learnt, held_out = zip(*losses(whole[1]), strict=True)
    assert len(learnt) == 6
    assert learnt[-1] < learnt[0] - 1
    # Three photos tell little of two epochs that are alike; the best one is kept in any case.
    assert min(held_out) < held_out[0] - 0.3


def test_what_is_written_is_a_network_with_its_1000_classes(whole):
    network, known = features(PETNET, whole[0].output)
    assert network.output_shape == (None, 256)
    assert known.output.shape == (None, 1000)


def test_it_says_how_many_photos_it_learns_from_and_what_it_wrote(whole):
    assert "93 photos to learn from, 3 to validate on" in whole[1]
    assert whole[1][-1] == f"wrote {whole[0].output}: 1.8 million parameters"


def test_a_stopped_lesson_goes_on_and_ends_with_the_very_bytes_of_one_that_was_not(lesson, tmp_path):
    alone = replace(lesson, output=tmp_path / "alone.weights.h5", folder=tmp_path / "alone")
    taught(alone)
    with pytest.raises(KeyboardInterrupt):
        taught(lesson, Stopper("photos to learn from"))
    kept = lesson.folder / "teacher" / "view-1"
    made_at = kept.stat().st_mtime_ns
    with pytest.raises(KeyboardInterrupt):
        taught(lesson, Stopper("distil   2/3"))
    assert not lesson.output.exists()
    assert "distil: going on after epoch 2" in taught(lesson)
    assert kept.stat().st_mtime_ns == made_at
    assert lesson.output.read_bytes() == alone.output.read_bytes()


def test_the_same_photos_elsewhere_go_on_and_others_begin_anew(lesson, tmp_path):
    begun = Stopper("photos to learn from")
    copies = [tmp_path / "copies" / path.parent.name / path.name for path in lesson.photos]
    for copy, path in zip(copies, lesson.photos, strict=True):
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    for photos in (lesson.photos, copies, copies[1:]):
        with pytest.raises(KeyboardInterrupt):
            taught(replace(lesson, photos=photos), begun)
    anew = f"{lesson.folder} holds a training with other photos or options: starting anew"
    assert [line for line in begun.said if "learn from" not in line] == [anew]
    assert begun.said[2:] == [anew, "93 photos to learn from, 2 to validate on"]


def test_a_pupil_may_learn_in_half_the_bits_and_is_written_in_all_of_them(lesson):
    taught(replace(lesson, precision="bfloat16"))
    network, _ = features(MLP, lesson.output)
    assert {str(variable.dtype) for variable in network.variables} == {"float32"}
    assert keras.config.dtype_policy().name == "float32"


def test_the_pupil_is_shown_the_very_crops_that_the_teacher_saw_at_a_size_of_its_own(tmp_path):
    paths = pictures.find(str(class_folders(tmp_path, dog=6)))
    teachers = Mixed(Photos(paths, (96, 96), 3, 0.3))
    shown = Shown(Mixed(replace(teachers.photos, size=(48, 48))), views=4)

    def apart(index, number, other):
        saw = pictures.resized(teachers.view(index, number), (48, 48)).astype(int)
        return np.abs(saw - shown.view(index, other)).mean()

    # Blur and noise are not the same at another size, the crop is.
    same = [apart(index, number, number) for index in range(6) for number in range(4)]
    others = [apart(index, number, (number + 1) % 4) for index in range(6) for number in range(4)]
    assert np.median(same) < 8
    assert np.median(others) > 20


def test_in_the_lesson_a_crop_is_shown_a_little_otherwise_each_time(photos):
    shown = Shown(Mixed(Photos(photos, (48, 48), 3, 0.3)), views=4)
    first, second = shown.view(5, 4 + 2), shown.view(5, 8 + 2)
    assert (first != second).any()
    np.testing.assert_array_equal(shown.view(5, 4 + 2), first)


def test_in_every_third_view_another_photo_shines_through(photos):
    alone = Photos(photos, (32, 32), 3, 0.3)
    mixed = Mixed(alone)
    changes = [np.abs(mixed.view(0, view).astype(int) - alone.view(0, view)).mean() for view in range(9)]
    assert [change > 0 for change in changes] == [False, False, True] * 3
    assert max(changes) < 128


def test_a_photo_that_is_named_twice_is_either_learnt_from_or_validated_on(lesson):
    teller = Stopper("photos to learn from")
    with pytest.raises(KeyboardInterrupt):
        taught(replace(lesson, photos=[*lesson.photos, *lesson.photos]), teller)
    assert teller.said == ["186 photos to learn from, 6 to validate on"]


def test_a_photo_that_cannot_be_read_is_named_and_left_out_before_the_lesson(lesson, tmp_path):
    whole = lesson.photos[0].read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.jpg").write_bytes(b"no picture")
    teller = Stopper("photos to learn from")
    photos = [tmp_path / "cut.jpg", *lesson.photos, tmp_path / "text.jpg"]
    with pytest.raises(KeyboardInterrupt):
        taught(replace(lesson, photos=photos), teller)
    assert teller.said == [
        f"skipped {tmp_path}/cut.jpg: the file is cut short",
        f"skipped {tmp_path}/text.jpg: this is no picture that OpenCV can read",
        "93 photos to learn from, 3 to validate on",
    ]


def test_a_photo_that_vanishes_on_the_way_is_one_sentence(lesson, tmp_path):
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(lesson.photos[0].read_bytes())

    class Vandal(SilentTeller):
        def say(self, sentence):
            super().say(sentence)
            copy.unlink(missing_ok=True)

    with pytest.raises(PictureError, match=r"copy.jpg: cannot read the picture: No such file") as caught:
        taught(replace(lesson, photos=[copy, *lesson.photos]), Vandal())
    assert "\n" not in str(caught.value)


def test_a_teacher_without_its_classes_is_refused(lesson, tmp_path):
    path = tmp_path / "notop.weights.h5"
    TINY.network(include_top=False).save_weights(path)
    with pytest.raises(ModelError, match=r"notop.weights.h5: the teacher's classes are missing"):
        taught(replace(lesson, weights=path))


@pytest.mark.parametrize(
    ("changes", "fault", "words"),
    [
        ({"output": ROOT / "build" / "pupil.h5"}, ConfigError, r"name that ends in \.weights\.h5"),
        ({"photos": [ROOT / "a.jpg"] * 63}, DataError, "63 photos: 64 at least are needed"),
        ({"weights": ROOT / "none.weights.h5"}, ModelError, r"none\.weights\.h5: there is no such weights"),
    ],
)
def test_what_cannot_end_well_is_refused_before_it_begins(lesson, changes, fault, words):
    with pytest.raises(fault, match=words):
        replace(lesson, **changes).check()


def told(*options):
    shown = CliRunner().invoke(command, [str(option) for option in options])
    return shown.exit_code, shown.stderr


def test_a_folder_without_photos_is_one_sentence(tmp_path):
    assert told("--photos", tmp_path) == (1, f"tools: --photos {tmp_path}: no photos there\n")


def test_only_networks_with_weights_can_teach(tmp_path):
    status, errors = told("--photos", tmp_path, "--teacher", "cnn")
    assert status == 2
    assert "'mobilenetv2', 'vgg16', 'resnet50'" in errors


def test_help_teaches_what_comes_next():
    shown = run_tools("distil", "--help").stdout
    assert "train --data photos --backbone petnet --weights petnet.weights.h5" in shown
    assert all(option in shown for option in ("--photos", "--teacher", "--views", "--precision", "--work"))


def test_ctrl_c_says_how_to_go_on_and_the_same_command_ends_it(photos, tmp_path):
    teacher = tmp_path / "teacher.weights.h5"
    BACKBONES["mobilenetv2"].network().save_weights(teacher)
    folder = photos[0].parent.parent
    options = (
        *(
            "--photos",
            folder / "dog",
            "--photos",
            folder / "c*" / "*.jpg",
            "--weights",
            teacher,
            "--views",
            1,
        ),
        *("--backbone", "mlp", "--epochs", 40, "--output", tmp_path / "mlp.weights.h5"),
    )
    run = subprocess.Popen(
        [sys.executable, "-m", "tools", "distil", *map(str, options)],
        cwd=ROOT,
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    next(line for line in run.stdout if "1/40" in line)
    run.send_signal(signal.SIGINT)
    said, errors = run.communicate(timeout=60)
    assert run.returncode == 130
    assert f"the same command goes on from {tmp_path}/mlp.weights.h5.training" in said
    assert "Traceback" not in errors
    done = CliRunner().invoke(command, [str(option) for option in options])
    assert done.exit_code == 0, done.stderr
    assert "going on after epoch" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mlp.weights.h5", "teacher.weights.h5"]
