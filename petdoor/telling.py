"""Builds what speaks to the broker from the settings."""

import logging
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from petdoor import __version__, modelfile
from petdoor.adapters import thermometer
from petdoor.adapters.classifier import RUNTIME, TFLiteClassifier
from petdoor.broker import Broker, Tls
from petdoor.core.events import Event
from petdoor.errors import ModelError
from petdoor.mqtt import discovery
from petdoor.mqtt.discovery import HomeAssistant
from petdoor.mqtt.outbox import Outbox
from petdoor.mqtt.publisher import MqttPublisher
from petdoor.mqtt.recollection import Recollection
from petdoor.mqtt.topics import Topics
from petdoor.reporter import receipt_of
from petdoor.settings import Settings
from petdoor.settings.telling import MqttSettings

log = logging.getLogger(__name__)

_DAY_SECONDS = 86_400.0


def state_folder(settings: Settings, environ: Mapping[str, str]) -> Path:
    """Where is kept what must outlast a restart: as set, else the service's own, else this user's."""
    if settings.state_folder:
        return settings.state_folder
    if service := environ.get("STATE_DIRECTORY", "").partition(":")[0]:
        return Path(service)
    home = environ.get("XDG_STATE_HOME") or str(Path(environ.get("HOME", "/")) / ".local" / "state")
    return Path(home) / "petdoor"


def broker(settings: MqttSettings, environ: Mapping[str, str]) -> Broker:
    """Where the broker is, with the password.

    Raises:
        ConfigError: the password file cannot be read.
    """
    if careless := settings.careless_file:
        log.warning("others may read the broker's password: chmod 600 %s", careless)
    tls = Tls(**settings.tls.model_dump()) if settings.tls else None
    return Broker(
        settings.host,
        settings.port,
        settings.username,
        settings.password(environ),
        tls,
        settings.keepalive_seconds,
    )


def open_mqtt(
    settings: Settings,
    mqtt: MqttSettings,
    environ: Mapping[str, str],
    classifier: TFLiteClassifier,
    *,
    latch: str,
) -> tuple[MqttPublisher, Outbox]:
    """The publisher, connecting on its own thread, and its outbox; ``latch`` is the bolt's kind.

    Raises:
        ConfigError: the password or TLS files cannot be used.
    """
    at = Topics(mqtt.base_topic, settings.id)
    where = broker(mqtt, environ)
    outbox = Outbox(
        state_folder(settings, environ) / f"outbox-{settings.id}.sqlite3",
        keep_seconds=mqtt.outbox.keep_days * _DAY_SECONDS,
        keep_events=mqtt.outbox.keep_events,
    )
    with ExitStack() as undone:
        undone.callback(outbox.close)
        publisher = MqttPublisher(
            where,
            at,
            outbox=outbox,
            home=_home(settings, mqtt, at, classifier),
            info=_info(settings, classifier, latch),
            recollection=Recollection(state_folder(settings, environ) / f"recent-{settings.id}.json"),
            receipt=lambda event: _receipt(event, settings.id),
            latest_model=ModelWatch(settings.model.path or modelfile.SHIPPED, classifier.model_id).latest,
            snapshots=mqtt.snapshots,
        )
        undone.pop_all()
    return publisher, outbox


def _info(settings: Settings, classifier: TFLiteClassifier, latch: str) -> Mapping[str, object]:
    return {
        "version": __version__,
        "model": classifier.model_id,
        "backbone": classifier.facts.get("backbone"),
        "runtime": RUNTIME,
        "latch": latch,
        "config": sha256(settings.model_dump_json().encode()).hexdigest()[:12],
    }


def _receipt(event: Event, door_id: str) -> Mapping[str, object]:
    return receipt_of(event, door_id=door_id, moment=datetime.now(UTC))


def _home(settings: Settings, mqtt: MqttSettings, at: Topics, classifier: TFLiteClassifier) -> HomeAssistant:
    described = discovery.Described(
        species=sorted(classifier.ranges),
        has_threshold=settings.rule.method == "mass",
        threshold=settings.rule.threshold or classifier.threshold,
        sends_snapshots=mqtt.snapshots,
        has_thermometer=thermometer.celsius() is not None,
        model_id=classifier.model_id,
        url=mqtt.dashboard_url,
    )
    return HomeAssistant(
        birth_topic=f"{mqtt.discovery_prefix}/status",
        topic=discovery.topic(mqtt.discovery_prefix, settings.id),
        message=discovery.message(at, described) if mqtt.discovery else None,
    )


class ModelWatch:
    """Which model lies where the door's does; read only when the file is another one.

    Args:
        path: the file.
        loaded: the name of the model that the door uses.
    """

    def __init__(self, path: Path, loaded: str) -> None:
        self._path = path
        self._seen = self._stamp()
        self._latest = loaded

    def latest(self) -> str:
        """The name of the newest one that can be read."""
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen = stamp
            with suppress(ModelError):  # half copied, it may be; then it will be another one again
                self._latest = modelfile.read(self._path).model_id
        return self._latest

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size
