"""A disk that stops answering, and begins again, when it is told to."""

import threading

from petdoor.mqtt.outboxfile import OutboxFile


class Disk:
    """Opens files for an outbox; while it hangs, opening, writing, reading and settling them take forever."""

    def __init__(self):
        self._answers = threading.Event()
        self._answers.set()
        self._is_waited_for = threading.Event()

    def __call__(self, path):
        self.wait()
        return SlowFile(path, self)

    def hang(self):
        self._is_waited_for.clear()
        self._answers.clear()

    def answer(self):
        self._answers.set()

    def wait(self):
        self._is_waited_for.set()
        self._answers.wait()

    def wait_until_somebody_waits(self):
        assert self._is_waited_for.wait(15)


class SlowFile(OutboxFile):
    def __init__(self, path, disk):
        super().__init__(path)
        self._disk = disk

    def write(self, part):
        self._disk.wait()
        return super().write(part)

    def read(self, number, limit):
        self._disk.wait()
        return super().read(number, limit)

    def checkpoint(self):
        self._disk.wait()
        super().checkpoint()
