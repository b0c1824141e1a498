"""Where Worldline keeps what can be made again: the user's cache, and locks between processes that fill it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_folder() -> Path:
    """Return the folder of this user; it may not be there yet."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "worldline"


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Hold the lock of this name: of all threads and processes of the user, one is inside; a death opens it."""
    folder = cache_folder() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "".join(c if c.isalnum() else "-" for c in name)).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
