"""WorkTree: digests of the repository's files in a container, from one command and the files that changed since the last.

A file whose inode, size, mode and time of change are as before is not read again: its owner cannot set the time of change.
"""

import hashlib
import os
from dataclasses import dataclass

from images.container import Container

_FOLDER = "/opt/worldline/tree"
_LEFT_OUT = (".git", "__pycache__", ".pytest_cache", ".hypothesis", ".mypy_cache", ".ruff_cache", ".coverage")
# The link's target is last, since it alone may hold anything; mode and kind come before the name.
_FORMAT = r"%y\0%m\0%i %s %C@\0%P\0%l\0"
_FIELDS = 5
_INDEX = f"{_FOLDER}/index"
_SUMS = f"{_FOLDER}/sums"
_FIRST = f"""mkdir -p "${{2%/*}}"
/usr/bin/find "$1" {" ".join(f"-name {name} -prune -o" for name in _LEFT_OUT)} -type f -readable \
    -exec /usr/bin/sha256sum -z {{}} + > "$2" """
_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    kind: bytes
    mode: bytes
    state: bytes
    link: bytes


class WorkTree:
    """Says what the tree holds by a digest: equal for equal names, modes, contents and links, whenever and wherever.

    Not of the digest: what git, byte-code and tools' caches keep. A file that cannot be read counts by its size.
    """

    def __init__(self, container: Container) -> None:
        self._container = container
        self._index = b""
        self._digest = ""
        self._entries: dict[bytes, _Entry] = {}
        self._sums: dict[bytes, str] = {}

    def digest(self) -> str:
        """Return 64 hexadecimal digits; empty where the tree is too large to be listed."""
        index = self._list()
        if index != self._index or not index:
            entries = _entries(index)
            self._take_sums(entries)
            self._index, self._entries, self._digest = index, entries, self._digest_of(entries)
        return self._digest

    def _list(self) -> bytes:
        if not self._index:
            self._container.put({_INDEX: b""})
        pruned = [word for name in _LEFT_OUT for word in ("-name", name, "-prune", "-o")]
        command = ["/usr/bin/find", self._container.root, "-mindepth", "1", *pruned, "-fprintf", _INDEX, _FORMAT]
        self._container.run(command, timeout_s=_SECONDS)
        return self._container.get([_INDEX]).get(_INDEX, b"")

    def _take_sums(self, entries: dict[bytes, _Entry]) -> None:
        if not self._entries:
            self._sums = self._all_sums()
            return
        changed = [name for name, entry in entries.items() if entry.kind == b"f" and entry != self._entries.get(name)]
        for name in changed:
            self._sums.pop(name, None)
        found = self._container.get([os.fsdecode(name) for name in changed]) if changed else {}
        self._sums |= {os.fsencode(path): hashlib.sha256(data).hexdigest() for path, data in found.items()}

    def _digest_of(self, entries: dict[bytes, _Entry]) -> str:
        total = hashlib.sha256()
        for name, entry in sorted(entries.items()):
            content = self._sums.get(name, _size(entry)) if entry.kind == b"f" else ""
            total.update(b"\0".join([name, entry.kind, entry.mode, entry.link, content.encode(), b""]))
        return total.hexdigest() if entries else ""

    def _all_sums(self) -> dict[bytes, str]:
        """Return the digests of all files, made by one command inside."""
        self._container.run(["bash", "-c", _FIRST, "bash", self._container.root, _SUMS], timeout_s=_SECONDS)
        lines = self._container.get([_SUMS]).get(_SUMS, b"").split(b"\0")
        prefix = len(self._container.root.encode()) + 1
        return {line[66 + prefix :]: line[:64].decode("ascii", "replace") for line in lines if len(line) > 66}


def _entries(index: bytes) -> dict[bytes, _Entry]:
    """Return the entries of an index by name; a folder's own size and time change with what is listed anyway."""
    fields, found = index.split(b"\0"), {}
    for at in range(0, len(fields) - _FIELDS + 1, _FIELDS):
        kind, mode, state, name, link = fields[at : at + _FIELDS]
        found[name] = _Entry(kind=kind, mode=mode, state=state if kind == b"f" else b"", link=link)
    return found


def _size(entry: _Entry) -> str:
    return entry.state.split(b" ")[1].decode("ascii")
