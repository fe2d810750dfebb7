"""One file that is the model and says what it means."""

import io
import json
import struct
import zipfile
from contextlib import suppress
from hashlib import sha256

import pytest

from petdoor import modelfile
from petdoor.core.species import ClassRange
from petdoor.errors import ModelError

# A flatbuffer with one buffer of 256 weights and nothing else: root, model table, vector, buffer table.
HEAD = (
    struct.pack("<I4s7Hxx", 24, b"TFL3", 14, 8, 0, 0, 0, 0, 4)
    + struct.pack("<iIII3Hxx", 16, 4, 1, 12, 6, 8, 4)
    + struct.pack("<iII256s", 8, 4, 256, bytes(range(256)))
)
LABELS = ("poodle", "beagle", "tabby")
FACTS = {
    "backbone": "tiny",
    "output": "logits",
    "species": {"dog": [[0, 1]], "cat": [[2, 2]]},
    "threshold": 0.6,
    "trained_on": "drawings",
}
PACKED = modelfile.pack(HEAD, LABELS, FACTS)


def written(folder, content, name="door.tflite"):
    path = folder / name
    path.write_bytes(content)
    return path


def with_tail(**members):
    """The head, and a zip behind it that nobody checked."""
    file = io.BytesIO()
    file.write(HEAD)
    with zipfile.ZipFile(file, "a") as tail:
        for name, text in members.items():
            tail.writestr(name.replace("_", "."), text)
    return file.getvalue()


def with_facts(**changes):
    facts = {"schema": modelfile.SCHEMA, "sha256": sha256(HEAD).hexdigest()} | FACTS | changes
    return with_tail(petdoor_json=json.dumps(facts))


def without_fact(name):
    facts = {"schema": modelfile.SCHEMA, "sha256": sha256(HEAD).hexdigest()} | FACTS
    del facts[name]
    return with_tail(petdoor_json=json.dumps(facts))


def damaged(content, position, bits):
    return content[:position] + bytes([content[position] ^ bits]) + content[position + 1 :]


def refusal(path):
    with pytest.raises(ModelError) as caught:
        modelfile.read(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_what_was_packed_is_read(tmp_path):
    model = modelfile.read(written(tmp_path, PACKED))
    assert model.labels == LABELS
    assert (model.metadata.backbone, model.metadata.output, model.metadata.threshold) == (
        "tiny",
        "logits",
        0.6,
    )
    assert model.metadata.ranges == {"dog": (ClassRange(0, 1),), "cat": (ClassRange(2, 2),)}
    assert model.metadata.facts["trained_on"] == "drawings"


def test_labels_in_any_script_are_read(tmp_path):
    labels = ("Mops", "šakal", "柴犬")
    assert modelfile.read(written(tmp_path, modelfile.pack(HEAD, labels, FACTS))).labels == labels


def test_the_digest_is_that_of_the_flatbuffer_alone(tmp_path):
    model = modelfile.read(written(tmp_path, PACKED))
    assert model.digest == model.metadata.facts["sha256"] == sha256(HEAD).hexdigest()


def test_packing_the_same_twice_gives_the_same_bytes():
    assert modelfile.pack(HEAD, LABELS, dict(FACTS)) == PACKED
    with zipfile.ZipFile(io.BytesIO(PACKED)) as tail:
        assert {member.date_time for member in tail.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_what_the_interpreter_reads_stays_as_it_was(tmp_path):
    assert PACKED[: len(HEAD)] == HEAD
    assert modelfile.read(written(tmp_path, PACKED)).content == PACKED


def test_any_unzip_program_can_read_the_tail(tmp_path):
    with zipfile.ZipFile(written(tmp_path, PACKED)) as tail:
        assert tail.testzip() is None
        assert tail.namelist() == ["labels.txt", "petdoor.json"]


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": 0},
        {"veto": 0},
        {"veto": 0.9},
        {"veto": "0.2"},
        {"species": {}},
        {"output": "guesses"},
        {"schema": 99},
    ],
)
def test_facts_that_could_not_be_read_are_not_packed(change):
    with pytest.raises(ValueError, match=next(iter(change))):
        modelfile.pack(HEAD, LABELS, FACTS | change)


def test_the_veto_of_the_makers_is_read_and_its_absence_too(tmp_path):
    path = written(tmp_path, modelfile.pack(HEAD, LABELS, FACTS | {"veto": 0.2}))
    assert modelfile.read(path).metadata.veto == 0.2
    assert modelfile.read(written(tmp_path, PACKED)).metadata.veto is None


def test_a_file_with_a_tail_is_not_given_a_second_one():
    with pytest.raises(ValueError, match="already"):
        modelfile.pack(PACKED, LABELS, FACTS)


def test_damage_anywhere_in_the_flatbuffer_is_noticed(tmp_path):
    for position in range(len(HEAD)):
        assert "door.tflite" in refusal(written(tmp_path, damaged(PACKED, position, 0x10)))


def test_damage_in_the_flatbuffer_is_named_so(tmp_path):
    assert "does not match its own hash" in refusal(written(tmp_path, damaged(PACKED, 100, 0x01)))


