"""Why there is no connection, in words: against brokers and strangers that are really there."""

import datetime as dt
import gc
import queue
import socket
from contextlib import closing

import pytest
import trustme

from petdoor.broker import Broker, Tls
from petdoor.errors import BrokerError
from petdoor.mqtt.line import Line
from tests.brokers import Mosquitto

# paho leaves a socket to the garbage collector when the handshake fails.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def reason(port, host="127.0.0.1", *, answer_seconds=10.0, **login):
    broker, put = Broker(host, port, **login), queue.SimpleQueue().put
    line = Line(broker, "petdoor-back", ("will", "offline"), put, answer_seconds=answer_seconds)
    with closing(line), pytest.raises(BrokerError) as caught:
        line.open()
    said = str(caught.value)
    del line, caught
    gc.collect()
    return said


def test_nobody_is_there(tmp_path):
    assert reason(Mosquitto(tmp_path).port).endswith("cannot be reached: Connection refused")


def test_a_name_that_is_nobodys():
    assert "broker.invalid:1883 has no address: " in reason(1883, host="broker.invalid")


def test_the_wrong_password(guarded):
    assert "refuses us: Not authorized" in reason(guarded.port, username="petdoor", password="meow")


def test_an_authority_that_does_not_vouch_for_it(encrypted, tmp_path):
    broker, _ = encrypted
    trustme.CA().cert_pem.write_to_path(tmp_path / "stranger.pem")
    said = reason(broker.port, tls=Tls(ca_file=tmp_path / "stranger.pem"))
    assert "shows a certificate that is not to be trusted: " in said


def test_a_certificate_that_has_expired(tmp_path):
    authority = trustme.CA()
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    certificate = authority.issue_cert("127.0.0.1", not_after=yesterday)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate.private_key_and_cert_chain_pem.write_to_path(tmp_path / "key.pem")
    with Mosquitto(tmp_path, extra=f"certfile {tmp_path}/key.pem\nkeyfile {tmp_path}/key.pem") as broker:
        said = reason(broker.port, tls=Tls(ca_file=tmp_path / "ca.pem"))
    assert "shows a certificate that is not to be trusted: certificate has expired" in said


def test_a_certificate_for_another_name(encrypted):
    broker, authority = encrypted
    said = reason(broker.port, host="localhost", tls=Tls(ca_file=authority))
    assert "not to be trusted: Hostname mismatch" in said


def test_a_port_that_wants_tls_and_is_not_given_it(encrypted):
    broker, _ = encrypted
    assert reason(broker.port).endswith("does that port want mqtt.tls?")


def test_a_port_that_is_given_tls_and_does_not_know_it(mosquitto):
    assert "when spoken to in TLS: does that port know it?" in reason(mosquitto.port, tls=Tls())


def test_one_that_takes_the_connection_and_says_nothing():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        said = reason(mute.getsockname()[1], answer_seconds=0.2)
    assert "takes the connection, but has said nothing for 0.2 s" in said
