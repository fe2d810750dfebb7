"""Which class is which species."""

import pytest

from petdoor import modelfile
from petdoor.core.species import ClassRange
from petdoor.errors import DataError
from tools.data.taxonomy import labels_of, ranges_of, species_of


@pytest.mark.parametrize(
    ("classes", "species"),
    [
        (["cat", "dog", "other"], ("cat", "dog", "other")),
        (["Cats", "DOGS", "None"], ("cat", "dog", "other")),
        (["background", "dog", "raccoon"], ("other", "dog", "other")),
        (["airplane", "bird", "cat", "dog"], ("other", "other", "cat", "dog")),
        (["rex", "other"], ("other", "other")),
    ],
)
def test_dog_cat_and_other_are_known_by_name_and_the_rest_is_other_then(classes, species):
    assert species_of(classes) == species


@pytest.mark.parametrize(
    ("name", "species"),
    [
        ("boston_bull", "dog"),
        ("german_short-haired_pointer", "dog"),
        ("Shih Tzu", "dog"),
        ("black-and-tan_coonhound", "dog"),
        ("siamese_cat", "cat"),
        ("Egyptian Cat", "cat"),
        ("dingo", "other"),
        ("cougar", "other"),
        ("table lamp", "other"),
    ],
)
def test_imagenet_names_of_dogs_and_cats_are_known_however_they_are_written(name, species):
    assert species_of([name, "dog"])[0] == species


def test_each_class_is_a_species_of_its_own_when_none_is_known():
    assert species_of(["T-shirt", "Trouser", "Bag"]) == ("T-shirt", "Trouser", "Bag")


def test_numbers_below_1000_are_imagenets_classes():
    assert species_of(["150", "151", "268", "269", "281", "285", "286"]) == (
        *("other", "dog", "dog", "other"),
        *("cat", "cat", "other"),
    )


@pytest.mark.parametrize("classes", [["151", "1000"], ["151", "rex"], ["-1", "151"], ["1.5", "151"]])
def test_other_numbers_are_names_as_any(classes):
    assert species_of(classes) == tuple(classes)


def test_given_names_and_patterns_decide():
    given = {"dog": ["rex", "b*"], "cat": ["tom"]}
    assert species_of(["bella", "rex", "tom", "postman"], given) == ("dog", "dog", "cat", "other")


def test_a_star_makes_dogs_of_all():
    assert species_of(["dhole", "dingo", "pug"], {"dog": ["*"]}) == ("dog", "dog", "dog")


def test_a_given_name_counts_more_than_a_pattern():
    assert species_of(["tom", "rex"], {"dog": ["*"], "cat": ["tom"]}) == ("cat", "dog")


def test_what_is_given_counts_more_than_a_name():
    assert species_of(["dog", "cat"], {"other": ["dog"]}) == ("other", "cat")


def test_a_class_that_is_not_there_is_refused_with_those_that_are_near():
    with pytest.raises(DataError, match="there is no class 'beagel'; there is 'beagle'"):
        species_of(["beagle", "pug", "chow"], {"dog": ["beagel", "pug"]})


def test_all_unknown_classes_are_told_at_once():
    with pytest.raises(DataError, match=r"no class 'x'; there is .*; there is no class 'y\*'"):
        species_of(["beagle"], {"dog": ["x"], "cat": ["y*"]})


@pytest.mark.parametrize("given", [{"dog": ["tom"], "cat": ["tom"]}, {"dog": ["t*"], "cat": ["*m"]}])
def test_one_class_cannot_be_two_species(given):
    with pytest.raises(DataError, match="class 'tom' cannot be dog and cat at once"):
        species_of(["tom"], given)


def test_runs_of_a_species_are_ranges_and_other_has_none():
    assert ranges_of(["dog", "dog", "cat", "dog", "other", "other"]) == {
        "dog": [[0, 1], [3, 3]],
        "cat": [[2, 2]],
    }


def test_the_ranges_are_those_that_a_model_file_wants():
    assert modelfile.ranges(ranges_of(["other", "dog"])) == {"dog": (ClassRange(1, 1),)}


def test_imagenet_numbers_are_read_as_names():
    assert labels_of(["0", "151", "281"]) == ("tench", "Chihuahua", "tabby")


def test_other_classes_are_called_as_they_are():
    assert labels_of(["151", "rex"]) == ("151", "rex")
