"""DiskWatch: ends a container that has written more than it may, where no disk of its own can bound it."""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from images.errors import EngineError

_SECONDS = 2.0


class DiskWatch:
    """Asks for the count of bytes each two seconds; calls `stop` once, when it lies above `limit`."""

    def __init__(self, written: Callable[[], int], limit: int, stop: Callable[[], None]) -> None:
        self.exceeded = False
        self._written, self._limit, self._stop = written, limit, stop
        self._closed = threading.Event()
        threading.Thread(target=self._watch, name="worldline-disk-watch", daemon=True).start()

    def _watch(self) -> None:
        while not self._closed.wait(_SECONDS):
            try:
                self.exceeded = self._written() > self._limit
            except EngineError:
                continue  # a busy engine is asked again; a container that is gone closes this watch
            if self.exceeded:
                self._stop()
                return

    def close(self) -> None:
        """Stop asking."""
        self._closed.set()


def bytes_below(folder: Path) -> int:
    """Return what the files below a folder take on the disk, while others make and remove some."""
    total = 0
    # os.walk passes over folders that go away meanwhile.
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += (Path(parent) / name).lstat().st_blocks * 512
    return total
