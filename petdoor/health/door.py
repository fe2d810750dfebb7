"""The door's own parts, as the settings name them: model, camera, bolt, wires, broker, folder."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from petdoor import cameras, gpio, latches, modelfile, parts, telling
from petdoor.adapters.classifier import TFLiteClassifier
from petdoor.adapters.eyesight import Eyesight
from petdoor.core.eyesight import Impairment, suspected
from petdoor.core.ports import Frame
from petdoor.errors import ConfigError, LatchError, ModelError
from petdoor.health import folder, network
from petdoor.health.finding import Finding, Level, tried
from petdoor.pictures import Picture
from petdoor.settings import Settings
from petdoor.settings.telling import CREDENTIAL_NAME, MqttSettings

_PIN_ADVICE: Final = "gpioinfo shows which program has the pin"
_SUDO_ADVICE: Final = "run it with sudo to try that, too"
_SLOW_SHARE: Final = 0.7
"""A camera that gives less than this share of the frames asked for is told of."""
_SEEN_AT_ONCE: Final = (Impairment.BLACK, Impairment.WHITE, Impairment.BLURRED)
"""What one picture can tell; a grey one may simply be night."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What the camera gave: the picture as the door sees it, and how many a second, for a live one."""

    picture: Picture
    fps: float | None


def model(settings: Settings) -> tuple[Finding, TFLiteClassifier | None]:
    """The model, opened; None when it cannot be."""
    try:
        classifier = parts.open_classifier(settings)
    except (ModelError, ConfigError) as error:
        advice = "leave model.path out for petdoor's own model" if settings.model.path else ""
        return Finding("model", Level.FAIL, str(error), advice), None
    height, width = classifier.input_size
    threshold = settings.rule.threshold or classifier.threshold
    veto = settings.policy.policy(veto=classifier.veto).veto_confidence
    said = (
        f"{settings.model.path or modelfile.SHIPPED}: {width}x{height}, {len(classifier.labels)} classes, "
        f"knows {', '.join(classifier.ranges)}; believes from {threshold:g} on, veto from {veto:g} on"
    )
    return Finding("model", Level.OK, said), classifier


def see(settings: Settings, *, seconds: float) -> Sight:
    """The newest picture after so many seconds, which a camera needs to get used to the light.

    Raises:
        CameraError: there is none.
    """
    with closing(cameras.capture_opener(settings)()) as capture:
        raw, count, began = capture.read(), 0, time.monotonic()
        while capture.is_live and time.monotonic() - began < seconds:
            raw, count = capture.read(), count + 1
        fps = count / (time.monotonic() - began) if count else None
        return Sight(cameras.view(settings.camera).of(capture.rgb(raw)), fps)


def camera(settings: Settings, sight: Sight) -> Finding:
    """How good what the camera gave is."""
    height, width = sight.picture.shape[:2]
    said = f"{width}x{height} from {cameras.name(settings.camera)}"
    if sight.fps is not None:
        said += f", {sight.fps:.1f} frames a second"
    look = Eyesight().look(Frame(sight.picture, 0.0))
    found = suspected(look, None, settings.eyesight.limits) if look else {}
    impaired = [kind for kind in _SEEN_AT_ONCE if found.get(kind)]
    if impaired:
        return Finding("camera", Level.NOTE, said, "; ".join(impaired))
    if sight.fps is not None and sight.fps < _SLOW_SHARE * settings.camera.fps:
        advice = f"{settings.camera.fps:g} were asked for: more light, or a smaller camera.width and .height"
        return Finding("camera", Level.NOTE, said, advice)
    return Finding("camera", Level.OK, said)


def judgement(settings: Settings, classifier: TFLiteClassifier, sight: Sight) -> Finding:
    """What the model makes of it, and how long that takes."""
    rule = parts.species_rule(settings.rule, classifier)
    classifier.probabilities(sight.picture)
    began = time.perf_counter()
    sighting = rule.sighting(classifier.probabilities(sight.picture))
    took = time.perf_counter() - began
    said = f"sees {sighting.species} {sighting.confidence:.2f} in it, in {took * 1e3:.1f} ms"
    return Finding("judgement", Level.OK, said)


def bolt(settings: Settings) -> Finding:
    """The bolt; it is locked, never unlocked."""
    try:
        factory = parts.pins_for(settings)
    except LatchError as error:
        return Finding("gpio", Level.FAIL, str(error))
    try:
        latches.open_latch(settings.latch, factory).close()
    except LatchError as error:
        return Finding("gpio", Level.FAIL, str(error), _PIN_ADVICE)
    if gpio.is_simulated(factory):
        return Finding("gpio", Level.NOTE, "no GPIO chip used: the latch is SIMULATED")
    said = f"{settings.latch.kind} on GPIO {settings.latch.pin}, locked"
    return Finding("gpio", Level.OK, f"{said}; {gpio.back_end()} drives {', '.join(gpio.gpio_chips())}")


def contacts(settings: Settings) -> Finding:
    """What the wires beside the bolt say now."""

    def attempt() -> str:
        with closing(parts.open_inputs(settings.contacts, parts.pins_for(settings))) as inputs:
            flap = "shut" if inputs.read().flap_is_closed else "open"
        wires = [f"{name} on GPIO {wire.pin}" for name, wire in settings.contacts.wires.items()]
        return f"{', '.join(wires)}; the flap is {flap}, as far as they tell"

    return tried("contacts", attempt, _PIN_ADVICE)


def broker(
    settings: Settings, mqtt: MqttSettings, environ: Mapping[str, str], etc: Path = Path("/etc/petdoor")
) -> Iterator[Finding]:
    """The broker, step by step, with the service's password where this user may read it."""
    secret = etc / CREDENTIAL_NAME
    if os.access(secret, os.R_OK):
        environ = {"CREDENTIALS_DIRECTORY": str(etc), **environ}
    try:
        wanted = telling.broker(mqtt, environ)
    except ConfigError as error:
        advice = f"the service takes {secret} by itself: leave mqtt.password_file out"
        yield Finding("broker", Level.FAIL, str(error), advice)
        return
    if careless := mqtt.careless_file:
        yield Finding("broker password", Level.NOTE, f"others may read {careless}", f"chmod 600 {careless}")
    is_secret = os.access(secret, os.F_OK) and not os.access(secret, os.R_OK)
    may_log_in = not is_secret or wanted.username is None or wanted.password is not None
    yield from network.examine(wanted, f"{mqtt.base_topic}/{settings.id}", may_log_in=may_log_in)


def state(settings: Settings, environ: Mapping[str, str], lib: Path = Path("/var/lib/petdoor")) -> Finding:
    """The folder for events that nobody has heard yet, and for what was set from afar: the service's."""
    is_the_service_s = settings.state_folder is None and os.access(lib, os.F_OK)
    if is_the_service_s and not os.access(lib, os.W_OK):
        return Finding("state", Level.SKIP, f"{lib} is the service's alone", _SUDO_ADVICE)
    place = lib if is_the_service_s else telling.state_folder(settings, environ)

    def attempt() -> str:
        folder.attempt(place, "state_folder")
        return f"{place}: can be written"

    return tried("state", attempt)


def pictures(settings: Settings) -> Finding:
    """The folder for snapshots."""
    place = settings.snapshots.folder
    if place is None:
        return Finding("snapshots", Level.SKIP, "no folder is named: no picture is kept")

    def attempt() -> str:
        folder.attempt(place, "snapshots.folder")
        return f"{place}: can be written; the newest {settings.snapshots.keep} are kept"

    return tried("snapshots", attempt)
