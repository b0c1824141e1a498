"""Canary: secrets of this machine that no source may see, and a digest of files that none may change."""

import hashlib
import os
import secrets
from pathlib import Path

_WATCHED = ("/etc/passwd", "/etc/hosts", "/etc/hostname", "/etc/gitconfig")
_NAMES = (".ssh/id_ed25519", ".netrc", ".gitconfig", ".git-credentials", ".pypirc", ".aws/credentials", "project/x.py")


class Canary:
    """Context that puts one secret into files below `folder` and into the environment; `marks` finds it in texts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.secret = f"canary-{secrets.token_hex(16)}"

    def __enter__(self) -> "Canary":
        for name in _NAMES:
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"password = {self.secret}\n")
        os.environ["WORLDLINE_CANARY"] = self.secret
        self._before = self._digest()
        return self

    def __exit__(self, *_: object) -> None:
        del os.environ["WORLDLINE_CANARY"]

    def changed(self) -> list[str]:
        """Return the watched files that were changed, made or removed."""
        now = self._digest()
        return sorted(name for name in now.keys() | self._before.keys() if now.get(name) != self._before.get(name))

    def marks(self, *texts: str | bytes) -> int:
        """Return how many of the texts hold the secret."""
        return sum(self.secret in (t if isinstance(t, str) else t.decode("utf-8", "replace")) for t in texts)

    def _digest(self) -> dict[str, str]:
        paths = [path for path in self._folder.rglob("*") if path.is_file()]
        paths += [Path(name) for name in _WATCHED if Path(name).is_file()]
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
