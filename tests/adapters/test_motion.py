"""Whether something moves."""

import numpy as np
import pytest

from petdoor.adapters.motion import BackgroundMotionGate
from petdoor.core.ports import Frame
from petdoor.scene.scene import Scene
from petdoor.scene.weather import Weather

SHAPE = (240, 320, 3)
SCENE = np.random.default_rng(0).integers(60, 160, (12, 16, 3)).repeat(20, axis=0).repeat(20, axis=1)


def noisy(seed, scene=SCENE, *, brighter=0):
    noise = np.random.default_rng(seed).normal(0, 4, scene.shape)
    return np.clip(scene + brighter + noise, 0, 255).astype(np.uint8)


def entered(pixels, share=0.2):
    """The same with a dark animal in the lower left corner, so wide and high."""
    height, width = pixels.shape[:2]
    pixels = pixels.copy()
    pixels[-round(share * height) :, : round(share * width)] = 10
    return pixels


def settled_gate(pixels=None, **options):
    """A gate that has been looking at a still scene until second 10."""
    gate = BackgroundMotionGate(**options)
    for second in range(11):
        gate.is_open(Frame(noisy(second) if pixels is None else pixels, float(second)))
    return gate


def test_the_first_frame_opens_the_gate_for_a_first_look():
    gate = BackgroundMotionGate(first_look_seconds=3.0)
    seen = [gate.is_open(Frame(noisy(second), float(second))) for second in range(6)]
    assert seen == [True] * 3 + [False] * 3


@pytest.mark.parametrize("light", [0.0, 0.15, 4.0])
def test_a_camera_that_starts_black_dim_or_burnt_leaves_the_gate_closed(light):
    gate = BackgroundMotionGate(first_look_seconds=1.0)
    for tenth in range(3):
        gate.is_open(Frame(np.clip(noisy(tenth) * light, 0, 255).astype(np.uint8), tenth / 10))
    seen = [gate.is_open(Frame(noisy(tenth), tenth / 10)) for tenth in range(3, 40)]
    assert not any(seen[8:])


def test_noise_alone_keeps_the_gate_closed():
    gate = settled_gate()
    assert not any(gate.is_open(Frame(noisy(100 + n), 10 + n / 10)) for n in range(200))


def test_rain_keeps_the_gate_closed_and_an_animal_in_the_rain_opens_it():
    scene = Scene(seed=0, visits=1, weather=Weather(rain=0.8))
    gate = BackgroundMotionGate(hold_seconds=0.05, first_look_seconds=0.0)
    empty = [seconds / 10 for seconds in range(35)]
    dog = scene.script.visits[0]
    opened = [gate.is_open(Frame(scene.picture(seconds), seconds)) for seconds in empty]
    assert not any(opened)
    waiting = (dog.begins_at + dog.ends_at) / 2
    assert gate.is_open(Frame(scene.picture(waiting), waiting))


def test_what_enters_opens_the_gate():
    gate = settled_gate()
    assert gate.is_open(Frame(entered(noisy(50)), 10.1))


def test_what_is_smaller_than_the_area_does_not_open_the_gate():
    gate = settled_gate(area=0.02)
    assert not gate.is_open(Frame(entered(noisy(50), share=0.1), 10.1))


def test_what_differs_by_less_than_the_level_does_not_open_the_gate():
    gate = settled_gate(level=250.0)
    assert not gate.is_open(Frame(entered(noisy(50)), 10.1))


def test_the_gate_stays_open_for_its_hold_after_the_last_motion():
    gate = settled_gate(hold_seconds=2.0)
    gate.is_open(Frame(entered(noisy(50)), 10.5))
    seen = [gate.is_open(Frame(noisy(second), float(second) / 2)) for second in (22, 23, 24, 25, 26)]
    assert seen == [True, True, True, False, False]


@pytest.mark.parametrize("brighter", [-40, 40])
def test_a_change_of_brightness_everywhere_does_not_open_the_gate(brighter):
    gate = settled_gate()
    assert not gate.is_open(Frame(noisy(50, brighter=brighter), 10.1))


def test_what_enters_while_the_light_changes_opens_the_gate():
    gate = settled_gate()
    assert gate.is_open(Frame(entered(noisy(50, brighter=40)), 10.1))


def test_what_stays_becomes_background_in_time():
    gate = settled_gate(adapt_seconds=10.0)
    seen = [gate.is_open(Frame(entered(noisy(second)), float(second))) for second in range(11, 80)]
    assert seen[0]
    assert not any(seen[-20:])


def test_what_leaves_opens_the_gate_as_well():
    gate = settled_gate(entered(noisy(0)))
    assert gate.is_open(Frame(noisy(1), 10.1))


def test_a_frame_of_another_size_is_the_same_scene():
    gate = settled_gate()
    larger = noisy(50, SCENE.repeat(2, axis=0).repeat(2, axis=1))
    assert not gate.is_open(Frame(larger, 10.1))
    assert gate.is_open(Frame(entered(larger), 10.2))


@pytest.mark.parametrize("shape", [(48, 64, 3), (59, 79, 3), (32, 400, 3), (1, 1, 3)])
def test_small_frames_keep_the_gate_closed_while_nothing_moves(shape):
    still = np.random.default_rng(0).integers(60, 160, shape).astype(np.uint8)
    assert not settled_gate(still).is_open(Frame(still, 10.1))


@pytest.mark.parametrize("shape", [(48, 64, 3), (59, 79, 3), (32, 400, 3)])
def test_what_enters_a_small_frame_opens_the_gate(shape):
    still = np.random.default_rng(0).integers(60, 160, shape).astype(np.uint8)
    assert settled_gate(still).is_open(Frame(entered(still), 10.1))


def test_a_frame_is_looked_at_but_not_changed():
    pixels = noisy(0)
    BackgroundMotionGate().is_open(Frame(pixels, 0.0))
    np.testing.assert_array_equal(pixels, noisy(0))
