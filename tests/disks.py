"""A disk that stops answering, and begins again, when it is told to."""

import threading


class Disk:
    """While it hangs, whoever waits for it waits for ever."""

    def __init__(self, *, hangs=False):
        self._answers, self._is_waited_for = threading.Event(), threading.Event()
        if not hangs:
            self._answers.set()

    def hang(self):
        self._is_waited_for.clear()
        self._answers.clear()

    def answer(self):
        self._answers.set()

    close = answer

    def wait(self):
        self._is_waited_for.set()
        self._answers.wait()

    def wait_until_somebody_waits(self):
        assert self._is_waited_for.wait(15)
