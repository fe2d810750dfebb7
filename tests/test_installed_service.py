"""The service, installed by petdoor and started by a real systemd, in a machine of its own."""

import json

import pytest

from tests import house as houses

pytestmark = [
    pytest.mark.skipif(not houses.is_possible(), reason="needs root, namespaces and systemd"),
    pytest.mark.timeout(300),
]

CONFIG = "/etc/petdoor/config.yaml"
DROP_IN = "/etc/systemd/system/petdoor.service.d/quick.conf"
# A real watchdog and a real restart, only sooner.
QUICK = "[Service]\nWatchdogSec=2\nRestartSec=100ms\n"
PLAYING = "camera: {source: demo, loop: true}\n"
TELLING = "mqtt: {{host: 127.0.0.1, port: {}, username: petdoor}}\n"
PASSWORD = "/etc/petdoor/mqtt-password"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    house = houses.House(tmp_path_factory.mktemp("house"))
    try:
        house.move_in()
        house.installation = house.done("/opt/petdoor/bin/petdoor", "install-service")
        house.done("mkdir", "-p", DROP_IN.rpartition("/")[0])
        house.write(DROP_IN, QUICK)
        yield house
    finally:
        house.close()


@pytest.fixture
def door(house):
    """The service, freshly started on the drawn yard."""
    house.write(CONFIG, PLAYING)
    house.done("systemctl", "daemon-reload")
    house.done("systemctl", "restart", "petdoor")
    yield house
    house.does("systemctl", "stop", "petdoor")
    house.does("systemctl", "reset-failed", "petdoor")


def journal(house, *since):
    return house.done("journalctl", "--no-pager", "--unit=petdoor", "--output=cat", *since)


def newest(house):
    """The place in the journal from which on something new is said."""
    said = house.done("journalctl", "--no-pager", "--lines=1", "--output=json")
    return f"--after-cursor={json.loads(said)['__CURSOR']}"


def hears(house, words, since):
    house.until(lambda: words in journal(house, since))


def is_watching(house):
    return house.state("ActiveState") == "active" and house.state("StatusText").startswith("watching")


def test_the_user_belongs_to_the_groups_of_pins_and_cameras(house):
    assert set(house.done("id", "--name", "--groups", "petdoor").split()) == {"petdoor", "gpio", "video"}


def test_installing_twice_leaves_the_owners_files_alone(house):
    house.write(CONFIG, "id: mine\n")
    again = house.done("/opt/petdoor/bin/petdoor", "install-service")
    assert house.read(CONFIG) == "id: mine\n"
    assert "kept       /etc/petdoor/config.yaml" in again
    assert "unchanged  /etc/systemd/system/petdoor.service" in again
    assert "writing" not in again


def test_the_door_is_up_when_it_watches(door):
    assert door.state("ActiveState") == "active"
    assert is_watching(door)
    owner = door.done("ps", "--format", "user:20=", "--pid", door.state("MainPID")).strip()
    assert owner == "petdoor"


@pytest.mark.parametrize(
    ("signal", "result"),
    [("KILL", "signal"), ("STOP", "watchdog")],
    ids=["killed", "hanging for longer than the watchdog allows"],
)
def test_a_door_that_is_killed_or_hangs_is_locked_and_started_again(door, signal, result):
    before, since = door.state("MainPID"), newest(door)
    door.done("kill", f"-{signal}", before)
    hears(door, "locked GPIO 17 (simulated: no bolt moves)", since)
    door.until(lambda: door.state("MainPID") not in {"0", before} and is_watching(door))
    assert f"Failed with result '{result}'" in journal(door, since)


def test_reloading_reads_the_settings_anew_and_keeps_the_process(door):
    before, since = door.state("MainPID"), newest(door)
    door.write(CONFIG, f"{PLAYING}log_level: debug\n")
    door.done("systemctl", "reload", "petdoor")
    hears(door, "ready: watching", since)
    assert door.state("MainPID") == before


def test_settings_that_hold_faults_are_refused_by_a_reload_and_the_old_ones_go_on(door):
    before, since = door.state("MainPID"), newest(door)
    door.write(CONFIG, "camera: {fps: often}\n")
    door.done("systemctl", "reload", "petdoor")
    hears(door, "camera.fps: 'often' is not allowed", since)
    assert (door.state("MainPID"), door.state("ActiveState")) == (before, "active")


