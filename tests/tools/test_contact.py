"""The contact sheet."""

from pathlib import Path

import numpy as np
import pytest

from petdoor import pictures
from petdoor.errors import DataError
from tests.fakes import SilentTeller
from tests.pictures_on_disk import class_folders, jpeg
from tools.data.contact import contact_sheet
from tools.data.dataset import open_dataset
from tools.data.survey import survey

COLOURS = {"blue": (0, 0, 250), "green": (0, 250, 0), "red": (250, 0, 0)}


def sheet_of(folder, path, **options):
    dataset = open_dataset(str(folder))
    contact_sheet(dataset, survey(dataset, SilentTeller()).records, path, **options)
    return pictures.read(path)


def plain_classes(folder, count):
    for name, colour in COLOURS.items():
        for number in range(count):
            jpeg(folder / name / f"{number}.jpg", np.full((40, 50, 3), colour, np.uint8))
    return folder


def bands(sheet, column):
    """The colours down one column of the sheet, paper left out, each once."""
    seen = [tuple(int(value > 125) * 250 for value in pixel) for pixel in sheet[44:, column]]
    return [colour for i, colour in enumerate(seen) if colour != (250,) * 3 and seen[i - 1] != colour]


def test_each_class_has_a_row_of_its_pictures_in_order(tmp_path):
    sheet = sheet_of(plain_classes(tmp_path / "data", 3), tmp_path / "sheet.png", columns=4)
    assert bands(sheet, 300) == list(COLOURS.values())
    assert bands(sheet, 500) == list(COLOURS.values())
    assert bands(sheet, 620) == []


def test_names_and_counts_are_written_beside_the_rows(tmp_path):
    sheet = sheet_of(plain_classes(tmp_path / "data", 1), tmp_path / "sheet.png")
    assert all((sheet[top : top + 96, :255] < 100).any() for top in (44, 146, 248))
    assert (sheet[:44] < 100).any()


def test_a_long_name_stays_out_of_the_pictures(tmp_path):
    long = "soft-coated_wheaten_terrier_" * 4
    sheet = sheet_of(class_folders(tmp_path / "data", **{long: 1, "ä": 1}), tmp_path / "sheet.png", columns=1)
    assert (sheet[44:, 250:260] == 255).all()


def test_of_many_classes_some_are_shown_from_the_first_to_the_last(tmp_path):
    sheet = sheet_of(plain_classes(tmp_path / "data", 1), tmp_path / "sheet.png", rows=2)
    assert bands(sheet, 300) == [COLOURS["blue"], COLOURS["red"]]


def test_an_older_sheet_is_replaced_and_nothing_else_is_left(tmp_path):
    folder = plain_classes(tmp_path / "data", 1)
    for _ in range(2):
        sheet_of(folder, tmp_path / "out" / "sheet.png")
    assert list((tmp_path / "out").iterdir()) == [tmp_path / "out" / "sheet.png"]


def test_a_sheet_that_is_no_png_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"sheet\.pdf: the contact sheet is a PNG"):
        sheet_of(plain_classes(tmp_path / "data", 1), Path(tmp_path / "sheet.pdf"))
    assert not (tmp_path / "sheet.pdf").exists()
