"""Fetched sources on disk, by digest: what is built is what later stages read, though a branch moved meanwhile."""

import io
import os
import tarfile
import threading
from pathlib import Path

from images.errors import BadSource
from images.source_tree import SourceTree


def _path(folder: Path, digest: str) -> Path:
    return folder / f"{digest}.tar.gz"


def keep_source(tree: SourceTree, folder: Path) -> None:
    """Write the tree below the folder unless it is there; written aside and renamed."""
    path = _path(folder, tree.digest)
    if path.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    with tarfile.open(staged, "w:gz", format=tarfile.PAX_FORMAT, compresslevel=1) as archive:
        for name in sorted(tree.files):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(tree.files[name]), 0o755 if name in tree.executable else 0o644
            archive.addfile(entry, io.BytesIO(tree.files[name]))
    staged.rename(path)


def kept_source(folder: Path, digest: str) -> SourceTree | None:
    """Return the tree with this digest, None when it was never kept; raise `BadSource` for one that has rotted."""
    path = _path(folder, digest)
    if not path.exists():
        return None
    files, executable = {}, set()
    try:
        with tarfile.open(path, "r:gz") as archive:
            for entry in archive:
                handle = archive.extractfile(entry)
                files[entry.name] = handle.read() if handle else b""
                executable |= {entry.name} if entry.mode & 0o100 else set()
    except (tarfile.TarError, OSError, EOFError) as error:
        raise BadSource(f"kept source {str(path)!r} cannot be read: delete it, and it is fetched again") from error
    tree = SourceTree(files=files, executable=frozenset(executable))
    if tree.digest != digest:
        raise BadSource(f"kept source {str(path)!r} has another digest: delete it, and it is fetched again")
    return tree
