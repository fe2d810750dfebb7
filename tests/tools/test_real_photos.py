"""What training is for: a door for real dogs and cats. Slow: ``make test-slow`` runs it."""

import json

import pytest

from tests.conftest import data, run_tools

REAL = {"dog": 4, "cat": 2, "other": 3}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_fine_tuning_on_real_photos_makes_a_door_that_errs_rarely(weights, photos, tmp_path):
    done = run_tools(
        *("train", "--data", data("photos/train"), "--weights", weights, "--test", photos),
        *(
            "--layers",
            40,
            "--split",
            "85/15/0",
            "--output",
            tmp_path / "door.tflite",
            "--report",
            tmp_path / "report",
        ),
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "report" / "report.json").read_text())
    admitted = figures["model"]["figures"]["admitted"]
    assert admitted["dog"]["total"] - admitted["dog"]["count"] <= REAL["dog"]
    assert admitted["cat"]["count"] <= REAL["cat"]
    assert admitted["other"]["count"] <= REAL["other"]
