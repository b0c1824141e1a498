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
        self.put = write
        # A finaliser of the program may write in the same thread while a block is on its way: so it may be entered again.
        self.lock = threading.RLock()
        self._streams = 0
        self.lost = None

    def open(self):
        """Return the number of a stream that is opened."""
        with self.lock:
            number, self._streams = self._streams, self._streams + 1
        return number

    def stream(self):
        """Open a stream; return the callable that writes its blocks."""
        number, told = self.open(), {}

        def write(block):
            if block[:1] == b"C":
                block = source_block(block[5:], told) + block
            self._write(b"T" + struct.pack("<II", 4 + len(block), number) + block if number else block)

        return write

    def close(self, reason):
        """Write nothing more; whoever tries is told the reason."""
        self.lost = self.lost or reason

    def trouble(self, size, written, error):
        """Return what the writer of a block of that size is told, or None where all of it was written."""
        if error is not None:
            self.lost = "%s: %s" % (type(error).__name__, error)
            if not isinstance(error, OSError):
                return error
        # A file without a buffer writes what there is room for and says how much that was.
        elif not self.lost and written is not None and written != size:
            self.lost = "%d of %d bytes could be written" % (written, size)
        if not self.lost:
            return None
        told = StreamLost(self.lost)
        told.__cause__ = error
        return told

    def _write(self, block):
        """Write blocks; the C engine does the same (native/outlet.h)."""
        written = error = told = None
        with self.lock:
            if not self.lost:
                try:
                    written = self.put(block)
                except BaseException as failed:
                    error = failed
            try:
                told = self.trouble(len(block), written, error)
                if told is not None:
                    raise told
            finally:
                # An error holds this frame, which must not hold the error.
                error = told = None
