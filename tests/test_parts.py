import pytest

from petdoor import parts
from petdoor.errors import ConfigError
from petdoor.settings import LatchSettings, Settings


def settings(folder, **policy):
    return Settings.model_validate(
        {"model": {"path": folder / "uint8_logits_1000.tflite"}, "policy": policy},
    )


@pytest.mark.parametrize("policy", [{"keep_in": ["Cat"]}, {"admit": ["dgo"]}])
def test_a_species_the_model_does_not_know_is_a_fault(tiny_models, policy):
    with pytest.raises(ConfigError, match=r"knows nothing called (Cat|dgo); .* cat, dog"):
        parts.open_classifier(settings(tiny_models, **policy))


def test_a_door_that_bars_nobody_says_so_with_an_empty_list(tiny_models):
    assert parts.open_classifier(settings(tiny_models, keep_in=[])).ranges


@pytest.mark.parametrize("kind", ["solenoid", "servo"])
def test_either_kind_of_latch_can_be_built_on_simulated_pins(kind):
    latch_settings = LatchSettings.model_validate(
        {"kind": kind, "pins": "simulated", "servo": {"travel_seconds": 0.01}}
    )
    pins = parts.pin_factory(latch_settings)
    latch = parts.open_latch(latch_settings, pins)
    latch.unlock()
    latch.close()
    assert pins.pin(17).state == 0 or kind == "servo"
