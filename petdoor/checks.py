"""Whether each part is in place: what ``petdoor check`` tries."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from petdoor import cameras, modelfile, parts
from petdoor.adapters import snapshots
from petdoor.broker import probe
from petdoor.errors import BrokerError, PetDoorError
from petdoor.gpio import is_simulated
from petdoor.settings import Settings


@dataclass(frozen=True, slots=True)
class Result:
    """How one part fares, and the sentence that says so."""

    name: str
    is_well: bool
    detail: str


def run_all(settings: Settings, environ: Mapping[str, str]) -> Iterator[Result]:
    """Try model, camera, latch, broker and a folder for snapshots, each by itself."""
    attempts: dict[str, Callable[[], str]] = {
        "model": lambda: _model(settings),
        "camera": lambda: _camera(settings),
        "gpio": lambda: _latch(settings),
        "broker": lambda: _broker(settings, environ),
    }
    folder = settings.snapshots.folder
    if folder:
        attempts["snapshots"] = lambda: _snapshots(folder, settings.snapshots.keep)
    for name, attempt in attempts.items():
        try:
            yield Result(name, True, attempt())
        except PetDoorError as error:
            yield Result(name, False, str(error))


def _model(settings: Settings) -> str:
    classifier = parts.open_classifier(settings)
    height, width = classifier.input_size
    species = ", ".join(classifier.ranges)
    threshold = settings.rule.threshold or classifier.threshold
    veto = settings.policy.policy(veto=classifier.veto).veto_confidence
    path = settings.model.path or modelfile.SHIPPED
    return (
        f"{path}: {width}x{height}, {len(classifier.labels)} classes, knows {species}; "
        f"believes from {threshold:g} on, veto from {veto:g} on"
    )


def _camera(settings: Settings) -> str:
    with closing(cameras.capture_opener(settings)()) as capture:
        height, width = capture.rgb(capture.read()).shape[:2]
    return f"{width}x{height} from {cameras.name(settings.camera)}"


def _latch(settings: Settings) -> str:
    factory = parts.pins_for(settings)
    parts.open_latch(settings.latch, factory).close()
    if is_simulated(factory):
        return "no GPIO chip used: the latch is SIMULATED"
    return f"{settings.latch.kind} on GPIO {settings.latch.pin}, locked"


def _broker(settings: Settings, environ: Mapping[str, str]) -> str:
    if settings.mqtt is None:
        return "none configured"
    broker = parts.broker(settings.mqtt, environ)
    fault = probe(broker)
    if fault:
        raise BrokerError(f"{broker!r} {fault}")
    return f"{broker!r} lets us in"


def _snapshots(folder: Path, keep: int) -> str:
    snapshots.attempt(folder)
    return f"{folder}: can be written; the newest {keep} are kept"
