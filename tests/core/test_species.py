import pytest

from petdoor.core.species import (
    CAT,
    DOG,
    IMAGENET_RANGES,
    OTHER,
    ClassRange,
    MassRule,
    Sighting,
    Top1Rule,
    imagenet_ranges,
)

ABC = {DOG: (ClassRange(0, 1),), CAT: (ClassRange(2, 2),)}


def one_hot(index, width=1000):
    return [1.0 if i == index else 0.0 for i in range(width)]


def spread(*spans, width=1000):
    """Probabilities with each (first, last, total) spread evenly over its classes."""
    probabilities = [0.0] * width
    for first, last, total in spans:
        for index in range(first, last + 1):
            probabilities[index] = total / (last + 1 - first)
    return probabilities


def test_a_class_range_holds_both_its_ends_and_nothing_beyond():
    assert [i for i in range(10) if i in ClassRange(3, 5)] == [3, 4, 5]


def test_a_class_range_may_be_a_single_class():
    assert [i for i in range(10) if i in ClassRange(0, 0)] == [0]


@pytest.mark.parametrize(("first", "last"), [(5, 1), (-1, 3), (-2, -1)])
def test_an_empty_or_negative_class_range_is_refused(first, last):
    with pytest.raises(ValueError, match=f"class range {first}..{last} must satisfy"):
        ClassRange(first, last)


def test_the_mass_of_a_range_counts_both_its_ends():
    assert ClassRange(1, 2).mass([0.1, 0.2, 0.3, 0.4]) == pytest.approx(0.5)


def test_shifting_moves_both_ends():
    assert ClassRange(151, 268).shifted(1) == ClassRange(152, 269)


def test_a_thousand_outputs_are_imagenet_as_it_is():
    assert imagenet_ranges(1000) == {DOG: (ClassRange(151, 268),), CAT: (ClassRange(281, 285),)}


def test_a_thousand_and_one_outputs_are_imagenet_behind_a_background_class():
    assert imagenet_ranges(1001) == {DOG: (ClassRange(152, 269),), CAT: (ClassRange(282, 286),)}


@pytest.mark.parametrize("width", [0, 1, 2, 3, 7, 999, 1002, 2000, 21841])
def test_imagenet_does_not_explain_other_widths(width):
    assert imagenet_ranges(width) is None


@pytest.mark.parametrize("rule", [MassRule(IMAGENET_RANGES), Top1Rule(IMAGENET_RANGES)])
@pytest.mark.parametrize(
    ("index", "species"),
    [
        (150, OTHER),  # sea lion
        (151, DOG),  # Chihuahua
        (268, DOG),  # Mexican hairless
        (269, OTHER),  # timber wolf
        (275, OTHER),  # African hunting dog
        (280, OTHER),  # grey fox
        (281, CAT),  # tabby
        (285, CAT),  # Egyptian cat
        (286, OTHER),  # cougar
        (0, OTHER),
        (999, OTHER),
    ],
)
def test_both_rules_draw_the_borders_of_dogs_and_cats(rule, index, species):
    assert rule.sighting(one_hot(index)).species == species
    assert rule.sighting(one_hot(index)).confidence == 1.0


@pytest.mark.parametrize(("index", "species"), [(151, OTHER), (152, DOG), (269, DOG), (270, OTHER)])
def test_behind_a_background_class_the_borders_move_by_one(index, species):
    rule = MassRule(imagenet_ranges(1001))
    assert rule.sighting(one_hot(index, width=1001)).species == species


def test_a_dog_spread_over_all_breeds_is_still_a_dog():
    seen = MassRule(IMAGENET_RANGES).sighting(spread((151, 268, 0.7), (500, 500, 0.3)))
    assert seen.species == DOG
    assert seen.confidence == pytest.approx(0.7)


def test_the_original_rule_takes_that_dog_for_its_single_best_class():
    seen = Top1Rule(IMAGENET_RANGES).sighting(spread((151, 268, 0.7), (500, 500, 0.3)))
    assert seen.species == OTHER


def test_a_raccoon_that_looks_most_like_one_breed_is_no_dog_by_mass():
    probabilities = spread((200, 200, 0.2), (300, 399, 0.8))
    assert MassRule(IMAGENET_RANGES).sighting(probabilities).species == OTHER
    assert Top1Rule(IMAGENET_RANGES).sighting(probabilities).species == DOG


def test_mass_at_the_threshold_is_believed_and_mass_below_is_not():
    assert MassRule(ABC, threshold=0.75).sighting([0.5, 0.25, 0.0, 0.25]).species == DOG
    assert MassRule(ABC, threshold=0.75).sighting([0.5, 0.125, 0.0, 0.375]).species == OTHER


def test_with_a_low_threshold_the_heavier_species_wins():
    assert MassRule(ABC, threshold=0.1).sighting([0.1, 0.1, 0.3, 0.5]).species == CAT
    assert MassRule(ABC, threshold=0.1).sighting([0.2, 0.2, 0.3, 0.3]).species == DOG


def test_several_ranges_of_a_species_add_up():
    rule = MassRule({DOG: (ClassRange(0, 0), ClassRange(2, 2)), CAT: (ClassRange(1, 1),)})
    assert rule.sighting([0.3, 0.4, 0.3]) == Sighting(DOG, 0.6, {DOG: 0.6, CAT: 0.4, OTHER: 0.0})


@pytest.mark.parametrize("rule", [MassRule(ABC), Top1Rule(ABC)])
def test_every_species_has_a_probability_and_other_has_the_rest(rule):
    seen = rule.sighting([0.25, 0.5, 0.125, 0.125])
    assert seen.probabilities == {DOG: 0.75, CAT: 0.125, OTHER: 0.125}
    assert seen.confidence == 0.75


@pytest.mark.parametrize("rule", [MassRule(ABC), Top1Rule(ABC)])
def test_other_is_never_negative_when_probabilities_add_up_to_more_than_one(rule):
    seen = rule.sighting([0.6, 0.4, 0.02, 0.0])
    assert seen.probability(OTHER) == 0.0
    assert seen.species == DOG


def test_the_confidence_in_something_unknown_is_the_probability_of_other():
    seen = MassRule(ABC).sighting([0.25, 0.125, 0.125, 0.5])
    assert (seen.species, seen.confidence) == (OTHER, 0.5)


def test_of_two_equal_classes_the_original_rule_takes_the_first():
    assert Top1Rule(ABC).sighting([0.0, 0.5, 0.5, 0.0]).species == DOG


def test_a_species_that_was_not_asked_for_has_no_probability():
    assert Sighting(DOG, 1.0, {DOG: 1.0}).probability(CAT) == 0.0
