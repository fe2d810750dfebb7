"""Reading, finding, resizing and turning pictures."""

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from petdoor import pictures
from petdoor.errors import PictureError
from petdoor.pictures import View

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
STUDIO_YUV = {
    RED: (82, 90, 240),
    GREEN: (145, 54, 34),
    BLUE: (41, 240, 110),
    (255, 255, 255): (235, 128, 128),
}
SIDES = st.integers(1, 700)


def plain(colour, height=20, width=30):
    return np.full((height, width, 3), colour, np.uint8)


def written(path, bgr):
    assert cv2.imwrite(str(path), bgr)
    return path


def touched(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"never opened")
    return folder


def corners(picture):
    return [
        [int(picture[0, 0, 0]), int(picture[0, -1, 0])],
        [int(picture[-1, 0, 0]), int(picture[-1, -1, 0])],
    ]


def numbered(height=4, width=6):
    return np.repeat(np.arange(height * width, dtype=np.uint8).reshape(height, width, 1), 3, axis=2)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".jpg", ".tif", ".webp"])
def test_a_red_picture_is_read_as_red(tmp_path, suffix):
    picture = pictures.read(written(tmp_path / f"red{suffix}", plain(RED)[..., ::-1]))
    assert (picture.shape, picture.dtype) == ((20, 30, 3), np.uint8)
    np.testing.assert_allclose(picture, plain(RED), atol=3)


def test_a_grey_picture_is_read_as_rgb(tmp_path):
    picture = pictures.read(written(tmp_path / "grey.png", np.full((20, 30), 77, np.uint8)))
    np.testing.assert_array_equal(picture, plain((77, 77, 77)))


def test_a_16_bit_picture_is_read_as_8_bit(tmp_path):
    deep = np.full((20, 30, 3), (10 * 257, 20 * 257, 200 * 257), np.uint16)
    picture = pictures.read(written(tmp_path / "deep.png", deep))
    np.testing.assert_allclose(picture, plain((200, 20, 10)), atol=1)


def test_a_picture_with_alpha_is_read_without_it(tmp_path):
    picture = pictures.read(written(tmp_path / "clear.png", np.full((20, 30, 4), (10, 20, 200, 0), np.uint8)))
    np.testing.assert_array_equal(picture, plain((200, 20, 10)))


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty"), (b"this is a letter\n" * 9, "no picture"), (b"\x89PNG\r\n\x1a\n", "picture")],
)
def test_a_file_that_is_no_picture_is_refused_by_name(tmp_path, content, reason):
    path = tmp_path / "broken.png"
    path.write_bytes(content)
    with pytest.raises(PictureError, match=reason) as caught:
        pictures.read(path)
    assert str(path) in str(caught.value)


def test_a_missing_picture_is_refused_by_name(tmp_path):
    with pytest.raises(PictureError, match="No such file") as caught:
        pictures.read(tmp_path / "gone.jpg")
    assert str(tmp_path / "gone.jpg") in str(caught.value)


def test_a_folder_is_refused_as_a_picture(tmp_path):
    with pytest.raises(PictureError, match="cannot read the picture"):
        pictures.read(tmp_path)


def test_a_folder_gives_its_pictures_and_those_of_its_subfolders_in_order(tmp_path):
    touched(tmp_path, "b.JPG", "a.png", "sub/deep/c.jpeg", "notes.txt", "clip.mp4", "README", "sub/d.tiff")
    names = [str(path.relative_to(tmp_path)) for path in pictures.find(str(tmp_path))]
    assert names == ["a.png", "b.JPG", "sub/d.tiff", "sub/deep/c.jpeg"]


def test_a_glob_gives_the_pictures_it_names_in_order(tmp_path):
    touched(tmp_path, "dog2.jpg", "dog1.jpg", "cat1.jpg", "dog3.txt")
    found = pictures.find(str(tmp_path / "dog*"))
    assert [path.name for path in found] == ["dog1.jpg", "dog2.jpg"]


