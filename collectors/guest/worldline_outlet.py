"""Outlet: the one place through which the streams of all threads of a process are written.

Standard library only; Python 3.8 and newer.
"""

import struct
import threading

from worldline_source import source_block


class StreamLost(Exception):
    """The streams cannot be written any more: what they hold so far is all there will be."""


class Outlet(object):
    """Hands whole blocks to `write`, a callable that takes bytes, one at a time, and none after one that failed.

    The first stream is written as it is; each block of the next ones lies in a block T, which begins with their number, the
    order in which they were opened (the form stands in worldline_stream.py).
    """

    def __init__(self, write):
        self._put = write
        # A finaliser of the program may write in the same thread while a block is on its way: so it may be entered again.
        self._lock = threading.RLock()
        self._streams = 0
        self.lost = None

    def stream(self):
        """Open a stream; return the callable that writes its blocks."""
        with self._lock:
            number, self._streams = self._streams, self._streams + 1
        told = {}

        def write(block):
            if block[:1] == b"C":
                block = source_block(block, told) + block
            self._write(b"T" + struct.pack("<II", 4 + len(block), number) + block if number else block)

        return write

    def close(self, reason):
        """Write nothing more; whoever tries is told the reason."""
        self.lost = self.lost or reason

    def _write(self, block):
        with self._lock:
            if self.lost:
                raise StreamLost(self.lost)
            try:
                written = self._put(block)
            except BaseException as error:
                self.lost = "%s: %s" % (type(error).__name__, error)
                if isinstance(error, OSError):
                    raise StreamLost(self.lost) from error
                raise
            # A file without a buffer writes what there is room for and says how much that was.
            if written is not None and written != len(block):
                self.lost = "%d of %d bytes could be written" % (written, len(block))
                raise StreamLost(self.lost)
