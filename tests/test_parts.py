from contextlib import ExitStack

import pytest

from petdoor import parts
from petdoor.errors import ConfigError
from petdoor.settings import Settings
from petdoor.settings.wiring import LatchSettings
from tests.pictures_on_disk import class_folders
from tests.tools.coloured import packed


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


@pytest.mark.parametrize(("policy", "veto"), [({}, 0.2), ({"veto_confidence": 0.05}, 0.05)])
def test_the_models_veto_holds_unless_the_settings_name_one(tiny_models, tmp_path, policy, veto):
    values = {
        "model": {"path": packed(tiny_models, tmp_path / "own.tflite", veto=0.2)},
        "camera": {"source": str(class_folders(tmp_path / "photos", dog=1))},
        "latch": {"pins": "simulated"},
        "policy": policy,
    }
    settings = Settings.model_validate(values)
    with ExitStack() as stack:
        built = parts.build(settings, {}, parts.pin_factory(settings.latch), stack)
    assert built.policy.veto_confidence == veto
