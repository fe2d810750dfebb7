"""Weights averaged over the last steps."""

import keras
import numpy as np
import pytest

from tools.training.average import Average


@pytest.fixture
def weight():
    return keras.Variable(np.zeros(2, np.float32))


def test_the_average_follows_slowly_and_stands_in_for_a_while(weight):
    average = Average([weight], 0.9)
    for _ in range(50):
        weight.assign([1.0, 2.0])
        average.update()
    weight.assign([9.0, 9.0])
    average.update()
    with average.in_place():
        assert np.all((weight.numpy() > [1, 2]) & (weight.numpy() < [3, 4]))
    np.testing.assert_array_equal(weight.numpy(), [9, 9])


def test_the_learning_weights_come_back_even_after_a_fault(weight):
    average = Average([weight], 0.9)
    weight.assign([5.0, 5.0])
    with pytest.raises(ZeroDivisionError), average.in_place():
        raise ZeroDivisionError
    np.testing.assert_array_equal(weight.numpy(), [5, 5])


def test_without_memory_the_average_is_the_last_step(weight):
    average = Average([weight], 0.0)
    weight.assign([3.0, 4.0])
    average.update()
    with average.in_place():
        np.testing.assert_array_equal(weight.numpy(), [3, 4])


def test_the_state_of_a_random_generator_is_left_alone():
    seed = keras.random.SeedGenerator(1).state
    assert len(Average([seed], 0.9).variables) == 1
