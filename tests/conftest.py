"""Fixtures: the photos and weights that may be there, models made once, a real broker."""

import fcntl
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from hypothesis import HealthCheck, settings

from tests.brokers import Mosquitto

# A disk or a core that others keep busy is no fault of what is tested.
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")

ROOT = Path(__file__).parent.parent
BUILT = ROOT / "build" / "test-models"
DATA = Path(os.environ.get("PETDOOR_TEST_DATA", ROOT.parent / "shared" / "data"))


def data(name):
    """A file or folder of the test data; without it the test is skipped."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no {path}; set PETDOOR_TEST_DATA to a folder that holds {name}")
    return path


@pytest.fixture(scope="session")
def photos():
    """Folders dog, cat, other of photos the models never saw."""
    return data("photos/val")


@pytest.fixture(scope="session")
def weights():
    """Real ImageNet weights of MobileNetV2."""
    return data("weights/mobilenet_v2_1.0_224.weights.h5")


@pytest.fixture(scope="session")
def hosted_model():
    """A third party's model of 1001 classes, uint8 softmax."""
    return data("weights/mobilenet_v2_1.0_224_hosted_1001_uint8.tflite")


def run_tools(*arguments, **variables):
    """``python -m tools``, as a user runs it, with these environment variables."""
    command = [sys.executable, "-m", "tools", *map(str, arguments)]
    environ = {**os.environ, **variables}
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def door_model(weights):
    """The exported ImageNet model; made once, and anew when the tools that make it change."""
    target = BUILT / "door.tflite"
    sources = [
        *(ROOT / "tools" / "networks").glob("*.py"),
        *(ROOT / "tools" / "conversion").glob("*.py"),
        ROOT / "petdoor" / "modelfile.py",
        ROOT / "petdoor" / "pictures.py",
    ]
    with _alone():
        if not _is_newer(target, sources):
            made = run_tools(
                "export", "--weights", weights, "--calibration", DATA / "photos" / "train", "--output", target
            )
            assert made.returncode == 0, made.stderr
    return target


@pytest.fixture(scope="session")
def tiny_models():
    """Folder of tiny networks of every tensor type; see ``tiny_models.py``. Needs TensorFlow once."""
    maker = ROOT / "tests" / "tiny_models.py"
    stamp = BUILT / "tiny" / "made"
    with _alone():
        if not _is_newer(stamp, [maker]):
            made = subprocess.run(
                [sys.executable, "-m", "tests.tiny_models", str(stamp.parent)],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
            assert made.returncode == 0, made.stderr
            stamp.touch()
    return stamp.parent


@contextmanager
def _alone():
    """Of all that run tests side by side, one makes what all of them need."""
    BUILT.mkdir(parents=True, exist_ok=True)
    with (BUILT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_newer(target, sources):
    return target.exists() and all(target.stat().st_mtime > source.stat().st_mtime for source in sources)


@contextmanager
def as_nobody():
    """Meanwhile this process is a user's who may next to nothing."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    os.setresuid(65534, 65534, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.fixture
def mosquitto(tmp_path):
    """A running broker that lets anybody in."""
    with Mosquitto(tmp_path) as broker:
        yield broker


@pytest.fixture
def late_mosquitto(tmp_path):
    """One that has yet to be started."""
    broker = Mosquitto(tmp_path)
    yield broker
    broker.stop()


@pytest.fixture
def guarded(tmp_path):
    """A broker that lets in petdoor with the password woof, and nobody else."""
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "petdoor", "woof"], check=True)
    with Mosquitto(tmp_path, password_file=passwords) as broker:
        yield broker


@pytest.fixture
def encrypted(tmp_path):
    """A broker that speaks TLS only, and the authority that vouches for it."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    extra = f"certfile {tmp_path}/cert.pem\nkeyfile {tmp_path}/key.pem"
    with Mosquitto(tmp_path, extra=extra) as broker:
        yield broker, tmp_path / "ca.pem"
