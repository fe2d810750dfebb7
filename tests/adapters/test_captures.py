"""Everything OpenCV can open, and what is said of what it cannot."""

import socket
import threading
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
import pytest

from petdoor import pictures
from petdoor.adapters import captures
from petdoor.adapters.captures import Format
from petdoor.errors import CameraError, EndOfFramesError
from tests.conftest import as_nobody

SHADES = (20, 70, 120, 170, 220)
SECRET = "hunter2"


def shade(value):
    return np.full((48, 64, 3), value, np.uint8)


def picture_folder(folder, shades=SHADES):
    folder.mkdir(exist_ok=True)
    for number, value in enumerate(shades):
        assert cv2.imwrite(str(folder / f"{number:02}.png"), shade(value))
    return folder


def clip(path, shades=SHADES, fps=20.0):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, (64, 48))
    assert writer.isOpened()
    for value in shades:
        writer.write(shade(value))
    writer.release()
    return path


def opened(source, *, loop=False, fps=10.0):
    return closing(captures.opener(str(source), Format(fps=fps), loop=loop)())


def refusal(source):
    with pytest.raises(CameraError) as caught, opened(source):
        pass
    return str(caught.value)


def shades_of(capture, count):
    return [round(float(capture.rgb(capture.read()).mean()), -1) for _ in range(count)]


