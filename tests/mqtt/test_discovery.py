"""The discovery message against the keys that Home Assistant knows, entity by entity."""

import json
import re

import pytest

from petdoor.core.events import EVENT_TYPES
from petdoor.mqtt.discovery import Described, HomeAssistant, message, topic
from petdoor.mqtt.topics import Topics

AT = Topics("petdoor", "back")
ALL = Described(
    species=("dog", "cat"),
    sends_snapshots=True,
    has_thermometer=True,
    model_id="sha256:ab12",
    url="http://pi/",
)
COMMON = {
    *("platform", "name", "unique_id", "default_entity_id", "qos", "availability", "availability_mode"),
    *("device_class", "entity_category", "state_topic", "value_template", "json_attributes_topic"),
    *("unit_of_measurement", "state_class", "expire_after"),
}
# What each platform must have, may have beside the common keys, and in which device classes it comes.
PLATFORMS = {
    "lock": (
        {"command_topic"},
        {
            *("payload_lock", "payload_unlock", "state_locked", "state_unlocked", "state_jammed"),
            *("optimistic", "retain"),
        },
        set(),
    ),
    "binary_sensor": ({"state_topic"}, {"payload_on", "payload_off"}, {"motion", "problem"}),
    "event": ({"state_topic", "event_types"}, set(), set()),
    "sensor": ({"state_topic"}, {"options"}, {"enum", "duration", "temperature"}),
    "image": ({"image_topic"}, {"content_type"}, set()),
    "select": ({"command_topic", "options"}, set(), set()),
    "number": ({"command_topic", "min", "max", "step"}, {"mode"}, set()),
    "switch": ({"command_topic"}, {"payload_on", "payload_off", "state_on", "state_off"}, set()),
    "update": ({"state_topic"}, {"command_topic", "payload_install"}, {"firmware"}),
}
COMPONENTS = message(AT, ALL)["components"]


@pytest.fixture(params=COMPONENTS)
def component(request):
    return COMPONENTS[request.param]


def test_the_message_names_device_and_origin_and_nothing_else_at_its_root():
    told = message(AT, ALL)
    assert set(told) == {"device", "origin", "components"}
    assert told["device"]["identifiers"] == ["petdoor_back"]
    assert told["origin"]["name"] == "petdoor"
    assert json.loads(json.dumps(told)) == told


def test_it_goes_where_home_assistant_looks():
    assert topic("homeassistant", "back") == "homeassistant/device/petdoor_back/config"


def test_a_component_has_the_keys_that_its_platform_needs_and_no_unknown_one(component):
    needed, allowed, classes = PLATFORMS[component["platform"]]
    assert needed | {"unique_id"} <= set(component)
    assert set(component) <= COMMON | needed | allowed
    assert component.get("device_class") is None or component["device_class"] in classes


def test_every_unique_id_and_entity_id_is_one_of_its_own():
    assert len({each["unique_id"] for each in COMPONENTS.values()}) == len(COMPONENTS)
    entities = [each["default_entity_id"] for each in COMPONENTS.values()]
    assert len(set(entities)) == len(entities)


def test_an_entity_id_carries_its_domain_and_only_what_home_assistant_allows(component):
    assert re.fullmatch(rf"{component['platform']}\.[a-z0-9_]+", component["default_entity_id"])
    assert "object_id" not in component


def test_availability_is_told_as_a_list_of_topics_that_must_all_be_online(component):
    assert component["availability_mode"] == "all"
    assert component["availability"][0]["topic"] == "petdoor/back/availability"
    assert "availability_topic" not in component


def test_a_dead_camera_leaves_the_lock_available_and_the_motion_not():
    needs = {name: len(each["availability"]) for name, each in COMPONENTS.items()}
    assert (needs["latch"], needs["mode"], needs["motion"], needs["inference"]) == (1, 1, 2, 2)


def test_what_only_tells_is_diagnostic_and_what_is_set_is_a_configuration(component):
    category = component.get("entity_category")
    is_set = "command_topic" in component
    assert category in ({None, "config"} if is_set else {None, "diagnostic"})


def test_the_lock_is_the_devices_main_feature_and_never_assumed_to_obey():
    latch = COMPONENTS["latch"]
    assert (latch["name"], latch["optimistic"], latch["retain"]) == (None, False, False)
    assert latch["payload_lock"] != latch["payload_unlock"]


def test_no_order_is_sent_again_after_an_outage(component):
    assert component["qos"] == (0 if "command_topic" in component else 1)


@pytest.mark.parametrize(("threshold", "span"), [(0.68, (0.5, 0.99)), (0.4, (0.4, 0.99)), (1.0, (0.5, 1.0))])
def test_the_threshold_that_holds_is_within_what_may_be_shown(threshold, span):
    number = message(AT, Described(species=("dog",), threshold=threshold))["components"]["threshold"]
    assert (number["min"], number["max"]) == span


def test_every_event_that_a_door_tells_is_announced():
    assert COMPONENTS["decision"]["event_types"] == list(EVENT_TYPES)


def test_the_last_animal_is_one_the_model_knows_or_none():
    assert COMPONENTS["last_animal"]["options"] == ["cat", "dog", "other", "none"]


def test_what_a_door_lacks_is_told_to_go():
    bare = message(AT, Described(species=("dog",), has_threshold=False))["components"]
    gone = {name: each for name, each in bare.items() if len(each) == 1}
    assert gone == {
        "temperature": {"platform": "sensor"},
        "snapshot": {"platform": "image"},
        "threshold": {"platform": "number"},
    }


@pytest.mark.parametrize(
    ("door_id", "name"),
    [("petdoor", "Pet door"), ("back-door_2", "Back door 2"), ("GARDEN", "GARDEN"), ("--", "--")],
)
def test_the_device_is_called_as_its_owner_called_the_door(door_id, name):
    assert message(Topics("petdoor", door_id), ALL)["device"]["name"] == name


def test_without_discovery_home_assistant_is_made_to_forget_the_door():
    assert HomeAssistant("homeassistant/status", "there", None).payload == ""
