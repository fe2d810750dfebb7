from collections import Counter
from itertools import pairwise

import pytest

from petdoor.scene.script import Character, script


def test_the_dog_comes_first_and_everyone_once_in_the_first_six():
    first = [visit.character for visit in script(3, 6).visits]
    assert first[0] is Character.DOG
    assert sorted(first) == sorted(Character)


def test_sixty_visits_bring_everyone_equally_often():
    assert set(Counter(visit.character for visit in script(5, 60).visits).values()) == {10}


def test_later_rounds_come_in_another_order():
    visits = [visit.character for visit in script(5, 18).visits]
    assert visits[6:12] != visits[12:]


def test_the_yard_is_empty_long_enough_for_a_visit_to_end():
    visits = script(1, 60).visits
    gaps = [after.begins_at - before.ends_at for before, after in pairwise(visits)]
    assert all(6 <= gap <= 8 for gap in [*gaps, visits[0].begins_at])


def test_a_visit_takes_five_to_seven_seconds():
    assert all(5 <= visit.seconds <= 7 for visit in script(2, 60).visits)


def test_the_scene_ends_with_an_empty_yard():
    play = script(4, 7)
    assert 6 <= play.duration_seconds - play.visits[-1].ends_at <= 8


def test_the_same_seed_gives_the_same_script():
    assert script(9, 20) == script(9, 20)
    assert script(9, 20) != script(10, 20)


def test_a_longer_script_begins_like_a_shorter_one():
    assert script(9, 20).visits[:8] == script(9, 8).visits


def test_nobody_is_there_between_visits():
    play = script(0, 6)
    for before, after in pairwise(play.visits):
        truth = play.at((before.ends_at + after.begins_at) / 2)
        assert (truth.visit, truth.character, truth.species, truth.is_near) == (None, None, None, False)


@pytest.mark.parametrize(
    ("character", "species"),
    [
        (Character.DOG, "dog"),
        (Character.CAT, "cat"),
        (Character.DOG_AND_CAT, "cat"),
        (Character.RACCOON, "other"),
        (Character.PERSON, "other"),
        (Character.WIND, None),
    ],
)
def test_a_right_door_sees(character, species):
    play = script(0, 6)
    visit = next(visit for visit in play.visits if visit.character is character)
    truth = play.at(visit.begins_at + 3)
    assert (truth.character, truth.species) == (character, species)


def test_a_visitor_waits_near_the_door_for_two_and_a_half_seconds():
    play = script(6, 12)
    for visit in play.visits:
        near = [play.at(visit.begins_at + tenth / 10).is_near for tenth in range(71)]
        assert sum(near) >= 25
        assert not near[0]
