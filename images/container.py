"""Container: the protocol of one running instance of an image, and what one command in it gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from images.shown_text import shown_text

OUTPUT_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """One command that ran to its end, or was ended: `exit_code` is 124 when `timed_out`.

    `out_of_memory` says that the kernel killed a process of it for memory, where the container can tell. `output_bytes`
    is how much it wrote, of which `output` keeps the first and the last part.
    """

    exit_code: int
    output: bytes
    seconds: float
    output_bytes: int = 0
    timed_out: bool = False
    truncated: bool = False
    out_of_memory: bool = False

    @property
    def text(self) -> str:
        """Return standard output and error, in the order of writing, as text; wrong bytes are replaced."""
        return self.output.decode("utf-8", "replace")

    @property
    def shown(self) -> str:
        """Return the text as a terminal or a report may have it: what steers a display is escaped."""
        return shown_text(self.text)


class Container(Protocol):
    """A place where a repository's commands run; nothing of it reaches the host but what the methods return.

    `root` is the absolute path of the repository inside, `python` that of its interpreter.
    """

    root: str
    python: str

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout_s: float = 60,
    ) -> Completed:
        """Run the command as the unprivileged user; at the deadline every process of that user is killed."""
        ...

    def put(self, files: Mapping[str, bytes]) -> None:
        """Write files; names are absolute or relative to `root`, missing folders are made."""
        ...

    def get(self, paths: Sequence[str]) -> dict[str, bytes]:
        """Return the regular files among the paths (relative to `root` or absolute); missing ones are left out."""
        ...

    def close(self) -> None:
        """End the container and all its processes; more than one call does no harm."""
        ...


def join_output(head: bytes, tail: bytes, total: int) -> bytes:
    """Return what was kept of `total` bytes; a line in the middle states how many are missing."""
    dropped = total - len(head) - len(tail)
    return head + (f"\n[... {dropped} bytes left out ...]\n".encode() if dropped > 0 else b"") + tail


class BoundedOutput:
    """Keeps the first and the last half of `OUTPUT_LIMIT` bytes of what a command writes."""

    def __init__(self, limit: int = OUTPUT_LIMIT) -> None:
        self._half = limit // 2
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0

    def write(self, data: bytes) -> None:
        """Take more output."""
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:] if room < len(data) else b""
        if len(self._tail) > 2 * self._half:
            self._shorten()

    @property
    def total(self) -> int:
        """Return how many bytes were written."""
        return len(self._head) + self._dropped + len(self._tail)

    @property
    def truncated(self) -> bool:
        """Say whether something was left out."""
        return self._dropped > 0 or len(self._tail) > self._half

    def _shorten(self) -> None:
        self._dropped += len(self._tail) - self._half
        del self._tail[: -self._half]

    def value(self) -> bytes:
        """Return what was kept; a line in the middle states how many bytes are missing."""
        if len(self._tail) > self._half:
            self._shorten()
        return join_output(bytes(self._head), bytes(self._tail), self.total)
