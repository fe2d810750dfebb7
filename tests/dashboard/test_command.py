"""``petdoor dashboard``, and what it copies."""

import hashlib
import json
import re

import pytest
from click.testing import CliRunner

from petdoor.cli.dashboard import PAGE, dashboard, files_of


def run(folder):
    return CliRunner().invoke(dashboard, ["--output", str(folder)])


def files_in(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_it_copies_the_page_and_says_what_the_broker_needs(tmp_path):
    ended = run(tmp_path / "page")
    assert ended.exit_code == 0
    assert files_in(tmp_path / "page") == files_in(PAGE)
    assert f"listener 9001\nprotocol websockets\nhttp_dir {tmp_path / 'page'}\n" in ended.output


def test_an_older_copy_is_replaced_with_all_that_was_in_it(tmp_path):
    run(tmp_path)
    about = json.loads((tmp_path / "package.json").read_text())
    (tmp_path / "package.json").write_text(json.dumps(about | {"files": [*about["files"], "older.js"]}))
    (tmp_path / "older.js").touch()
    (tmp_path / "app.js").write_text("older")
    assert run(tmp_path).exit_code == 0
    assert files_in(tmp_path) == files_in(PAGE)
    assert (tmp_path / "app.js").read_bytes() == (PAGE / "app.js").read_bytes()


@pytest.mark.parametrize("other", ["photo.jpg", "package.json", "vendor/notes.txt"])
def test_a_folder_that_holds_other_things_is_left_as_it_is(tmp_path, other):
    (tmp_path / other).parent.mkdir(exist_ok=True)
    (tmp_path / other).write_text("mine")
    ended = run(tmp_path)
    assert ended.exit_code == 1
    assert "holds other things than the dashboard" in ended.output
    assert files_in(tmp_path) == {other}


def test_a_stranger_beside_an_older_copy_saves_both(tmp_path):
    run(tmp_path)
    (tmp_path / "photo.jpg").touch()
    ended = run(tmp_path)
    assert ended.exit_code == 1
    assert "photo.jpg" in ended.output
    assert files_in(tmp_path) == files_in(PAGE) | {"photo.jpg"}


def test_a_folder_that_the_broker_may_not_enter_is_named(tmp_path):
    (tmp_path / "private").mkdir(mode=0o700)
    assert "may not look into" in run(tmp_path / "private" / "page").output


def test_the_page_consists_of_the_files_it_names():
    assert set(files_of(PAGE)) == files_in(PAGE)


def test_the_client_is_the_one_that_was_published():
    row = re.search(
        r"`(mqtt\.min\.js)`.*\| ([\d.]+) \|.*`([0-9a-f]{64})`", (PAGE / "vendor/README.md").read_text()
    )
    name, version, expected = row.groups()
    pinned = json.loads((PAGE / "package.json").read_text())["dependencies"]["mqtt"]
    assert hashlib.sha256((PAGE / "vendor" / name).read_bytes()).hexdigest() == expected
    assert pinned == version


def test_nothing_of_the_page_comes_from_elsewhere_or_stands_inline():
    page = (PAGE / "index.html").read_text()
    assert re.findall(r'(?:src|href)="(?!#)([^"]*)"', page)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    assert not re.findall(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", page)


def test_no_script_puts_in_markup():
    own = [path.read_text() for path in PAGE.glob("*.js")]
    assert len(own) >= 5
    assert not [
        text
        for text in own
        if re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)
    ]
