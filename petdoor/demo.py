"""``petdoor demo``: the drawn scene through the real loop, on a clock of its own: as fast as it will go."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from threading import Event as Flag
from typing import Any, Final

import numpy as np

from petdoor import cameras, gpio, latches, parts
from petdoor.adapters.demo import SceneCapture
from petdoor.adapters.listeners import FanOut, TallyKeeper
from petdoor.core.door import LatchState
from petdoor.core.ports import Frame, Publisher, Rule, SilentPublisher
from petdoor.core.species import Sighting
from petdoor.core.tally import Tally
from petdoor.daemon import Daemon
from petdoor.errors import EndOfFramesError
from petdoor.film import Film, Moment
from petdoor.pictures import Picture
from petdoor.settings import Settings

_SENTENCE_SECONDS: Final = 2.5


def play(settings: Settings, stop: Flag, film: Film | None = None) -> Tally:
    """Play the scene to its end, or until ``stop``; the bolt and its pins are simulated.

    Args:
        settings: all of them; the source of frames is the scene whatever they say.
        stop: ends it early.
        film: takes every frame with what the door makes of it; not closed here.

    Returns:
        the verdicts against the truth.

    Raises:
        PetDoorError: the model cannot be used, or the film not be written.
    """
    tally = parts.new_tally(settings)
    with ExitStack() as stack:
        # No dead man's timer: it counts real seconds, and here they fly.
        bolt = latches.open_latch(settings.latch, gpio.simulated_pins())
        stack.callback(bolt.close)
        classifier = parts.open_classifier(settings)
        camera = _SceneCamera(settings, tally)
        rule: Rule = parts.species_rule(settings.rule, classifier)
        listening: list[Publisher] = [TallyKeeper(tally)]
        if folder := parts.open_snapshots(settings):
            listening.append(folder)
        if film:
            rule = cutter = _Cutter(film, rule, camera)
            camera.after_each(cutter.cut)
            listening.append(cutter)
        publisher = FanOut(listening)
        stack.callback(publisher.close)
        built = parts.assembled(
            settings, classifier, latch=bolt, camera=camera, rule=rule, publisher=publisher
        )
        Daemon(built, clock=camera.clock, wall_clock=camera.wall_clock).run(stop)
    tally.close()
    return tally


class _SceneCamera:
    """Every frame of the scene, one a read; time passes with the frames."""

    def __init__(self, settings: Settings, tally: Tally) -> None:
        camera = settings.camera
        self._capture = SceneCapture(cameras.scene(settings), fps=camera.fps, tally=tally)
        self._view = cameras.view(camera)
        self._last: Picture | None = None
        self._seen: Picture | None = None
        self._now = 0.0
        self._began_at = datetime.now(UTC)
        self._after: Callable[[Picture], None] = lambda _: None

    def after_each(self, told: Callable[[Picture], None]) -> None:
        """Tell ``told`` of each picture once the door is done with it."""
        self._after = told

    def clock(self) -> float:
        """Seconds of scene time."""
        return self._now

    def wall_clock(self) -> datetime:
        """The time of day, were the play at its own pace."""
        return self._began_at + timedelta(seconds=self._now)

    def read(self, timeout_seconds: float) -> Frame | None:  # noqa: ARG002 -- a scene never makes one wait
        if self._seen is not None:
            self._after(self._seen)
        self._now += self._capture.interval_seconds
        try:
            picture = self._capture.read()
        except EndOfFramesError:
            self._last = self._seen = None
            raise
        # A picture that repeats the last one is no new frame: one shown five times would open the door.
        if self._last is not None and np.array_equal(picture, self._last):
            return None
        self._last, self._seen = picture, self._view.of(picture)
        return Frame(self._seen, self._now)

    def close(self) -> None:
        self._capture.close()


class _Cutter(SilentPublisher):
    """Cuts the film: puts each frame together with what the door makes of it."""

    def __init__(self, film: Film, rule: Rule, camera: _SceneCamera) -> None:
        self._film, self._rule, self._clock = film, rule, camera.clock
        self._sighting: Sighting | None = None
        self._sentence, self._said_at, self._decides = "", 0.0, False
        self._latch = LatchState.LOCKED

    def sighting(self, probabilities: Sequence[float]) -> Sighting:
        """What the rule says, remembered for the film."""
        self._sighting = self._rule.sighting(probabilities)
        return self._sighting

    def event(self, payload: Mapping[str, Any]) -> None:
        if "verdict" in payload:
            self._sentence, self._said_at = payload["message"], self._clock()
            self._decides = True

    def latch(self, state: LatchState) -> None:
        self._latch = state

    def cut(self, pixels: Picture) -> None:
        """The pass over this frame is over."""
        if self._clock() - self._said_at > _SENTENCE_SECONDS:
            self._sentence = ""
        self._film.take(Moment(pixels, self._sighting, self._sentence, self._latch, self._decides))
        self._sighting, self._decides = None, False
