"""How the loop is doing, in figures."""

from collections import deque
from statistics import quantiles
from typing import Any


class Stats:
    """Counts frames and how long judging takes; times are monotonic seconds."""

    def __init__(self, now: float, *, every_seconds: float) -> None:
        self._began_at = self._told_at = now
        self._every_seconds = every_seconds
        self._frames = self._frames_told = 0
        self._judge_seconds: deque[float] = deque(maxlen=1000)

    def saw_frame(self) -> None:
        """Another frame has come."""
        self._frames += 1

    def judged(self, seconds: float) -> None:
        """Judging one took so long."""
        self._judge_seconds.append(seconds)

    def due(self, now: float) -> dict[str, Any] | None:
        """The figures, JSON-ready, when it is time to tell them."""
        if now - self._told_at < self._every_seconds:
            return None
        fps = (self._frames - self._frames_told) / (now - self._told_at)
        self._told_at, self._frames_told = now, self._frames
        figures: dict[str, Any] = {
            "uptime_seconds": round(now - self._began_at),
            "frames": self._frames,
            "fps": round(fps, 2),
        }
        if len(self._judge_seconds) >= 2:
            percentiles = quantiles(self._judge_seconds, n=20, method="inclusive")
            figures |= {"infer_ms_p50": _ms(percentiles[9]), "infer_ms_p95": _ms(percentiles[18])}
        return figures


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
