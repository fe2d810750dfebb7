"""Builds the parts from the settings; the only place that knows which adapter serves which setting."""

import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace

from petdoor import cameras, driven, gpio, latches, modelfile, telling
from petdoor.adapters import thermometer
from petdoor.adapters.classifier import TFLiteClassifier
from petdoor.adapters.contacts import Role, Wire, WiredContacts
from petdoor.adapters.deadman import DeadMansLatch
from petdoor.adapters.eyesight import Eyesight
from petdoor.adapters.listeners import FanOut, TallyKeeper
from petdoor.adapters.motion import BackgroundMotionGate
from petdoor.adapters.snapshots import SnapshotFolder
from petdoor.adapters.spells import RememberingLatch, coil_file
from petdoor.adapters.steering import SteeringFile, Unhurried
from petdoor.adapters.supervisor import Notifier
from petdoor.core.heat import Spell
from petdoor.core.parts import Parts
from petdoor.core.ports import Camera, Forgetful, Keeper, Latch, NoOrders, Orders, Publisher, Rule
from petdoor.core.species import MassRule, SpeciesRule, Top1Rule
from petdoor.core.tally import Tally
from petdoor.errors import UnmetError
from petdoor.settings import Settings
from petdoor.settings.seeing import DEMO, RuleSettings
from petdoor.settings.wiring import ContactSettings

log = logging.getLogger(__name__)


def pins_for(settings: Settings) -> gpio.PinFactory:
    """The pins the door is to drive: a drawn dog never moves a real bolt.

    Raises:
        LatchError: there is a chip, but it cannot be driven.
    """
    is_drawn = settings.camera.source == DEMO
    return gpio.simulated_pins() if is_drawn else latches.pin_factory(settings.latch)


def open_classifier(settings: Settings) -> TFLiteClassifier:
    """The model, loaded and tried, and knowing every species the policy speaks of.

    Raises:
        ModelError: it cannot be used.
        UnmetError: the policy names a species the model does not know: it would never open, or never bar.
    """
    model = settings.model
    path = model.path or modelfile.SHIPPED
    classifier = TFLiteClassifier(
        path,
        threads=model.threads,
        labels=modelfile.read_labels(model.labels) if model.labels else None,
        species=model.species,
        input_range=model.input_range,
    )
    known, named = set(classifier.ranges), {*settings.policy.admit, *settings.policy.keep_in}
    if named - known:
        raise UnmetError(
            f"policy: {path} knows nothing called {', '.join(sorted(named - known))}; "
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


def open_inputs(settings: ContactSettings, factory: gpio.PinFactory) -> WiredContacts:
    """What is wired beside the bolt.

    Raises:
        LatchError: a pin cannot be had.
    """
    wires = {Role(name): Wire(wire.pin, closes=wire.closes) for name, wire in settings.wires.items()}
    return WiredContacts(wires, pin_factory=factory)


def guarded(
    settings: Settings, bolt: Latch, environ: Mapping[str, str]
) -> tuple[DeadMansLatch, tuple[Spell, ...]]:
    """The bolt, locked at last by a timer of its own; and when it was drawn before, if that is known."""
    limit_seconds = settings.policy.max_unlock_seconds
    path, heat = coil_file(environ), settings.latch.heat
    if path is None or heat is None:
        return DeadMansLatch(bolt, limit_seconds=limit_seconds), ()
    remembering = RememberingLatch(bolt, path, window_seconds=heat.window_seconds)
    return DeadMansLatch(remembering, limit_seconds=limit_seconds), remembering.spells


def build(
    settings: Settings,
    environ: Mapping[str, str],
    pins: gpio.PinFactory,
    stack: ExitStack,
    tally: Tally | None = None,
) -> Parts:
    """All parts, the latch first: the pin is driven locked before the slow rest, and let go of last.

    Each is built, and taken apart by ``stack``, in a time that the watchdog allows; it is fed between them.

    Raises:
        PetDoorError: one of them cannot be had; what was opened is closed by ``stack``.
    """
    supervisor = Notifier(environ)

    def keep(close: Callable[[], object]) -> None:
        stack.callback(close)
        stack.callback(supervisor.at_work)
        supervisor.at_work()

    simulated = gpio.is_simulated(pins)
    moved = settings.latch.model_copy(update={"pins": "simulated"}) if simulated else settings.latch
    driven.remember(moved, environ)
    bolt, spells = guarded(settings, latches.open_latch(settings.latch, pins), environ)
    keep(bolt.close)
    if simulated:
        log.warning("the latch is SIMULATED: no bolt moves on this machine")
    inputs = open_inputs(settings.contacts, pins)
    keep(inputs.close)
    classifier = open_classifier(settings)
    log.info("model: %s", settings.model.path or "petdoor's own")
    told: list[Publisher] = [TallyKeeper(tally)] if tally else []
    keep(FanOut(told).close)
    checkups: dict[str, Callable[[], str]] = {"contacts": lambda: inputs.fault}
    if folder := open_snapshots(settings):
        keep(folder.close)
        told.append(folder)
        checkups["snapshots"] = lambda: folder.fault
    orders: Orders = NoOrders()
    keeper: Keeper = Forgetful()
    if settings.mqtt:
        kind = "simulated" if simulated else settings.latch.kind
        mqtt, outbox = telling.open_mqtt(settings, settings.mqtt, environ, classifier, latch=kind)
        keep(outbox.close)
        keep(mqtt.close)
        told.append(mqtt)
        orders = mqtt
        file = SteeringFile(telling.state_folder(settings, environ) / f"steering-{settings.id}.json")
        keeper = unhurried = Unhurried(file)
        keep(unhurried.close)
        checkups |= {"outbox": lambda: outbox.fault, "steering": unhurried.checkup}
    camera = cameras.open_camera(settings, tally)
    keep(camera.close)
    rule = species_rule(settings.rule, classifier)
    built = assembled(settings, classifier, latch=bolt, camera=camera, rule=rule, publisher=FanOut(told))
    return replace(
        built,
        inputs=inputs,
        hold=bolt.hold,
        orders=orders,
        keeper=keeper,
        thermometer=thermometer.celsius,
        checkups=checkups,
        supervisor=supervisor,
        spells=spells,
    )


def open_snapshots(settings: Settings) -> SnapshotFolder | None:
    """The folder for pictures, where one is named."""
    folder = settings.snapshots.folder
    return SnapshotFolder(folder, keep=settings.snapshots.keep) if folder else None


def assembled(
    settings: Settings,
    classifier: TFLiteClassifier,
    *,
    latch: Latch,
    camera: Camera,
    rule: Rule,
    publisher: Publisher,
) -> Parts:
    """The parts that are handed in, and the rest as the settings say."""
    return Parts(
        latch=latch,
        camera=camera,
        classifier=classifier,
        rule=rule,
        policy=settings.rules(veto=classifier.veto),
        curfew=settings.policy.curfew.curfew(frozenset(settings.policy.admit)),
        publisher=publisher,
        motion=motion_gate(settings),
        eyes=Eyesight() if settings.eyesight.watch else None,
        limits=settings.eyesight.limits,
        locks_when_impaired=settings.eyesight.safe_mode == "locked",
        door_id=settings.id,
        model_id=classifier.model_id,
    )


def new_tally(settings: Settings) -> Tally:
    """A tally for the household of these settings."""
    return Tally(admit=frozenset(settings.policy.admit), keep_in=frozenset(settings.policy.keep_in))
