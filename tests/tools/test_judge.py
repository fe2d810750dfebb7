"""Labelled photos before the door's own classifier and rule."""

import csv

import pytest

from petdoor import modelfile, pictures
from petdoor.adapters.classifier import TFLiteClassifier
from petdoor.core.decision import verdict
from petdoor.core.events import Verdict
from petdoor.core.policy import Policy
from petdoor.core.species import MassRule, Sighting, Top1Rule
from petdoor.errors import ConfigError, ModelError, PetDoorError
from tests.conftest import data
from tests.tools.coloured import BLUE, COLOURS, GREEN, RED, SilentTeller, dataset_of, folder_of, packed, paint
from tools.data.dataset import Dataset, Example
from tools.data.taxonomy import species_of
from tools.judging.conduct import Conduct, in_order
from tools.judging.evaluate import differences, evaluate
from tools.judging.judge import (
    admission_probability,
    is_vetoed,
    judge,
    matching_outputs,
    unmatched,
    welcome_probability,
)

PETS = ("cat", "dog", "other")


@pytest.fixture
def model(tiny_models, tmp_path):
    return packed(tiny_models, tmp_path / "tiny.tflite")


def evaluated(model, dataset, **options):
    species = options.pop("species", None) or species_of(dataset.classes)
    return evaluate(model, dataset, species=species, teller=SilentTeller(), **options)


def test_classes_match_whatever_their_case_and_punctuation():
    labels = ["Boston bull", "black-and-tan coonhound", "crane", "crane"]
    outputs = matching_outputs(["boston_bull", "CRANE", "Black and tan_coonhound"], labels)
    assert outputs == ({0}, {2, 3}, {1})


def test_one_class_the_model_lacks_leaves_all_unmatched_and_is_named():
    assert matching_outputs(["red", "mauve"], ["red", "green"]) is None
    assert unmatched(["red", "mauve"], ["red", "green"]) == ("mauve",)


@pytest.mark.parametrize(("width", "index"), [(1000, 151), (1001, 152)])
def test_whole_numbers_are_imagenet_classes_with_the_offset_of_the_model(width, index):
    assert matching_outputs(["151", "0"], ["label"] * width) == ({index}, {index - 151})


def test_whole_numbers_find_imagenet_names_in_a_model_of_other_width():
    assert matching_outputs(["151", "281"], ["tabby", "Chihuahua"]) == ({1}, {0})


def test_whole_numbers_mean_nothing_to_a_model_of_other_names():
    assert matching_outputs(["151", "281"], ["red", "green"]) is None


def test_photos_filed_under_the_numbers_a_model_gives_them_are_all_right(tiny_models, tmp_path):
    model = tiny_models / "uint8_logits_1000.tflite"
    classifier = TFLiteClassifier(model)
    for colour in (RED, GREEN, BLUE, (250, 250, 10)):
        picture = paint(tmp_path / "picture.png", colour)
        best = classifier.top(classifier.probabilities(pictures.read(picture)), 1)[0]
        paint(tmp_path / "data" / str(best.index) / f"{colour[0]}-{colour[1]}.png", colour)
    figures = evaluated(model, dataset_of(tmp_path / "data")).figures
    assert (figures.top1.count, figures.top1.total) == (4, 4)


def test_with_1001_classes_a_number_means_the_output_one_further_on(tiny_models, tmp_path):
    # This tiny model finds all classes equally improbable: its order is that of its outputs.
    dataset = folder_of(tmp_path / "data", {"0": [RED], "3": [RED], "4": [RED]})
    found = evaluated(tiny_models / "uint8_softmax_1001.tflite", dataset)
    assert [photo.rank for photo in found.judged] == [2, 5, 6]
    assert (found.figures.top1.count, found.figures.top5.count) == (0, 2)