def test_a_recursive_glob_reaches_into_subfolders(tmp_path):
    touched(tmp_path, "x/dog.jpg", "x/y/dog.jpg", "x/cat.jpg")
    found = pictures.find(str(tmp_path / "**" / "dog.jpg"))
    assert found == [tmp_path / "x/dog.jpg", tmp_path / "x/y/dog.jpg"]


def test_the_name_of_one_picture_gives_that_picture(tmp_path):
    touched(tmp_path, "one.jpg", "two.jpg")
    assert pictures.find(str(tmp_path / "one.jpg")) == [tmp_path / "one.jpg"]


def test_a_subfolder_named_like_a_picture_is_none(tmp_path):
    touched(tmp_path, "folder.jpg/a.png")
    assert pictures.find(str(tmp_path)) == [tmp_path / "folder.jpg/a.png"]


def test_nothing_is_found_where_nothing_is(tmp_path):
    assert pictures.find(str(tmp_path / "gone")) == []


@settings(deadline=None)
@given(height=SIDES, width=SIDES, colour=st.tuples(*[st.integers(0, 255)] * 3))
@example(height=1, width=1, colour=RED)
@example(height=1, width=5000, colour=GREEN)
@example(height=5000, width=1, colour=BLUE)
@example(height=4000, width=4000, colour=BLUE)
def test_a_plain_picture_of_any_size_fills_the_buffer_with_its_colour(height, width, colour):
    out = plain(tuple(255 - value for value in colour), 224, 224)
    pictures.resize_into(plain(colour, height, width), out)
    np.testing.assert_array_equal(out, plain(colour, 224, 224))


@settings(deadline=None)
@given(height=SIDES, width=SIDES, out_height=st.integers(1, 300), out_width=st.integers(1, 300))
@example(height=1, width=1, out_height=1, out_width=1)
@example(height=1, width=1, out_height=32, out_width=128)
@example(height=1, width=1, out_height=128, out_width=32)
def test_a_buffer_of_any_shape_is_filled(height, width, out_height, out_width):
    out = plain(RED, out_height, out_width)
    pictures.resize_into(plain(BLUE, height, width), out)
    np.testing.assert_array_equal(out, plain(BLUE, out_height, out_width))


def test_a_picture_of_the_buffers_own_size_is_copied():
    picture = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    out = np.zeros_like(picture)
    pictures.resize_into(picture, out)
    np.testing.assert_array_equal(out, picture)


def test_the_row_of_a_batch_is_filled_in_place():
    batch = np.zeros((1, 32, 32, 3), np.uint8)
    pictures.resize_into(plain(GREEN, 100, 100), batch[0])
    np.testing.assert_array_equal(batch[0], plain(GREEN, 32, 32))


def test_shrinking_averages_a_fine_pattern_instead_of_aliasing():
    # Taking single points would hit nothing but the white stripes, two in each eight columns.
    stripes = plain((0, 0, 0), 256, 256)
    stripes[:, 3::8] = stripes[:, 4::8] = 255
    out = plain(RED, 32, 32)
    pictures.resize_into(stripes, out)
    np.testing.assert_allclose(out, plain((64, 64, 64), 32, 32), atol=1)


def test_the_sides_of_a_wide_picture_are_cut_off():
    wide = plain(BLUE, 100, 400)
    wide[:, :140] = wide[:, -140:] = RED
    out = np.zeros((64, 64, 3), np.uint8)
    pictures.resize_into(wide, out)
    np.testing.assert_array_equal(out, plain(BLUE, 64, 64))


def test_top_and_bottom_of_a_tall_picture_are_cut_off():
    tall = plain(BLUE, 400, 100)
    tall[:140] = tall[-140:] = RED
    out = np.zeros((64, 64, 3), np.uint8)
    pictures.resize_into(tall, out)
    np.testing.assert_array_equal(out, plain(BLUE, 64, 64))


