"""The drawn scene as a camera: real pixels, and the truth told aside to whoever keeps the tally."""

import logging

from petdoor.core.tally import Caller, Tally
from petdoor.errors import EndOfFramesError
from petdoor.pictures import Picture
from petdoor.scene.scene import Scene
from petdoor.scene.script import Visit

log = logging.getLogger(__name__)


class SceneCapture:
    """Plays a scene at ``fps`` frames a second, once or again and again.

    Args:
        scene: what is played.
        fps: frames a second of scene time.
        loop: begin anew after the end.
        tally: told who comes and goes; the pictures are all that anything else gets.
    """

    is_live = False

    def __init__(self, scene: Scene, *, fps: float, loop: bool = False, tally: Tally | None = None) -> None:
        self.interval_seconds = 1 / fps
        self._scene = scene
        self._loop = loop
        self._tally = tally
        self._frames = self._began_with = 0
        self._visit: Visit | None = None

    @property
    def seconds(self) -> float:
        """How long it has been playing, in scene time."""
        return self._frames * self.interval_seconds

    def read(self) -> Picture:
        moment = (self._frames - self._began_with) * self.interval_seconds
        if moment >= self._scene.duration_seconds:
            self._watch(None)
            if not self._loop:
                raise EndOfFramesError("the scene is over")
            self._began_with, moment = self._frames, 0.0
        self._watch(self._scene.truth(moment).visit)
        picture = self._scene.picture(moment)
        self._frames += 1
        return picture

    def rgb(self, raw: Picture) -> Picture:
        return raw

    def close(self) -> None:
        """Nothing to let go of."""

    def _watch(self, visit: Visit | None) -> None:
        if visit == self._visit:
            return
        if self._visit and self._tally:
            self._tally.goes()
        if visit:
            name = visit.character.replace("_", " ")
            log.info("scene: %s", name)
            if self._tally:
                self._tally.comes(Caller(name, visit.character.all_species, self.seconds))
        self._visit = visit
