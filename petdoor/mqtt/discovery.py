"""What Home Assistant is told of a door, in one message, so that all its entities appear by themselves.

Keys, defaults and pitfalls are those of Home Assistant's MQTT integration, "Device discovery payload":
https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from petdoor import __version__
from petdoor.core.events import EVENT_TYPES
from petdoor.core.modes import Mode
from petdoor.core.orders import MAX_THRESHOLD, MIN_THRESHOLD
from petdoor.core.species import OTHER
from petdoor.mqtt import topics
from petdoor.mqtt.topics import OFFLINE, ONLINE, Topics, command, state

NOBODY: Final = "none"
"""The last animal of a door that has seen none yet."""
_SUPPORT_URL: Final = "https://pypi.org/project/petdoor/"
_STATS_EXPIRE_SECONDS: Final = 180
_NAME_LIMIT: Final = 60

Component = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Described:
    """What a door has, as far as Home Assistant can show it.

    Attributes:
        species: what its model knows, beside ``other``.
        has_threshold: its rule has one that may be set.
        threshold: the one that holds when nobody sets another.
        sends_snapshots: it shows who was judged.
        has_thermometer: the machine tells its temperature.
        model_id: which model it uses.
        url: where its dashboard is, if anywhere.
    """

    species: Sequence[str]
    has_threshold: bool = True
    threshold: float = MIN_THRESHOLD
    sends_snapshots: bool = False
    has_thermometer: bool = False
    model_id: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class HomeAssistant:
    """Where Home Assistant is told of the door, and what.

    Attributes:
        birth_topic: where it says that it is there.
        topic: where it looks for the door.
        message: what it finds there; None makes it forget the door.
    """

    birth_topic: str
    topic: str
    message: Mapping[str, Any] | None

    @property
    def payload(self) -> str:
        """What is published, retained."""
        return json.dumps(self.message, ensure_ascii=False) if self.message else ""


def topic(prefix: str, door_id: str) -> str:
    """Where the message goes."""
    return f"{prefix}/device/petdoor_{door_id}/config"


def message(at: Topics, door: Described) -> dict[str, Any]:
    """The whole message; an entity that this door lacks is told to go, should an earlier door have had it."""
    return {
        "device": _device(at, door),
        "origin": {"name": "petdoor", "sw_version": __version__, "support_url": _SUPPORT_URL},
        "components": {
            name: _whole(at, name, component) if len(component) > 1 else component
            for name, component in _components(at, door).items()
        },
    }


def _device(at: Topics, door: Described) -> dict[str, Any]:
    told: dict[str, Any] = {
        "identifiers": [f"petdoor_{at.door_id}"],
        "name": _title(at.door_id),
        "manufacturer": "petdoor",
        "model": "pet door",
        "sw_version": __version__,
    }
    if door.model_id:
        told["model_id"] = door.model_id
    return told | ({"configuration_url": door.url} if door.url else {})


def _title(door_id: str) -> str:
    """``back-door`` is the Back door; one that nobody named is the Pet door."""
    words = "pet door" if door_id == "petdoor" else re.sub(r"[-_]+", " ", door_id).strip() or door_id
    return words[:1].upper() + words[1:_NAME_LIMIT]


def _whole(at: Topics, name: str, component: Component) -> Component:
    """With what every entity needs; a root's availability would clash with an entity's own."""
    slug = re.sub(r"[^a-z0-9]+", "_", f"petdoor_{at.door_id}_{name}".lower())
    sees = component.pop("sees", False)
    needed = [topics.AVAILABILITY, topics.CAMERA] if sees else [topics.AVAILABILITY]
    return {
        **component,
        "unique_id": f"petdoor_{at.door_id}_{name}",
        "default_entity_id": f"{component['platform']}.{slug}",
        # Home Assistant would send an order of QoS 1 again after an outage, as if it were meant then.
        "qos": 0 if "command_topic" in component else 1,
        "availability": [
            {"topic": at(needs), "payload_available": ONLINE, "payload_not_available": OFFLINE}
            for needs in needed
        ],
        "availability_mode": "all",
    }


def _components(at: Topics, door: Described) -> Mapping[str, Component]:
    """Every entity; ``sees`` marks those that mean nothing while the camera is gone."""
    return {
        "latch": _steered(at, "lock", "lock", name=None)
        | {
            "payload_lock": "LOCK",
            "payload_unlock": "UNLOCK",
            "state_locked": "LOCKED",
            "state_unlocked": "UNLOCKED",
            "state_jammed": "JAMMED",
            "optimistic": False,
            "retain": False,
        },
        "motion": _watched(at, "binary_sensor", "motion", name="Motion", sees=True)
        | {"device_class": "motion", "payload_on": "ON", "payload_off": "OFF"},
        "problem": _watched(at, "binary_sensor", "problem", name="Problem")
        | {
            "device_class": "problem",
            "entity_category": "diagnostic",
            "payload_on": "ON",
            "payload_off": "OFF",
            "json_attributes_topic": at(topics.PROBLEM_REASONS),
        },
        "decision": {
            "platform": "event",
            "name": "Decision",
            "state_topic": at(topics.EVENT),
            "event_types": list(EVENT_TYPES),
        },
        "last_animal": _watched(at, "sensor", "last_animal", name="Last animal")
        | {"device_class": "enum", "options": [*sorted({*door.species} - {OTHER}), OTHER, NOBODY]},
        "inference": _figure(at, "Inference time", "infer_ms_p95", "ms", sees=True)
        | {"device_class": "duration"},
        "frame_rate": _figure(at, "Frame rate", "fps", "fps", sees=True),
        "temperature": _figure(at, "Temperature", "temperature_c", "°C") | {"device_class": "temperature"}
        if door.has_thermometer
        else {"platform": "sensor"},
        "snapshot": {
            "platform": "image",
            "name": "Last decision",
            "image_topic": at(topics.SNAPSHOT),
            "content_type": "image/jpeg",
        }
        if door.sends_snapshots
        else {"platform": "image"},
        "mode": _setting(at, "select", "mode", name="Mode") | {"options": [mode.value for mode in Mode]},
        "threshold": _setting(at, "number", "threshold", name="Threshold")
        | {
            "min": min(MIN_THRESHOLD, door.threshold),
            "max": max(MAX_THRESHOLD, door.threshold),
            "step": 0.01,
            "mode": "slider",
        }
        if door.has_threshold
        else {"platform": "number"},
        "curfew": _setting(at, "switch", "curfew", name="Curfew") | _ON_OFF,
        "emergency": _steered(at, "switch", "emergency", name="Emergency") | _ON_OFF,
        "model": _setting(at, "update", "model", name="Model")
        | {"device_class": "firmware", "payload_install": "INSTALL"},
    }


_ON_OFF: Final = {"payload_on": "ON", "payload_off": "OFF", "state_on": "ON", "state_off": "OFF"}


def _watched(at: Topics, platform: str, thing: str, *, name: str | None, sees: bool = False) -> Component:
    return {"platform": platform, "name": name, "state_topic": at(state(thing)), "sees": sees}


def _steered(at: Topics, platform: str, thing: str, *, name: str | None) -> Component:
    return _watched(at, platform, thing, name=name) | {"command_topic": at(command(thing))}


def _setting(at: Topics, platform: str, thing: str, *, name: str) -> Component:
    return _steered(at, platform, thing, name=name) | {"entity_category": "config"}


def _figure(at: Topics, name: str, key: str, unit: str, *, sees: bool = False) -> Component:
    return {
        "platform": "sensor",
        "name": name,
        "state_topic": at(topics.STATS),
        "value_template": f"{{{{ value_json.{key} | default('') }}}}",
        "unit_of_measurement": unit,
        "state_class": "measurement",
        "entity_category": "diagnostic",
        "expire_after": _STATS_EXPIRE_SECONDS,
        "sees": sees,
    }
