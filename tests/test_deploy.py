"""``petdoor install-service`` and its counterpart, on a folder that is the root of another machine."""

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from petdoor import config
from petdoor.cli import main
from petdoor.deploy import plan
from petdoor.deploy.steps import Site
from petdoor.errors import DeployError
from tests.conftest import ROOT

UNIT = "etc/systemd/system/petdoor.service"
WATCHDOG = "etc/systemd/system.conf.d/petdoor-watchdog.conf"


@pytest.fixture
def card(tmp_path):
    """The mounted SD card of a Pi; sysusers finds the users that are there already."""
    (tmp_path / "etc").mkdir()
    return tmp_path


def service(command, card, *options):
    return CliRunner().invoke(main, [f"{command}-service", "--root", str(card), *options])


def installed(card):
    return {str(path.relative_to(card)) for path in card.rglob("*") if path.is_file()}


def test_all_is_put_in_place_and_the_settings_are_the_ones_that_ship(card):
    result = service("install", card)
    assert result.exit_code == 0, result.output
    assert installed(card) >= {
        UNIT,
        "etc/sysusers.d/petdoor.conf",
        "etc/udev/rules.d/60-petdoor.rules",
        "etc/petdoor/config.yaml",
        "etc/petdoor/mqtt-password",
    }
    assert (card / UNIT).read_text() == (ROOT / "systemd" / "petdoor.service").read_text()
    assert config.load(card / "etc/petdoor/config.yaml").camera.source == "0"
    assert (card / "etc/petdoor/mqtt-password").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make users")
def test_the_user_is_made_on_that_machine_and_not_on_this_one(card):
    service("install", card)
    assert "petdoor" in (card / "etc/passwd").read_text()
    groups = [line for line in (card / "etc/group").read_text().splitlines() if line.endswith(":petdoor")]
    assert {line.partition(":")[0] for line in groups} == {"gpio", "video"}


def test_the_owners_files_stay_and_the_others_are_brought_up_to_date(card):
    service("install", card)
    (card / "etc/petdoor/config.yaml").write_text("id: mine\n")
    (card / UNIT).write_text("an older one\n")
    said = service("install", card).output
    assert (card / "etc/petdoor/config.yaml").read_text() == "id: mine\n"
    assert (card / UNIT).read_text() != "an older one\n"
    assert f"writing    /{UNIT}" in said
    assert "unchanged  /etc/udev/rules.d/60-petdoor.rules" in said


def test_a_dry_run_says_all_and_does_nothing(card):
    said = service("install", card, "--dry-run").output
    assert f"writing    /{UNIT}" in said
    assert installed(card) == set()


def test_the_hardware_watchdog_is_there_for_who_asks(card):
    service("install", card)
    assert not (card / WATCHDOG).exists()
    service("install", card, "--hardware-watchdog")
    seconds = (card / WATCHDOG).read_text().partition("RuntimeWatchdogSec=")[2].splitlines()[0]
    assert 0 < int(seconds) < 15


def test_uninstalling_leaves_what_is_the_owners(card):
    service("install", card, "--hardware-watchdog")
    result = service("uninstall", card)
    assert result.exit_code == 0
    ours = {path for path in installed(card) if "petdoor" in path}
    assert ours == {"etc/petdoor/config.yaml", "etc/petdoor/mqtt-password"}
    assert "--purge removes them" in result.output


def test_a_purge_leaves_nothing(card):
    service("install", card)
    service("uninstall", card, "--purge")
    assert {path for path in installed(card) if "petdoor" in path} == set()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make users")
def test_a_purge_takes_the_user_of_that_machine_too(card):
    service("install", card)
    result = service("uninstall", card, "--purge")
    assert (result.exit_code, "petdoor" in (card / "etc/passwd").read_text()) == (0, False)
    assert "petdoor" not in (card / "etc/group").read_text()


def test_what_is_to_be_done_next_names_the_files_of_that_machine(card):
    said = service("install", card).output.partition("next: ")[2]
    assert f"sudo nano {card}/etc/petdoor/config.yaml" in said
    assert f"systemctl --root={card} enable petdoor" in said
    assert "and there: sudo -u petdoor /opt/petdoor/bin/petdoor doctor" in said


def test_uninstalling_what_was_never_installed_does_no_harm(card):
    assert service("uninstall", card, "--purge").exit_code == 0


@pytest.mark.parametrize("folder", ["/home/ann/petdoor", "/root/.venv", "/tmp/x", "/var/tmp/x"])
def test_what_the_service_may_not_see_is_known(folder):
    path = plan.Path(folder)
    assert plan.hidden([plan.Path("/opt/petdoor"), path]) == [path]


def test_a_petdoor_that_the_service_may_not_see_is_not_installed():
    in_home = [path for path in (ROOT, plan.Path(sys.base_prefix)) if plan.hidden([path.resolve()])]
    if not in_home:
        pytest.skip("this petdoor and its Python lie where a service may look")
    result = CliRunner().invoke(main, ["install-service", "--dry-run"])
    assert result.exit_code == 1
    assert "sudo /opt/petdoor/bin/pip install" in result.output
    assert "--system-site-packages" in result.output


@pytest.mark.skipif(os.geteuid() == 0, reason="root may")
def test_only_root_may_install():
    result = CliRunner().invoke(main, ["install-service"])
    assert (result.exit_code, "only root may do this" in result.output) == (1, True)


def test_a_program_that_fails_is_told_with_its_words(card):
    with pytest.raises(DeployError, match=r"cat /nowhere failed: .*No such file"):
        Site(card, lambda _: None).run("cat", "/nowhere")


def test_a_program_that_may_fail_and_one_that_is_not_there_end_nothing(card):
    said = []
    site = Site(card, said.append)
    site.run("cat", "/nowhere", may_fail=True)
    site.run("no-such-program", "now")
    assert said[-1] == "left out   no-such-program now: no no-such-program here"


def test_the_settings_that_ship_leave_the_password_to_systemd():
    text = (ROOT / "config.yaml").read_text()
    assert "#  password_file: null" in text


def test_make_has_it_too():
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {"install", "uninstall"} <= {line.split()[0] for line in said.splitlines()}
