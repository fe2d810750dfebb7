"""A small soak at every run of the tests; ``make soak`` lets ten thousand come."""

import pytest

from tests.soak.figures import MEMORY
from tests.soak.soak import Soak

VISITS = 120
ROUNDS = 2


@pytest.fixture(scope="module")
def soak(tmp_path_factory):
    soak = Soak(tmp_path_factory.mktemp("soak"), VISITS, say=lambda _: None)
    soak.run()
    return soak


def test_nothing_is_lost_though_the_broker_goes_and_comes(soak):
    assert soak.outages == ROUNDS
    assert soak.ledger.told > VISITS // 2
    assert soak.losses == {}


def test_threads_and_open_files_do_not_grow(soak):
    grown = {growth.name for growth in soak.growths if growth.is_beyond}
    assert grown <= {MEMORY}  # that of so short a run is noise


def test_the_owner_is_answered_each_time(soak):
    assert soak.ear.asked == soak.ear.answered == ROUNDS * 14
    assert soak.ear.refused >= ROUNDS  # one of them makes no sense


def test_dogs_went_through(soak):
    assert soak.levels[True] >= VISITS // 12
