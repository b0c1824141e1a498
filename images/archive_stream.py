"""What an archive unpacks to, read forwards and counted, so that a bomb ends at its bound and not in memory."""

import bz2
import gzip
import io
import lzma
from typing import IO

from images.errors import RefusedSource

MOST_UNPACKED = 600_000_000
MOST_RATIO = 200
# A small archive may grow by more: 10 MB of zeros do no harm.
_ALWAYS_ALLOWED = 10_000_000
_LARGEST_READ = 1 << 20
_XZ_MEMORY = 128 << 20


class Budget:
    """Counts the bytes that an archive of `packed` bytes has unpacked to; raises `RefusedSource` at the bound."""

    def __init__(self, packed: int) -> None:
        self._ratio_bound = max(MOST_RATIO * packed, _ALWAYS_ALLOWED)
        self._total = 0

    def take(self, size: int) -> None:
        """Count `size` bytes more."""
        self._total += size
        if self._total > self._ratio_bound:
            raise RefusedSource("ratio", f"the archive grows to more than {MOST_RATIO} times its size")
        if self._total > MOST_UNPACKED:
            raise RefusedSource("bytes", f"the archive unpacks to more than {MOST_UNPACKED} bytes")


class ForwardReader(io.RawIOBase):
    """The unpacked bytes of a tar: seeks go forwards alone, and no single read is larger than 1 MiB.

    `tarfile` reads the header of an extended name in one piece, however large it says it is, and followed negative
    sizes backwards for ever (CVE-2025-8194). `last` holds what was read last.
    """

    def __init__(self, source: IO[bytes], budget: Budget) -> None:
        self._source = source
        self._budget = budget
        self._at = 0
        self.last = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Return the next `size` bytes, fewer at the end alone."""
        if not 0 <= size <= _LARGEST_READ:
            raise RefusedSource("header", f"an archive header asks for {size} bytes: at most {_LARGEST_READ} are read")
        self.last = self._source.read(size)
        self._at += len(self.last)
        self._budget.take(len(self.last))
        return self.last

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Read on to the offset."""
        if whence != io.SEEK_SET or offset < self._at:
            raise RefusedSource("header", "an archive header points backwards")
        while self._at < offset and self.read(min(offset - self._at, 1 << 16)):
            pass
        return self._at


class _XzReader:
    """The contents of an .xz file whose dictionary fits in 128 MiB; gzip and bzip2 need less by their nature."""

    def __init__(self, data: bytes) -> None:
        self._rest = data
        self._decompressor = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
        self._ready = b""

    def read(self, size: int) -> bytes:
        while len(self._ready) < size:
            if self._decompressor.eof:
                self._rest = self._decompressor.unused_data.lstrip(b"\0")
                if not self._rest:
                    break
                self._decompressor = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
            elif self._decompressor.needs_input and not self._rest:
                raise EOFError("the compressed data end too early")
            given, self._rest = self._rest, b""
            self._ready += self._decompressor.decompress(given, max_length=1 << 16)
        piece, self._ready = self._ready[:size], self._ready[size:]
        return piece


def open_tar_stream(data: bytes, budget: Budget) -> ForwardReader:
    """Return the unpacked bytes of a tar that is packed with gzip, bzip2 or xz, or not at all, by its first bytes."""
    source: IO[bytes] | _XzReader = io.BytesIO(data)
    if data.startswith(b"\x1f\x8b"):
        source = gzip.GzipFile(fileobj=io.BytesIO(data))  # type: ignore[assignment]
    elif data.startswith(b"BZh"):
        source = bz2.BZ2File(io.BytesIO(data))
    elif data.startswith((b"\xfd7zXZ\0", b"\x5d\0\0")):
        source = _XzReader(data)
    return ForwardReader(source, budget)  # type: ignore[arg-type]