@contextmanager
def closed_port():
    """A port of the loopback interface where nobody listens, kept so."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


class MuteDevice:
    """What OpenCV makes of a camera module: it opens, and that is all."""

    released = False

    def isOpened(self):  # noqa: N802 -- OpenCV calls it so
        return True

    def read(self):
        return False, None

    def release(self):
        self.released = True


class RedMotionJpeg(BaseHTTPRequestHandler):
    """A red picture some times over, as network cameras send it."""

    pictures_sent = 30

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        jpeg = pictures.encode_jpeg(np.full((48, 64, 3), (255, 0, 0), np.uint8))
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n".encode()
        for _ in range(self.pictures_sent):
            self.wfile.write(head + jpeg + b"\r\n")

    def log_message(self, *_):
        pass


@pytest.fixture
def stream_url():
    with ThreadingHTTPServer(("127.0.0.1", 0), RedMotionJpeg) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/stream"
        server.shutdown()
        thread.join()


def test_a_folder_of_pictures_is_played_in_order_and_ends(tmp_path):
    with opened(picture_folder(tmp_path / "photos")) as capture:
        assert shades_of(capture, 5) == list(SHADES)
        with pytest.raises(EndOfFramesError, match="all 5 pictures shown"):
            capture.read()


def test_a_glob_plays_the_pictures_it_names(tmp_path):
    picture_folder(tmp_path)
    with opened(tmp_path / "0[13].*") as capture:
        assert shades_of(capture, 2) == [70, 170]
        with pytest.raises(EndOfFramesError):
            capture.read()


def test_one_picture_is_played_once(tmp_path):
    with opened(picture_folder(tmp_path) / "02.png") as capture:
        assert shades_of(capture, 1) == [120]
        with pytest.raises(EndOfFramesError):
            capture.read()


def test_pictures_in_a_loop_begin_again(tmp_path):
    with opened(picture_folder(tmp_path, (20, 120)), loop=True) as capture:
        assert shades_of(capture, 5) == [20, 120, 20, 120, 20]


def test_pictures_are_played_at_the_pace_asked_for_and_are_no_live_camera(tmp_path):
    with opened(picture_folder(tmp_path), fps=4.0) as capture:
        assert (capture.is_live, capture.interval_seconds) == (False, 0.25)


def test_pictures_are_rgb(tmp_path):
    assert cv2.imwrite(str(tmp_path / "red.png"), np.full((8, 8, 3), (0, 0, 255), np.uint8))
    with opened(tmp_path) as capture:
        np.testing.assert_array_equal(capture.rgb(capture.read())[0, 0], (255, 0, 0))


def test_pictures_that_cannot_be_read_are_skipped_and_named(tmp_path, caplog):
    picture_folder(tmp_path, (20, 70, 120))
    (tmp_path / "01.png").write_text("not a picture")
    with opened(tmp_path) as capture:
        assert shades_of(capture, 2) == [20, 120]
    assert "01.png" in caplog.text


@pytest.mark.parametrize("loop", [False, True])
def test_a_folder_without_one_readable_picture_ends_at_once(tmp_path, loop):
    (tmp_path / "broken.jpg").write_bytes(b"")
    with opened(tmp_path, loop=loop) as capture, pytest.raises(EndOfFramesError):
        capture.read()


@pytest.mark.parametrize("name", ["clip.mp4", "pictures"])
def test_what_we_may_not_look_at_is_refused_in_words(tmp_path, name):
    tmp_path.chmod(0o700)
    with as_nobody(), pytest.raises(CameraError, match="we may not look there: Permission denied"):
        captures.opener(str(tmp_path / name), Format(), loop=False)


@pytest.mark.parametrize("name", ["gone", "gone.mp4", "gone.jpg", "gone/*.jpg"])
def test_what_is_not_there_is_refused_before_anything_is_opened(tmp_path, name):
    with pytest.raises(CameraError, match=r"no such clip and no pictures there.*picamera:0") as caught:
        captures.opener(str(tmp_path / name), Format(), loop=False)
    assert str(tmp_path / name) in str(caught.value)


def test_a_folder_without_pictures_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing to see")
    with pytest.raises(CameraError, match="no pictures there"):
        captures.opener(str(tmp_path), Format(), loop=False)


def test_pictures_that_have_gone_meanwhile_are_a_lost_camera(tmp_path):
    folder = picture_folder(tmp_path / "photos", (20,))
    open_capture = captures.opener(str(folder), Format(), loop=False)
    (folder / "00.png").unlink()
    with pytest.raises(CameraError, match="no pictures there"):
        open_capture()


def test_a_clip_is_played_in_order_and_ends(tmp_path):
    with opened(clip(tmp_path / "clip.avi")) as capture:
        assert shades_of(capture, 5) == list(SHADES)
        for _ in range(2):
            with pytest.raises(EndOfFramesError, match="played to its end"):
                capture.read()


def test_a_clip_in_a_loop_begins_again(tmp_path):
    with opened(clip(tmp_path / "clip.avi"), loop=True) as capture:
        assert shades_of(capture, 11) == [*SHADES, *SHADES, SHADES[0]]


def test_a_clip_is_played_at_its_own_pace_and_is_no_live_camera(tmp_path):
    with opened(clip(tmp_path / "clip.avi", fps=20.0), fps=5.0) as capture:
        assert capture.is_live is False
        assert capture.interval_seconds == pytest.approx(0.05)


def test_a_file_that_is_no_video_is_a_camera_that_does_not_open(tmp_path):
    path = tmp_path / "letter.mp4"
    path.write_text("Dear cat,\n" * 100)
    assert refusal(path).startswith(f"{path}: does not open")


def test_an_empty_clip_is_a_camera_that_does_not_open(tmp_path):
    (tmp_path / "empty.mp4").write_bytes(b"")
    assert "empty.mp4" in refusal(tmp_path / "empty.mp4")


@pytest.mark.parametrize("source", ["99", "/dev/video99"])
def test_a_device_that_is_not_there_says_what_to_look_at(source):
    assert refusal(source) == f"{source}: does not open; is it there, and free, and may this user read it?"


def test_a_device_that_opens_without_a_frame_points_to_the_camera_module():
    mute = MuteDevice()
    with pytest.raises(CameraError, match=r"opens but gives no frame.*'picamera:0'"):
        captures.VideoCapture(mute, "/dev/video0", is_live=True)
    assert mute.released


def test_a_stream_nobody_serves_is_a_camera_that_does_not_open():
    with closed_port() as port:
        url = f"http://127.0.0.1:{port}/stream"
        assert refusal(url).startswith(f"{url}: does not open")


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_the_password_of_a_stream_is_in_no_message(scheme, caplog, capfd):
    with closed_port() as port:
        message = refusal(f"{scheme}://cat:{SECRET}@127.0.0.1:{port}/stream")
    assert f"{scheme}://***@127.0.0.1:{port}/stream: does not open" in message
    said = capfd.readouterr()
    assert SECRET not in message + caplog.text + said.out + said.err


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("rtsp://user:secret@host/live", "rtsp://***@host/live"),
        ("rtsp://user@host:554/live", "rtsp://***@host:554/live"),
        ("rtsp://host/live@home", "rtsp://host/live@home"),
        ("rtsp://user:s@cret@host/live", "rtsp://***@host/live"),
        ("/photos/me@home.jpg", "/photos/me@home.jpg"),
        ("0", "0"),
    ],
)
def test_only_user_and_password_are_hidden(source, shown):
    assert captures.redacted(source) == shown


def test_a_stream_gives_live_frames_until_it_stops(stream_url):
    with opened(stream_url) as capture:
        assert (capture.is_live, capture.interval_seconds) == (True, 0.0)
        np.testing.assert_allclose(capture.rgb(capture.read())[24, 32], (255, 0, 0), atol=6)
        with pytest.raises(CameraError, match="stopped giving frames"):
            shades_of(capture, RedMotionJpeg.pictures_sent)
