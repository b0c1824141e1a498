"""DownloadCache: downloaded archives on this machine's disk, by digest, bounded; what was used least recently goes first."""

import hashlib
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from images.cache_folder import cache_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadCache:
    """Archives below `folder`, at most `most_bytes` of them together; safe to share between processes."""

    folder: Path = field(default_factory=lambda: cache_folder() / "downloads")
    most_bytes: int = 4_000_000_000

    def get(self, sha256: str) -> bytes | None:
        """Return the archive with this digest, or None; one that has rotted is removed."""
        path = self.folder / sha256
        try:
            data = path.read_bytes()
        except OSError:
            return None
        with suppress(OSError):
            if hashlib.sha256(data).hexdigest() != sha256:
                path.unlink()
                return None
            os.utime(path)
        return data

    def put(self, sha256: str, data: bytes) -> None:
        """Keep an archive whose digest was checked; a full or read-only disk keeps nothing, which is no error."""
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".new-", delete=False) as staged:
                staged.write(data)
            Path(staged.name).rename(self.folder / sha256)
            self._shorten()

    def _shorten(self) -> None:
        kept = []
        for path in self.folder.iterdir():
            with suppress(FileNotFoundError):
                status = path.stat()
                kept.append((status.st_mtime, status.st_size, path))
        total = sum(size for _, size, _ in kept)
        for _, size, path in sorted(kept):
            if total <= self.most_bytes:
                break
            path.unlink(missing_ok=True)
            total -= size
