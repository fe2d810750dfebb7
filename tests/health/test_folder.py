import pytest

from petdoor.errors import ConfigError
from petdoor.health.folder import attempt, nearest


def test_trying_a_folder_leaves_nothing_behind(tmp_path):
    attempt(tmp_path, "snapshots.folder")
    attempt(tmp_path / "not" / "yet", "snapshots.folder")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told_with_what_to_do(tmp_path):
    (tmp_path / "seen").write_text("a file")
    with pytest.raises(ConfigError, match=r"^snapshots\.folder: .*seen/by: .*; .* name another folder"):
        attempt(tmp_path / "seen" / "by", "snapshots.folder")


def test_of_a_folder_that_is_not_there_yet_the_way_to_it_counts(tmp_path):
    assert nearest(tmp_path / "not" / "yet") == tmp_path
