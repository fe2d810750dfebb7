"""The settings of who is told: the broker, and the folder for pictures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from petdoor.errors import UnmetError
from petdoor.settings.common import FilePath, Section

PASSWORD_VARIABLE = "PETDOOR_MQTT_PASSWORD"  # noqa: S105 -- the name, not the word
CREDENTIAL_NAME = "mqtt-password"
"""What systemd's ``LoadCredential=`` is to call the password."""


_OTHERS = 0o077


class TlsSettings(Section):
    """Certificates for an encrypted connection."""

    ca_file: FilePath | None = None
    cert_file: FilePath | None = None
    key_file: FilePath | None = None


Topic = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]+(/[a-zA-Z0-9_-]+)*$")]
"""One level of topics or several, without blanks and wildcards."""


class OutboxSettings(Section):
    """How long, and how many, events wait for a broker that is away."""

    keep_days: Annotated[float, Field(gt=0, le=365)] = 7.0
    keep_events: Annotated[int, Field(ge=100, le=1_000_000)] = 10_000


class MqttSettings(Section):
    """The broker; the password comes from a file or the environment, never from here."""

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    username: str | None = None
    password_file: FilePath | None = None
    tls: TlsSettings | None = None
    keepalive_seconds: Annotated[int, Field(ge=5, le=3600)] = 30
    snapshots: bool = False
    base_topic: Topic = "petdoor"
    discovery: bool = True
    discovery_prefix: Topic = "homeassistant"
    dashboard_url: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = None
    outbox: OutboxSettings = OutboxSettings()

    @field_validator("host")
    @classmethod
    def _is_a_name(cls, host: str) -> str:
        host.encode("idna")  # as the resolver will; its error says what is wrong
        return host

    @property
    def careless_file(self) -> Path | None:
        """The password file, if others than its owner may read it."""
        file = self.password_file
        try:
            return file if file and file.stat().st_mode & _OTHERS else None
        except OSError:
            return None  # nobody can see it, or not we

    def password(self, environ: Mapping[str, str]) -> str | None:
        """The password from ``password_file``, systemd's credential or the environment, in this order.

        An empty credential is none. A file that only others may read gives way to the credential: the
        service may not read root's own, but is shown what it holds.

        Raises:
            UnmetError: the file cannot be read, or is empty.
        """
        shown = _word(_credential(environ))
        if self.password_file is None:
            return shown or environ.get(PASSWORD_VARIABLE)
        try:
            word = _word(self.password_file)
        except UnmetError as error:
            if shown and isinstance(error.__cause__, PermissionError):
                return shown
            raise
        if not word:
            raise UnmetError(f"mqtt.password_file: {self.password_file} is empty")
        return word


def _credential(environ: Mapping[str, str]) -> Path | None:
    """Where systemd shows the password, if it does."""
    folder = environ.get("CREDENTIALS_DIRECTORY")
    file = Path(folder) / CREDENTIAL_NAME if folder else None
    return file if file and file.exists() else None


def _word(file: Path | None) -> str:
    """What a file holds; nothing where there is none.

    Raises:
        UnmetError: it cannot be read.
    """
    try:
        return file.read_text("utf-8").strip() if file else ""
    except (OSError, UnicodeDecodeError) as error:
        raise UnmetError(f"mqtt.password_file: cannot read {file}: {error}") from error


class SnapshotSettings(Section):
    """A folder for the frames that decided."""

    folder: FilePath | None = None
    keep: Annotated[int, Field(ge=1, le=100_000)] = 500
