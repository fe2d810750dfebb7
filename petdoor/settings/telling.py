"""The settings of who is told: the broker, and the folder for pictures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from petdoor.errors import ConfigError
from petdoor.settings.common import FilePath, Section

PASSWORD_VARIABLE = "PETDOOR_MQTT_PASSWORD"  # noqa: S105 -- the name, not the word
CREDENTIAL_NAME = "mqtt-password"
"""What systemd's ``LoadCredential=`` is to call the password."""


class TlsSettings(Section):
    """Certificates for an encrypted connection."""

    ca_file: FilePath | None = None
    cert_file: FilePath | None = None
    key_file: FilePath | None = None


class MqttSettings(Section):
    """The broker; the password comes from a file or the environment, never from here."""

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    username: str | None = None
    password_file: FilePath | None = None
    tls: TlsSettings | None = None
    keepalive_seconds: Annotated[int, Field(ge=5, le=3600)] = 30
    snapshots: bool = False

    @field_validator("host")
    @classmethod
    def _is_a_name(cls, host: str) -> str:
        host.encode("idna")  # as the resolver will; its error says what is wrong
        return host

    def password(self, environ: Mapping[str, str]) -> str | None:
        """The password from ``password_file``, systemd's credential or the environment, in this order.

        An empty credential is none.

        Raises:
            ConfigError: the file cannot be read, or is empty.
        """
        credentials = environ.get("CREDENTIALS_DIRECTORY")
        credential = Path(credentials) / CREDENTIAL_NAME if credentials else None
        file = self.password_file or (credential if credential and credential.exists() else None)
        try:
            word = file.read_text("utf-8").strip() if file else ""
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"mqtt.password_file: cannot read {file}: {error}") from error
        if not word and self.password_file:
            raise ConfigError(f"mqtt.password_file: {file} is empty")
        return word or environ.get(PASSWORD_VARIABLE)


class SnapshotSettings(Section):
    """A folder for the frames that decided."""

    folder: FilePath | None = None
    keep: Annotated[int, Field(ge=1, le=100_000)] = 500
