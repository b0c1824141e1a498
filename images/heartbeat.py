"""Heartbeat: tells the supervisors of all open containers that this process still lives and is not frozen."""

import functools
import os
import threading
import weakref

from images.attached_stream import AttachedStream
from images.supervisor import HEARTBEAT

_SECONDS = 5.0


def keep_alive(stream: AttachedStream) -> None:
    """Beat on the stream, from this process's one thread, until it is closed or nobody holds it any more."""
    _of_this_process().add(stream)


@functools.cache
def _of_this_process() -> "Heartbeat":
    return Heartbeat(HEARTBEAT)


class Heartbeat:
    """One thread for all streams of a process, started with the first; a forked child starts with none."""

    def __init__(self, frame: bytes) -> None:
        self._frame = frame
        self._lock = threading.Lock()
        self._forget()
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._streams: weakref.WeakSet[AttachedStream] = weakref.WeakSet()
        self._thread: threading.Thread | None = None

    def add(self, stream: AttachedStream) -> None:
        """Beat on the stream until it is closed or nobody holds it any more."""
        with self._lock:
            self._streams.add(stream)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="worldline-heartbeat", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(_SECONDS):
            with self._lock:
                streams = list(self._streams)
            for stream in streams:
                if not stream.beat(self._frame):
                    with self._lock:
                        self._streams.discard(stream)
