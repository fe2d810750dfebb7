"""A broker that serves the page, a real browser that shows it, and a door to look at."""

import shutil
import socket
import subprocess
import time
from contextlib import closing

import pytest
from click.testing import CliRunner
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from petdoor.cli.dashboard import dashboard
from tests.brokers import Mosquitto, free_port
from tests.dashboard.page import Page
from tests.dashboard.stand_in import StandIn

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
)


class PageBroker(Mosquitto):
    """A broker that also speaks over WebSockets, and serves the page there."""

    def __init__(self, folder, served, **options):
        self.page_port = free_port()
        listener = f"listener {self.page_port}\nprotocol websockets\nhttp_dir {served}"
        super().__init__(folder, extra=listener, **options)
        self.url = f"http://127.0.0.1:{self.page_port}/"

    def start(self):
        super().start()
        deadline = time.monotonic() + 10
        while not _listens(self.page_port):  # it opens this one after the other
            assert time.monotonic() < deadline, "mosquitto does not speak over WebSockets"
            time.sleep(0.02)


def _listens(port):
    with socket.socket() as visitor:
        return visitor.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """A copy of the page, as the command makes it."""
    folder = tmp_path_factory.mktemp("served") / "dashboard"
    made = CliRunner().invoke(dashboard, ["--output", str(folder)])
    assert made.exit_code == 0, made.output
    return folder


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Chromium without a window; each test has an origin of its own, and so storages of its own."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("no chromium and chromium-driver on this machine: apt install them")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    running = webdriver.Chrome(options=options, service=Service(driver))
    yield running
    running.quit()


@pytest.fixture
def broker(tmp_path, served):
    with PageBroker(tmp_path, served) as running:
        yield running


@pytest.fixture
def locked_broker(tmp_path, served):
    """One that lets in petdoor with the password woof, and nobody else."""
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "petdoor", "woof"], check=True)
    with PageBroker(tmp_path, served, password_file=passwords) as running:
        yield running


@pytest.fixture
def page(browser, broker):
    yield from _page(browser, broker)


@pytest.fixture
def locked_page(browser, locked_broker):
    yield from _page(browser, locked_broker)


def _page(browser, broker):
    browser.get_log("browser")
    shown = Page(browser, broker.url)
    shown.resize(1280, 900)
    yield shown
    browser.get("about:blank")


@pytest.fixture
def door(broker):
    """A door named back."""
    with closing(StandIn(broker.port)) as told:
        yield told