@pytest.mark.parametrize("bits", [0x01, 0x08, 0x0C, 0x20, 0x40, 0xFF])
def test_damage_in_the_tail_is_refused_or_harmless(tmp_path, bits):
    for position in range(len(HEAD), len(PACKED)):
        path = written(tmp_path, damaged(PACKED, position, bits))
        with suppress(ModelError):
            assert modelfile.read(path).content.startswith(HEAD)


@pytest.mark.parametrize("name", ["schema", "sha256", "output", "threshold", "backbone", "species"])
def test_a_missing_fact_is_refused_by_name(tmp_path, name):
    assert name in refusal(written(tmp_path, without_fact(name)))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"schema": 2}, "schema 2"),
        ({"schema": "1"}, "schema 1"),
        ({"output": "guesses"}, "guesses"),
        ({"threshold": 0}, "threshold"),
        ({"threshold": 1.01}, "threshold"),
        ({"threshold": float("nan")}, "threshold"),
        ({"threshold": "much"}, "much"),
        ({"threshold": None}, "float"),
        ({"species": {}}, "species"),
        ({"species": None}, "species"),
        ({"species": {"other": [[0, 1]]}}, "other"),
        ({"species": {"dog": [[5, 1]]}}, "5..1"),
        ({"species": {"dog": [[-1, 1]]}}, "-1..1"),
        ({"species": {"dog": [[1]]}}, "unpack"),
        ({"species": {"dog": [1, 2]}}, "unpack"),
        ({"species": {"dog": [["a", "b"]]}}, "'a'"),
        ({"species": ["dog"]}, "damaged"),
        ({"species": "dog"}, "damaged"),
    ],
)
def test_a_fact_that_means_nothing_is_refused(tmp_path, change, reason):
    assert reason in refusal(written(tmp_path, with_facts(**change)))


@pytest.mark.parametrize("text", ["", "not JSON", "[]", "7", '"dog"', "{}"])
def test_metadata_of_another_shape_is_refused(tmp_path, text):
    refusal(written(tmp_path, with_tail(petdoor_json=text)))


def test_labels_that_are_no_text_are_refused(tmp_path):
    refusal(written(tmp_path, with_tail(labels_txt=b"\xff\xfe\xff")))


@pytest.mark.parametrize(
    "content", [b"", b"TFL3", b"this is a letter, not a model\n", b"\x1c\0\0\0TFL2" + bytes(99)]
)
def test_a_file_that_is_no_model_is_refused_with_its_size(tmp_path, content):
    assert f"({len(content)} bytes)" in refusal(written(tmp_path, content))


def test_a_missing_file_is_refused(tmp_path):
    assert "No such file" in refusal(tmp_path / "gone.tflite")


def test_a_folder_is_refused(tmp_path):
    assert "cannot read the model" in refusal(tmp_path)


def test_a_foreign_model_is_read_without_metadata(tmp_path):
    model = modelfile.read(written(tmp_path, HEAD))
    assert (model.labels, model.metadata) == (None, None)
    assert (model.content, model.digest) == (HEAD, sha256(HEAD).hexdigest())


def test_a_foreign_model_that_was_cut_off_anywhere_is_refused(tmp_path):
    for size in range(8, len(HEAD)):
        assert "incomplete" in refusal(written(tmp_path, HEAD[:size]))


def test_a_model_that_was_cut_off_within_its_weights_is_refused(tmp_path):
    assert "incomplete" in refusal(written(tmp_path, PACKED[: len(HEAD) - 1]))


def test_a_model_that_was_cut_off_within_its_tail_is_refused(tmp_path):
    for size in range(len(HEAD) + 4, len(PACKED)):
        refusal(written(tmp_path, PACKED[:size]))


def test_a_foreign_model_with_only_labels_gives_them(tmp_path):
    model = modelfile.read(written(tmp_path, with_tail(labels_txt="poodle\n\n  beagle \r\ntabby")))
    assert (model.labels, model.metadata) == (LABELS, None)
    assert model.digest == sha256(HEAD).hexdigest()


def test_a_foreign_zip_tail_without_labels_says_nothing(tmp_path):
    model = modelfile.read(written(tmp_path, with_tail(notes_md="hello")))
    assert (model.labels, model.metadata) == (None, None)


def test_a_label_file_is_read_a_name_a_line(tmp_path):
    path = written(tmp_path, b"poodle\r\nbeagle\n\n tabby \n", name="labels.txt")
    assert modelfile.read_labels(path) == LABELS


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xff"])
def test_a_label_file_that_cannot_be_read_is_refused_by_name(tmp_path, content):
    path = tmp_path / "labels.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match="cannot read the labels") as caught:
        modelfile.read_labels(path)
    assert str(path) in str(caught.value)


def test_imagenet_has_its_1000_names_with_dogs_and_cats_in_their_places():
    labels = modelfile.imagenet_labels()
    assert len(labels) == 1000
    assert (labels[151], labels[268]) == ("Chihuahua", "Mexican hairless")
    assert (labels[281], labels[285]) == ("tabby", "Egyptian cat")