def test_a_hosted_model_of_1001_classes_knows_breeds_filed_by_number(hosted_model):
    breeds = data("photos/breeds")
    labels = [label.lower().replace(" ", "_") for label in modelfile.imagenet_labels()]
    with (breeds / "labels.csv").open() as table:
        rows = [row for row in csv.DictReader(table) if row["breed"] in labels[151:269]][:60]
    assert len(rows) == 60
    numbers = [labels.index(row["breed"], 151) for row in rows]
    classes = tuple(map(str, sorted(set(numbers))))
    paths = [breeds / "train" / f"{row['id']}.jpg" for row in rows]
    examples = [
        Example(path, classes.index(str(number))) for path, number in zip(paths, numbers, strict=True)
    ]
    figures = evaluated(hosted_model, Dataset("breeds", classes, tuple(examples))).figures
    assert figures.top1.share >= 0.7
    assert figures.top5.share >= 0.9
    assert figures.admitted["dog"].share >= 0.9


def test_every_photo_is_told_of_with_its_truth_and_the_verdict(model, tmp_path):
    dataset = folder_of(tmp_path / "data", {"dog": [RED], "cat": [GREEN], "other": [BLUE]})
    classifier = TFLiteClassifier(model)
    teller = SilentTeller()
    judged, unreadable = judge(
        classifier, MassRule(classifier.ranges), Policy(), dataset, species=PETS, teller=teller
    )
    assert [(photo.truth, photo.verdict) for photo in judged] == [
        ("cat", Verdict.KEEP_IN),
        ("dog", Verdict.ADMIT),
        ("other", Verdict.REFUSE),
    ]
    assert all(photo.rank is None and photo.predicted is None for photo in judged)
    assert not unreadable
    assert teller.said == ["judging 3"]


def test_the_rank_of_the_true_class_is_counted_among_all(model, tmp_path):
    dataset = folder_of(tmp_path / "data", {name: [colour] for name, colour in COLOURS.items()})
    path = paint(tmp_path / "wrong.png", (15, 240, 120))
    mislabelled = Dataset("wrong", dataset.classes, (Example(path, dataset.classes.index("red")),))
    right = evaluated(model, dataset, species=("other", "cat", "dog"))
    assert [photo.rank for photo in right.judged] == [1, 1, 1]
    wrong = evaluated(model, mislabelled, species=("other", "cat", "dog")).judged[0]
    assert (wrong.rank, wrong.predicted) == (3, dataset.classes.index("green"))


