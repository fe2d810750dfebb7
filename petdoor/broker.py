"""Where the MQTT broker is, and how to be let in."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from paho.mqtt.client import Client

from petdoor.errors import UnmetError


@dataclass(frozen=True, slots=True)
class Tls:
    """Encryption: the authority to trust (the system's when None), and a certificate of our own."""

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and how to be let in."""

    host: str
    port: int = 1883
    username: str | None = None
    password: str | None = None
    tls: Tls | None = None
    keepalive_seconds: int = 30

    def __repr__(self) -> str:
        return f"{self.host}:{self.port}"


def sign_in(client: Client, broker: Broker) -> None:
    """Give the client what the broker wants of it: name, password, certificates.

    Raises:
        UnmetError: the TLS files cannot be used.
    """
    if broker.username is not None:
        client.username_pw_set(broker.username, broker.password)
    if broker.tls:
        _encrypt(client, broker.tls)


def _encrypt(client: Client, tls: Tls) -> None:
    try:
        client.tls_set(
            ca_certs=_text(tls.ca_file), certfile=_text(tls.cert_file), keyfile=_text(tls.key_file)
        )
    except (OSError, ssl.SSLError, ValueError) as error:
        raise UnmetError(f"mqtt.tls: the certificate files cannot be used: {error}") from error


def _text(path: Path | None) -> str | None:
    return str(path) if path else None
