"""An outbox's disk that stops answering when it is told to."""

from petdoor.mqtt.outboxfile import OutboxFile
from tests.disks import Disk


class OutboxDisk(Disk):
    """Opens files for an outbox; while it hangs, opening, writing, reading and settling them take forever."""

    def __call__(self, path):
        self.wait()
        return SlowFile(path, self)


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