def test_a_photo_that_cannot_be_read_is_told_of_and_not_counted(model, tmp_path):
    folder_of(tmp_path / "data", {"dog": [RED, RED], "cat": [GREEN]})
    (tmp_path / "data" / "dog" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    found = evaluated(model, dataset_of(tmp_path / "data"))
    assert len(found.judged) == 3
    assert [unread.image.name for unread in found.unreadable] == ["broken.jpg"]
    assert found.figures.admitted["dog"].total == 2


def test_photos_of_which_none_can_be_read_are_an_error(model, tmp_path):
    (tmp_path / "data" / "dog").mkdir(parents=True)
    (tmp_path / "data" / "dog" / "broken.jpg").write_bytes(b"")
    with pytest.raises(PetDoorError, match=r"none of 1 pictures can be read: .*broken.jpg: the file is"):
        evaluated(model, dataset_of(tmp_path / "data"))


def test_a_data_set_without_a_picture_is_an_error(model):
    with pytest.raises(PetDoorError, match="nothing: there is no picture to judge"):
        evaluated(model, Dataset("nothing", ("dog",), ()))


def test_mistakes_of_the_door_are_counted_by_true_species(model, tmp_path):
    painted = {"dog": [RED, RED, RED, BLUE], "cat": [GREEN, RED], "other": [BLUE, BLUE, BLUE]}
    figures = evaluated(model, folder_of(tmp_path / "data", painted)).figures
    assert (figures.false_accept.count, figures.false_accept.total) == (1, 5)
    assert (figures.false_refuse.count, figures.false_refuse.total) == (1, 4)
    assert {name: rate.count for name, rate in figures.admitted.items()} == {"cat": 1, "dog": 3, "other": 0}
    assert figures.species.names == ("dog", "cat", "other")
    assert figures.species.confusion == ((3, 0, 1, 0), (1, 1, 0, 0), (0, 0, 3, 0))
    assert figures.top1 is None


@pytest.mark.parametrize("threshold", [0.02, 0.37, 0.5, 0.93])
def test_the_curve_says_at_each_threshold_what_the_door_would_do(hosted_model, photos, threshold):
    paths = [path for name in PETS for path in pictures.find(str(photos / name))[:12]]
    dataset = Dataset(str(photos), PETS, tuple(Example(path, PETS.index(path.parent.name)) for path in paths))
    figures = evaluated(hosted_model, dataset, conduct=Conduct(threshold=threshold)).figures
    at = figures.curve.thresholds.index(threshold)
    assert figures.curve.false_accept[at] == figures.false_accept.share
    assert figures.curve.false_refuse[at] == figures.false_refuse.share


def test_two_admitted_species_never_add_up():
    sighting = Sighting("other", 0.3, {"rex": 0.3, "bella": 0.4, "cat": 0.0, "other": 0.3})
    policy = Policy(admit=frozenset({"rex", "bella"}))
    assert admission_probability(sighting, policy) == 0.4
    assert admission_probability(sighting, Policy(admit=frozenset({"rex"}))) == 0.0


def test_the_veto_is_that_of_the_door():
    sighting = Sighting("dog", 0.93, {"dog": 0.93, "cat": 0.06, "other": 0.01})
    assert is_vetoed(sighting, Policy())
    assert verdict(sighting, Policy()) is Verdict.KEEP_IN
    assert not is_vetoed(sighting, Policy(keep_in=frozenset()))


def test_the_model_s_own_veto_takes_the_place_of_the_door_s(tiny_models, tmp_path):
    lenient = packed(tiny_models, tmp_path / "lenient.tflite", veto=0.3)
    silent = packed(tiny_models, tmp_path / "silent.tflite")
    dataset = folder_of(tmp_path / "data", {"dog": [(200, 156, 15)]})
    admitted, barred = (evaluated(model, dataset).judged[0] for model in (lenient, silent))
    assert 0.06 < admitted.sighting.probability("cat") < 0.3
    assert (admitted.verdict, barred.verdict) == (Verdict.ADMIT, Verdict.KEEP_IN)


def test_the_roc_takes_the_probability_as_it_is_where_another_species_is_likelier(model, tmp_path):
    painted = {"dog": [(200, 210, 15)], "other": [BLUE], "cat": [GREEN]}
    found = evaluated(model, folder_of(tmp_path / "data", painted))
    sighting = next(photo.sighting for photo in found.judged if photo.truth == "dog")
    assert admission_probability(sighting, found.policy) == 0
    assert welcome_probability(sighting, found.policy) > 0.2
    assert found.figures.roc.area == 1


def test_the_model_s_own_threshold_holds_unless_another_is_given(tiny_models, tmp_path):
    model = packed(tiny_models, tmp_path / "strict.tflite", threshold=0.8)
    dataset = folder_of(tmp_path / "data", {"dog": [RED]})
    assert evaluated(model, dataset).threshold == 0.8
    assert evaluated(model, dataset, conduct=Conduct(threshold=0.6)).threshold == 0.6
    top1 = evaluated(model, dataset, conduct=Conduct(method="top1"))
    assert top1.threshold is None
    assert isinstance(top1.rule, Top1Rule)


def test_a_species_the_model_does_not_know_cannot_be_admitted(model, tmp_path):
    dataset = folder_of(tmp_path / "data", {"dog": [RED]})
    with pytest.raises(ModelError, match="knows nothing called rex; it can admit: dog, cat"):
        evaluated(model, dataset, conduct=Conduct(admit=frozenset({"rex"})))


def test_a_species_the_model_does_not_know_cannot_be_named_to_be_kept_in(model, tmp_path):
    dataset = folder_of(tmp_path / "data", {"dog": [RED]})
    with pytest.raises(ModelError, match="knows nothing called cats; it can keep in: dog, cat"):
        evaluated(model, dataset, conduct=Conduct(keep_in=frozenset({"cats"})))


def test_species_stand_in_one_order():
    assert in_order(["other", "fox", "cat", "ape", "dog", "fox"]) == ("dog", "cat", "ape", "fox", "other")


def test_a_barred_species_the_model_does_not_know_is_left_out_and_said(tiny_models, tmp_path):
    model = packed(tiny_models, tmp_path / "dogs.tflite", species={"dog": [[0, 0]]})
    found = evaluated(model, folder_of(tmp_path / "data", {"dog": [RED]}))
    assert found.policy.keep_in == frozenset()
    assert "the model knows nothing called cat: no such animal bars the door here" in found.notes


def test_a_model_without_dogs_is_judged_and_admits_nobody(tiny_models, tmp_path):
    model = packed(tiny_models, tmp_path / "foxes.tflite", species={"fox": [[0, 0]]})
    dataset = folder_of(tmp_path / "data", {name: [colour] for name, colour in COLOURS.items()})
    found = evaluated(model, dataset, species=("other", "other", "fox"))
    assert found.policy.admit == frozenset()
    assert found.figures.top1.share == 1
    assert any("nobody is admitted; the model knows fox" in note for note in found.notes)


def test_nobody_can_be_admitted_and_kept_in_at_once(model, tmp_path):
    both = Conduct(admit=frozenset({"dog"}), keep_in=frozenset({"dog"}))
    with pytest.raises(ConfigError, match="dog cannot be admitted and kept in at once"):
        evaluated(model, folder_of(tmp_path / "data", {"dog": [RED]}), conduct=both)


def test_a_cat_that_may_pass_is_no_longer_kept_in(model, tmp_path):
    dataset = folder_of(tmp_path / "data", {"cat": [GREEN], "dog": [RED]})
    found = evaluated(model, dataset, conduct=Conduct(admit=frozenset({"cat"})))
    assert [photo.verdict for photo in found.judged] == [Verdict.ADMIT, Verdict.REFUSE]


def test_a_true_species_the_model_does_not_know_counts_as_other_and_is_said(model, tmp_path):
    dataset = folder_of(tmp_path / "data", {"dog": [RED], "fox": [BLUE]})
    found = evaluated(model, dataset, species=("dog", "fox"))
    assert found.figures.seen_rightly.share == 1
    assert found.figures.admitted["fox"].total == 1
    assert any("nothing called fox" in note for note in found.notes)


def test_two_models_differ_where_verdict_species_or_class_do(tiny_models, model, tmp_path):
    swapped = packed(tiny_models, tmp_path / "swapped.tflite", labels=("red", "blue", "green"))
    strict = packed(tiny_models, tmp_path / "strict.tflite", threshold=1.0)
    dataset = folder_of(tmp_path / "data", {name: [colour] for name, colour in COLOURS.items()})
    species = ("other", "cat", "dog")
    one, other = (evaluated(m, dataset, species=species) for m in (model, swapped))
    assert not differences(one, one)
    assert sorted(d.one.path.parent.name for d in differences(one, other)) == ["blue", "green"]
    refused = differences(one, evaluated(strict, dataset, species=species))
    assert refused[0].one.path.parent.name == "red"
    assert refused[0].is_about_admission


def test_a_model_without_the_classes_of_the_data_does_not_differ_by_that_alone(tiny_models, model, tmp_path):
    dataset = folder_of(tmp_path / "data", {"blue": [BLUE]})
    one, other = (
        evaluated(m, dataset, species=("other",)) for m in (model, tiny_models / "uint8_logits_1000.tflite")
    )
    assert (one.judged[0].predicted, other.judged[0].predicted) == (0, None)
    assert not differences(one, other)
    assert not differences(other, one)
