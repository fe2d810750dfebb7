"""Builds the camera that the settings name: a real one, a recording, or the drawn yard."""

from collections.abc import Callable

from petdoor.adapters import captures
from petdoor.adapters.camera import Capture, LatestFrameCamera, Patience
from petdoor.adapters.demo import SceneCapture
from petdoor.adapters.rpicam import RpicamCapture
from petdoor.core.tally import Tally
from petdoor.pictures import View
from petdoor.scene.scene import Scene
from petdoor.scene.weather import CALM
from petdoor.settings import Settings
from petdoor.settings.seeing import DEMO, PICAMERA, CameraSettings


def scene(settings: Settings) -> Scene:
    """The drawn scene of the source ``demo``."""
    demo, camera = settings.demo, settings.camera
    weather = CALM if demo.weather == "calm" else None
    return Scene(demo.seed, visits=demo.visits, size=(camera.height, camera.width), weather=weather)


def capture_opener(settings: Settings, tally: Tally | None = None) -> Callable[[], Capture]:
    """What opens the camera; nothing is opened yet.

    Args:
        settings: all of them.
        tally: what a drawn scene tells the truth to.

    Raises:
        CameraError: the source names a file or folder that is not there.
    """
    camera = settings.camera
    if camera.source == DEMO:
        return lambda: SceneCapture(scene(settings), fps=camera.fps, loop=camera.loop, tally=tally)
    raspberry = PICAMERA.match(camera.source)
    if raspberry:
        return lambda: RpicamCapture(
            int(raspberry[1]),
            width=camera.width,
            height=camera.height,
            fps=camera.fps,
            timeout_seconds=camera.stall_seconds,
        )
    wanted = captures.Format(camera.width, camera.height, camera.fps)
    return captures.opener(camera.source, wanted, loop=camera.loop)


def open_camera(settings: Settings, tally: Tally | None = None) -> LatestFrameCamera:
    """The camera, opening on its own thread; ``tally`` as for ``capture_opener``.

    Raises:
        CameraError: the source names a file or folder that is not there.
    """
    camera = settings.camera
    return LatestFrameCamera(
        capture_opener(settings, tally),
        view=view(camera),
        max_fps=camera.fps,
        patience=Patience(stall_seconds=camera.stall_seconds, freeze_seconds=camera.freeze_seconds),
    )


def view(camera: CameraSettings) -> View:
    """How the camera hangs, and which part of its picture counts."""
    return View(camera.rotate, camera.flip, camera.roi)


def name(camera: CameraSettings) -> str:
    """The camera's source as it may be shown: without the password a URL may hold."""
    return captures.redacted(camera.source)