@pytest.mark.parametrize(("height", "width"), [(120, 140), (140, 120)])
def test_a_nearly_square_picture_is_squeezed_whole(height, width):
    framed = plain(RED, height, width)
    framed[10:-10, 10:-10] = BLUE
    out = np.zeros((60, 60, 3), np.uint8)
    pictures.resize_into(framed, out)
    assert [tuple(out[y, x]) for y, x in [(1, 30), (58, 30), (30, 1), (30, 58)]] == [RED] * 4
    assert tuple(out[30, 30]) == BLUE


def test_a_view_that_changes_nothing_gives_the_picture_as_it_is():
    np.testing.assert_array_equal(View().of(numbered()), numbered())


@pytest.mark.parametrize(
    ("degrees", "expected"),
    [(0, [[0, 5], [18, 23]]), (90, [[18, 0], [23, 5]]), (180, [[23, 18], [5, 0]]), (270, [[5, 23], [0, 18]])],
)
def test_a_view_turns_the_picture_clockwise(degrees, expected):
    turned = View(rotate=degrees).of(numbered())
    assert corners(turned) == expected
    assert turned.shape == ((6, 4, 3) if degrees in (90, 270) else (4, 6, 3))


@pytest.mark.parametrize(
    ("flip", "expected"),
    [("horizontal", [[5, 0], [23, 18]]), ("vertical", [[18, 23], [0, 5]]), ("both", [[23, 18], [5, 0]])],
)
def test_a_view_mirrors_the_picture(flip, expected):
    assert corners(View(flip=flip).of(numbered())) == expected


def test_a_view_mirrors_after_it_has_turned():
    assert corners(View(rotate=90, flip="horizontal").of(numbered())) == [[0, 18], [5, 23]]


def test_a_view_cuts_out_the_part_that_counts():
    cut = View(roi=(0.5, 0.25, 0.5, 0.5)).of(numbered())
    np.testing.assert_array_equal(cut, numbered()[1:3, 3:6])


def test_a_view_cuts_after_it_has_turned():
    cut = View(rotate=90, roi=(0.0, 0.0, 0.25, 0.5)).of(numbered())
    assert cut[:, 0, 0].tolist() == [18, 19, 20]


@given(left=st.floats(0, 1), top=st.floats(0, 1), width=st.floats(0.001, 1), height=st.floats(0.001, 1))
def test_a_view_leaves_at_least_one_point(left, top, width, height):
    cut = View(roi=(left, top, width, height)).of(numbered())
    assert min(cut.shape) >= 1


def test_a_picture_survives_its_way_through_jpeg(tmp_path):
    halves = plain(RED, 64, 64)
    halves[:, 32:] = BLUE
    path = tmp_path / "halves.jpg"
    path.write_bytes(pictures.encode_jpeg(halves))
    np.testing.assert_allclose(pictures.read(path)[:, [8, 56]], halves[:, [8, 56]], atol=6)


def test_a_lower_quality_makes_a_smaller_jpeg():
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    assert len(pictures.encode_jpeg(noise, quality=20)) < len(pictures.encode_jpeg(noise)) / 2


@pytest.mark.parametrize("colour", STUDIO_YUV)
def test_yuv_planes_become_their_colour_in_rgb(colour):
    luma, blue, red = STUDIO_YUV[colour]
    planes = np.repeat(np.array([luma, blue, red], np.uint8), [64 * 48, 32 * 24, 32 * 24]).reshape(72, 64)
    np.testing.assert_allclose(pictures.rgb_from_yuv420(planes), plain(colour, 48, 64), atol=4)


def test_a_picture_survives_its_way_through_yuv():
    quarters = plain(RED, 48, 64)
    quarters[:24, 32:], quarters[24:, :32], quarters[24:, 32:] = GREEN, BLUE, (90, 120, 30)
    planes = cv2.cvtColor(quarters, cv2.COLOR_RGB2YUV_I420)
    np.testing.assert_allclose(pictures.rgb_from_yuv420(planes), quarters, atol=6)
