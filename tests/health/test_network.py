"""Against real brokers on the loopback interface: each step says how it went, and what to do."""

import pytest

from petdoor.broker import Broker, Tls
from petdoor.health import network
from petdoor.health.finding import Level
from tests.brokers import Mosquitto

ALL = ["broker name", "broker tcp", "broker login", "broker message"]


def steps(port, host="127.0.0.1", *, timeout_seconds=10.0, **how):
    return list(network.examine(Broker(host, port, **how), "petdoor/back", timeout_seconds=timeout_seconds))


def assert_fails_at(findings, part, *words):
    last = findings[-1]
    assert (last.part, last.level) == (part, Level.FAIL)
    assert [word for word in words if word not in f"{last.detail} {last.advice}"] == []
    assert all(finding.level is Level.OK for finding in findings[:-1])


def test_a_broker_that_lets_us_in_returns_what_we_send(mosquitto):
    findings = steps(mosquitto.port)
    assert [finding.part for finding in findings] == ALL
    assert {finding.level for finding in findings} == {Level.OK}


def test_a_name_nobody_knows_is_told():
    assert_fails_at(steps(1883, "broker.invalid"), "broker name", "broker.invalid has no address")


def test_a_port_nobody_listens_on_is_told(tmp_path):
    port = Mosquitto(tmp_path).port
    assert_fails_at(steps(port), "broker tcp", "cannot be reached", f"port {port}")


def test_a_wrong_password_is_told_but_never_shown(guarded):
    findings = steps(guarded.port, username="petdoor", password="meow")
    assert_fails_at(findings, "broker login", "Not authorized", "mqtt.password_file")
    assert "meow" not in str(findings)


def test_the_right_password_is_told_by_its_owners_name(guarded):
    login = steps(guarded.port, username="petdoor", password="woof")[2]
    assert login.detail.endswith("lets us in as petdoor")


def test_a_broker_that_says_nothing_is_told(mosquitto):
    mosquitto.hang()
    assert_fails_at(steps(mosquitto.port, timeout_seconds=1.0), "broker login", "says nothing for 1 s")
    mosquitto.kill()


def test_an_access_list_that_keeps_the_door_out_is_told(tmp_path):
    access = tmp_path / "access"
    access.write_text("topic readwrite somebody/else/#\n")
    with Mosquitto(tmp_path, extra=f"acl_file {access}") as broker:
        findings = steps(broker.port)
    assert_fails_at(findings, "broker message", "access list", "petdoor/back/#")


def test_an_encrypted_broker_says_how_long_its_certificate_is_good(encrypted):
    broker, authority = encrypted
    findings = steps(broker.port, tls=Tls(ca_file=authority))
    assert [finding.part for finding in findings] == [*ALL[:2], "broker tls", *ALL[2:]]
    assert findings[2].detail.startswith("TLSv1.3, the broker's certificate is good until ")


def test_a_broker_nobody_vouches_for_is_not_trusted(encrypted):
    broker, _ = encrypted
    assert_fails_at(steps(broker.port, tls=Tls()), "broker tls", "certificate", "mqtt.tls.ca_file")


def test_a_certificate_file_that_is_not_there_is_told(encrypted, tmp_path):
    broker, _ = encrypted
    findings = steps(broker.port, tls=Tls(ca_file=tmp_path / "missing.pem"))
    assert_fails_at(findings, "broker tls", "No such file")


def test_plain_talk_to_an_encrypted_broker_is_told(encrypted):
    broker, _ = encrypted
    assert steps(broker.port)[-1].part == "broker login"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_name_and_a_number_lead_to_the_same_broker(mosquitto, host):
    assert steps(mosquitto.port, host)[-1].level is Level.OK


def test_who_may_not_know_the_password_does_not_try_one(guarded):
    broker = Broker("127.0.0.1", guarded.port, username="petdoor")
    findings = list(network.examine(broker, "petdoor/back", timeout_seconds=10.0, may_log_in=False))
    assert [finding.part for finding in findings] == ALL[:3]
    assert (findings[-1].level, "sudo" in findings[-1].advice) == (Level.SKIP, True)
