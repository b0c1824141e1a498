"""AttachedStream: the bytes to and from a container's main process, over the engine's multiplexed connection or a plain one."""

import socket
import struct
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from images.errors import ContainerLost

_STDOUT = 1
_BEAT_SECONDS = 5.0


class AttachedStream:
    """A hijacked connection of the engine; `owners` are the SDK's objects around its socket, closed in order with it.

    A connection that is not `framed` is the process's standard input and output itself.
    """

    def __init__(self, connection: socket.socket, owners: Sequence[Any], *, framed: bool = True) -> None:
        self._framed = framed
        self._connection = connection
        self._owners = owners
        self._ready = bytearray()
        self._sending = threading.Lock()
        self._ended = False

    def send(self, data: bytes, *, timeout_s: float) -> None:
        """Write all of the data to the process's standard input."""
        with self._sending:
            try:
                self._connection.settimeout(timeout_s)
                self._connection.sendall(data)
            except OSError as error:
                raise ContainerLost("ended", f"the container takes no more input: {error}") from error

    def beat(self, frame: bytes) -> bool:
        """Write a short frame unless something is being written; return False when there is no use in more of them."""
        if not self._sending.acquire(blocking=False):
            return True
        try:
            if self._ended:
                return False
            self._connection.settimeout(_BEAT_SECONDS)
            self._connection.sendall(frame)
        except OSError:
            return False
        finally:
            self._sending.release()
        return True

    def receive(self, size: int, *, timeout_s: float) -> bytes:
        """Return exactly `size` bytes of the process's standard output; what it says on standard error is passed over."""
        deadline = time.monotonic() + timeout_s
        if not self._framed:
            return self._exactly(size, deadline)
        while len(self._ready) < size:
            kind, length = struct.unpack(">BxxxL", self._exactly(8, deadline))
            data = self._exactly(length, deadline)
            if kind == _STDOUT:
                self._ready += data
        taken = bytes(self._ready[:size])
        del self._ready[:size]
        return taken

    def _exactly(self, size: int, deadline: float) -> bytes:
        held = bytearray()
        while len(held) < size:
            left = deadline - time.monotonic()
            if left <= 0:
                raise ContainerLost("ended", "the container does not answer in time")
            try:
                self._connection.settimeout(left)
                piece = self._connection.recv(min(1 << 20, size - len(held)))
            except TimeoutError:
                continue  # a heartbeat may have set a shorter time
            except OSError as error:
                raise ContainerLost("ended", f"the container does not answer: {error}") from error
            if not piece:
                raise ContainerLost("ended", "the container has ended")
            held += piece
        return bytes(held)

    def end(self) -> None:
        """End the process's standard input and whatever waits for its output: all that another thread may do.

        A descriptor that is closed under a thread that waits for it may be another connection's in the next moment.
        """
        self._ended = True
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection; only the thread that sends and receives may."""
        self.end()
        with self._sending:
            for owner in self._owners:
                with suppress(ValueError):  # the SDK's response flushes a file that its own close has closed
                    owner.close()
            self._connection.close()
