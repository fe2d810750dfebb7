"""How well the door judges real photos; the floors are those a door must keep. Either interpreter."""

import functools

import pytest

from petdoor import pictures
from petdoor.adapters.classifier import TFLiteClassifier
from petdoor.core.decision import verdict
from petdoor.core.events import Verdict
from petdoor.core.policy import Policy
from petdoor.core.species import MassRule, Top1Rule
from petdoor.modelfile import SHIPPED


@functools.cache
def judged(model, photos):
    """The model, and its class probabilities of every photo, by species; judged once for all tests."""
    classifier = TFLiteClassifier(model, threads=2)
    return classifier, {
        species: [
            classifier.probabilities(pictures.read(path)) for path in pictures.find(str(photos / species))
        ]
        for species in ("dog", "cat", "other")
    }


def shares(model, photos, rule_of, counts):
    """Of each species, the share of photos for which ``counts`` holds."""
    classifier, probabilities = judged(model, photos)
    rule = rule_of(classifier.ranges)
    assert len(probabilities["dog"]) > 100, "too few photos to tell"
    return {
        species: sum(counts(rule.sighting(p)) for p in rows) / len(rows)
        for species, rows in probabilities.items()
    }


def seen_as_dog(sighting):
    return sighting.species == "dog"


def admitted(sighting):
    return verdict(sighting, Policy()) is Verdict.ADMIT


def test_the_exported_model_admits_95_of_100_dogs_and_at_most_5_cats(door_model, photos):
    share = shares(door_model, photos, MassRule, admitted)
    assert share["dog"] >= 0.95
    assert share["cat"] <= 0.05
    assert share["other"] <= 0.055


def test_the_exported_model_sees_a_dog_in_at_most_6_of_100_cats_even_without_the_veto(door_model, photos):
    # 10 or 11 of 200: the two interpreters, and the processors that calibrate, round differently.
    assert shares(door_model, photos, MassRule, seen_as_dog)["cat"] <= 0.06


@pytest.mark.parametrize("model", ["door_model", "hosted_model"])
def test_the_original_rule_does_as_well_as_ever(model, photos, request):
    # 95.7 % of dogs and 7.6 % of cats, measured on another and larger set; two points are chance.
    share = shares(request.getfixturevalue(model), photos, Top1Rule, seen_as_dog)
    assert share["dog"] >= 0.937
    assert share["cat"] <= 0.096


def test_the_hosted_model_of_1001_classes_judges_rightly_as_it_is(hosted_model, photos):
    share = shares(hosted_model, photos, MassRule, admitted)
    assert share["dog"] >= 0.95
    assert share["cat"] <= 0.05


def test_a_plain_photo_as_a_camera_gives_it_is_a_dog_beyond_doubt(door_model, photos):
    classifier, _ = judged(door_model, photos)
    picture = pictures.read(photos.parent / "pets_original.jpg")
    sighting = MassRule(classifier.ranges).sighting(classifier.probabilities(picture))
    assert sighting.species == "dog"
    assert sighting.confidence > 0.9


def test_the_model_that_ships_is_fit_for_the_first_day(photos):
    classifier, _ = judged(SHIPPED, photos)
    policy = Policy(veto_confidence=classifier.veto)
    share = shares(
        SHIPPED,
        photos,
        lambda ranges: MassRule(ranges, classifier.threshold),
        lambda sighting: verdict(sighting, policy) is Verdict.ADMIT,
    )
    assert share["dog"] >= 0.85
    assert share["cat"] <= 0.10
    assert share["other"] <= 0.12


def test_the_model_that_ships_is_small_and_says_how_it_was_made():
    classifier = TFLiteClassifier(SHIPPED)
    assert SHIPPED.stat().st_size <= 2_000_000
    assert classifier.labels == ("cat", "dog", "other")
    assert classifier.facts["backbone"] == "petnet"
    assert classifier.facts["seed"] == 0