def test_settings_that_hold_faults_at_the_start_are_not_tried_again(door):
    door.write(CONFIG, "camera: {fps: often}\n")
    door.does("systemctl", "restart", "petdoor")
    door.until(lambda: door.state("ActiveState") == "failed")
    assert (door.state("ExecMainStatus"), door.state("NRestarts")) == ("78", "0")


def test_what_may_heal_is_tried_until_it_has_healed(door):
    since = newest(door)
    door.write(CONFIG, f"{PLAYING}policy: {{keep_in: [ferret]}}\n")
    door.does("systemctl", "restart", "petdoor")
    hears(door, "knows nothing called ferret", since)
    door.until(lambda: int(door.state("NRestarts")) > 1)
    door.write(CONFIG, PLAYING)
    door.until(lambda: is_watching(door))


def test_a_dead_door_s_own_pin_is_locked_whatever_the_settings_say_by_then(door):
    since = newest(door)
    door.write(CONFIG, f"{PLAYING}latch: {{pin: 99}}\n")
    door.done("systemctl", "kill", "--kill-whom=main", "--signal=KILL", "petdoor")
    hears(door, "locked GPIO 17", since)
    door.until(lambda: door.state("ActiveState") == "failed")


def test_events_wait_for_a_broker_that_is_away_in_a_folder_of_the_door_s_own(door):
    door.write(CONFIG, PLAYING + TELLING.format(1))
    door.done("systemctl", "restart", "petdoor")
    kept = "/var/lib/petdoor/outbox-petdoor.sqlite3"
    assert door.done("stat", "--format=%U %a", kept) == "petdoor 600\n"


def test_a_password_file_that_is_root_s_alone_is_taken_from_systemd(door, guarded):
    door.write(PASSWORD, "woof\n")
    telling = TELLING.format(guarded.port).replace("}", f", password_file: {PASSWORD}}}")
    since = newest(door)
    door.write(CONFIG, PLAYING + telling)
    door.done("systemctl", "restart", "petdoor")
    hears(door, "connected to the broker", since)


def test_the_doctor_tries_the_broker_as_root_and_leaves_it_to_root_otherwise(door, guarded):
    door.write(PASSWORD, "woof\n")
    door.write(CONFIG, PLAYING + TELLING.format(guarded.port))
    doctor = "cd /root && exec {} /opt/petdoor/bin/petdoor doctor"  # which is closed to all but root
    said = door.done("sh", "-c", doctor.format(""))
    assert "lets us in as petdoor" in said
    assert "/var/lib/petdoor: can be written" in said
    petdoor = "setpriv --reuid=petdoor --regid=petdoor --init-groups"
    said = door.done("sh", "-c", doctor.format(petdoor))
    assert "the password is the service's alone" in said
    assert "/var/lib/petdoor: can be written" in said


@pytest.mark.parametrize(
    ("prepare", "word"),
    [("echo woof > {}", "woof"), ("true > {}", ""), ("rm {}", "")],
    ids=["given", "empty", "missing"],
)
def test_the_password_is_shown_to_the_door_alone(door, prepare, word):
    door.done("sh", "-c", prepare.format("/etc/petdoor/mqtt-password"))
    door.done("systemctl", "restart", "petdoor")
    shown = f"/proc/{door.state('MainPID')}/root/run/credentials/petdoor.service/mqtt-password"
    assert door.read(shown).strip() == word
    everybody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    assert door.does(*everybody, "cat", shown).returncode != 0


def test_a_stopped_door_is_locked_and_stays_down(door):
    since = newest(door)
    door.done("systemctl", "stop", "petdoor")
    assert "locked GPIO 17 (simulated: no bolt moves)" in journal(door, since)
    assert (door.state("ActiveState"), door.state("Result")) == ("inactive", "success")


def test_the_doctor_examines_the_service(door):
    said = door.done("/opt/petdoor/bin/petdoor", "doctor", "--config", CONFIG)
    assert "watching, locked; restarted 0 times; not started at boot" in said


def test_what_was_installed_goes_and_what_is_the_owners_goes_last(house):
    house.done("systemctl", "enable", "--now", "petdoor")
    house.done("/opt/petdoor/bin/petdoor", "uninstall-service")
    assert house.state("LoadState") == "not-found"
    assert house.does("test", "-e", "/etc/systemd/system/multi-user.target.wants/petdoor.service").returncode
    assert house.read(CONFIG)
    house.done("/opt/petdoor/bin/petdoor", "uninstall-service", "--purge")
    assert house.does("ls", "/etc/petdoor", "/var/lib/petdoor").returncode
    assert house.does("id", "petdoor").returncode
