"""Builds the parts from the settings; the only place that knows which adapter serves which setting."""

import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from threading import Event as Flag

from petdoor import __version__, modelfile
from petdoor.adapters import captures, latch
from petdoor.adapters.camera import Capture, LatestFrameCamera, Patience
from petdoor.adapters.classifier import RUNTIME, TFLiteClassifier
from petdoor.adapters.deadman import DeadMansLatch
from petdoor.adapters.motion import BackgroundMotionGate
from petdoor.adapters.publisher import MqttPublisher, SilentPublisher
from petdoor.adapters.rpicam import RpicamCapture
from petdoor.broker import Broker, Tls
from petdoor.core.species import MassRule, SpeciesRule, Top1Rule
from petdoor.daemon import Daemon, Parts, Timing
from petdoor.errors import ConfigError
from petdoor.pictures import View
from petdoor.settings import (
    PICAMERA,
    CameraSettings,
    LatchSettings,
    MqttSettings,
    RuleSettings,
    Settings,
)

log = logging.getLogger(__name__)


def pin_factory(settings: LatchSettings) -> latch.PinFactory:
    """The pins to drive: real ones wherever there is a GPIO chip.

    Raises:
        LatchError: there is a chip, but it cannot be driven.
    """
    if settings.pins == "simulated" or not latch.gpio_chips():
        return latch.simulated_pins()
    return latch.real_pins()


def open_latch(settings: LatchSettings, factory: latch.PinFactory) -> latch.SolenoidLatch | latch.ServoLatch:
    """The latch, locked.

    Raises:
        LatchError: its pin cannot be driven.
    """
    if settings.kind == "solenoid":
        return latch.SolenoidLatch(settings.pin, active_high=settings.active_high, pin_factory=factory)
    return latch.ServoLatch(settings.pin, **settings.servo.model_dump(), pin_factory=factory)


def open_classifier(settings: Settings) -> TFLiteClassifier:
    """The model, loaded and tried, and knowing every species the policy speaks of.

    Raises:
        ModelError: it cannot be used.
        ConfigError: the policy names a species the model does not know: it would never open, or never bar.
    """
    model = settings.model
    classifier = TFLiteClassifier(
        model.path,
        threads=model.threads,
        labels=modelfile.read_labels(model.labels) if model.labels else None,
        species=model.species,
        input_range=model.input_range,
    )
    known, named = set(classifier.ranges), {*settings.policy.admit, *settings.policy.keep_in}
    if named - known:
        raise ConfigError(
            f"policy: {model.path} knows nothing called {', '.join(sorted(named - known))}; "
            f"admit and keep_in may hold: {', '.join(sorted(known))}"
        )
    return classifier


def species_rule(settings: RuleSettings, classifier: TFLiteClassifier) -> SpeciesRule:
    """The rule the settings name, over the model's ranges."""
    if settings.method == "top1":
        return Top1Rule(classifier.ranges)
    return MassRule(classifier.ranges, settings.threshold or classifier.threshold)


def motion_gate(settings: Settings) -> BackgroundMotionGate | None:
    """The motion gate, unless switched off."""
    values = settings.motion.model_dump(exclude={"enabled"})
    return BackgroundMotionGate(**values) if settings.motion.enabled else None


def capture_opener(settings: CameraSettings) -> Callable[[], Capture]:
    """What opens the camera; nothing is opened yet.

    Raises:
        CameraError: the source names a file or folder that is not there.
    """
    raspberry = PICAMERA.match(settings.source)
    if raspberry:
        return lambda: RpicamCapture(
            int(raspberry[1]),
            width=settings.width,
            height=settings.height,
            fps=settings.fps,
            timeout_seconds=settings.stall_seconds,
        )
    wanted = captures.Format(settings.width, settings.height, settings.fps)
    return captures.opener(settings.source, wanted, loop=settings.loop)


def open_camera(settings: CameraSettings) -> LatestFrameCamera:
    """The camera, opening on its own thread.

    Raises:
        CameraError: the source names a file or folder that is not there.
    """
    return LatestFrameCamera(
        capture_opener(settings),
        view=View(settings.rotate, settings.flip, settings.roi),
        max_fps=settings.fps,
        patience=Patience(stall_seconds=settings.stall_seconds, freeze_seconds=settings.freeze_seconds),
    )


def broker(settings: MqttSettings, environ: Mapping[str, str]) -> Broker:
    """Where the broker is, with the password.

    Raises:
        ConfigError: the password file cannot be read.
    """
    tls = Tls(**settings.tls.model_dump()) if settings.tls else None
    return Broker(
        settings.host,
        settings.port,
        settings.username,
        settings.password(environ),
        tls,
        settings.keepalive_seconds,
    )


def open_publisher(
    settings: Settings, environ: Mapping[str, str], classifier: TFLiteClassifier, *, simulated: bool
) -> MqttPublisher | SilentPublisher:
    """The publisher, connecting on its own thread; a silent one without ``mqtt:``.

    Raises:
        ConfigError: the password or TLS files cannot be used.
    """
    if settings.mqtt is None:
        return SilentPublisher()
    info = {
        "version": __version__,
        "model": classifier.model_id,
        "backbone": classifier.facts.get("backbone"),
        "runtime": RUNTIME,
        "latch": "simulated" if simulated else settings.latch.kind,
    }
    return MqttPublisher(
        broker(settings.mqtt, environ), door_id=settings.id, info=info, snapshots=settings.mqtt.snapshots
    )


def build(settings: Settings, environ: Mapping[str, str], pins: latch.PinFactory, stack: ExitStack) -> Parts:
    """All parts, the latch first: the pin is driven locked before the slow rest, and let go of last.

    Raises:
        PetDoorError: one of them cannot be had; what was opened is closed by ``stack``.
    """
    limit_seconds = settings.policy.max_unlock_seconds
    bolt = DeadMansLatch(open_latch(settings.latch, pins), limit_seconds=limit_seconds)
    stack.callback(bolt.close)
    simulated = latch.is_simulated(pins)
    if simulated:
        log.warning("the latch is SIMULATED: no bolt moves on this machine")
    classifier = open_classifier(settings)
    publisher = open_publisher(settings, environ, classifier, simulated=simulated)
    stack.callback(publisher.close)
    camera = open_camera(settings.camera)
    stack.callback(camera.close)
    return Parts(
        latch=bolt,
        camera=camera,
        classifier=classifier,
        rule=species_rule(settings.rule, classifier),
        policy=settings.policy.policy(veto=classifier.veto),
        publisher=publisher,
        motion=motion_gate(settings),
        door_id=settings.id,
        model_id=classifier.model_id,
    )


def run_door(settings: Settings, environ: Mapping[str, str], stop: Flag, pins: latch.PinFactory) -> None:
    """Build the parts, run the loop until ``stop``, and take all apart again.

    Raises:
        PetDoorError: a part cannot be had, or is gone for good.
    """
    with ExitStack() as stack:
        parts = build(settings, environ, pins, stack)
        Daemon(parts, timing=Timing(give_up_seconds=settings.camera.give_up_seconds)).run(stop)


def camera_name(settings: CameraSettings) -> str:
    """The camera's source as it may be shown: without the password a URL may hold."""
    return captures.redacted(settings.source)
