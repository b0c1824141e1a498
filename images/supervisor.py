"""Supervisor: the host's end of the protocol that a container's main process speaks (guest/supervisor.c)."""

import itertools
import struct
import threading
import time
from collections.abc import Iterable, Mapping, Sequence

from images.attached_stream import AttachedStream
from images.container import OUTPUT_LIMIT, Completed, join_output
from images.errors import EngineError

_LARGEST_ANSWER = 256 << 20
_BATCH = 8 << 20
_MOST_READ = 64 << 20
# What an answer may take beyond the command's own limit, on a machine under load.
_GRACE_SECONDS = 60.0


class Supervisor:
    """Runs commands and moves files through one attached stream; calls from several threads take turns."""

    def __init__(self, stream: AttachedStream) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)

    def run(
        self, command: Sequence[str], *, user: int, cwd: str, env: Mapping[str, str], timeout_s: float
    ) -> Completed:
        """Run the command as the user; at its end, and at the deadline, every process of the container is killed."""
        started = time.monotonic()
        settings = [str(user), cwd, str(round(1000 * timeout_s)), str(OUTPUT_LIMIT), str(len(command)), *command]
        words = [*settings, *(f"{name}={value}" for name, value in env.items())]
        code, mark, total, head, tail = self._ask("R", map(_text, words), timeout_s)
        return Completed(
            exit_code=124 if mark == b"t" else int(code),
            output=join_output(head, tail, int(total)),
            seconds=time.monotonic() - started,
            timed_out=mark == b"t",
            truncated=int(total) > len(head) + len(tail),
            out_of_memory=mark == b"o",
        )

    def put(self, files: Mapping[str, bytes]) -> None:
        """Write files with absolute names; raise `EngineError` with the first that cannot be written."""
        batch: list[bytes] = []
        for name, data in files.items():
            batch += [_text(name), data]
            if sum(map(len, batch)) > _BATCH:
                self._put(batch)
                batch = []
        if batch:
            self._put(batch)

    def _put(self, batch: list[bytes]) -> None:
        (failed,) = self._ask("P", batch, _GRACE_SECONDS)
        if failed:
            raise EngineError(f"a file could not be written in the container: {failed.decode('utf-8', 'replace')}")

    def get(self, paths: Sequence[str]) -> dict[str, bytes]:
        """Return the regular files among the absolute paths, as long as all of them stay under 64 MiB."""
        (packed,) = self._ask("G", map(_text, [str(_MOST_READ), *paths]), _GRACE_SECONDS)
        found, at = {}, 0
        for path in paths:
            there = packed[at : at + 1]
            at += 1
            if there == b"\1":
                (size,) = struct.unpack_from("<I", packed, at)
                found[path] = packed[at + 4 : at + 4 + size]
                at += 4 + size
        return found

    def _ask(self, operation: str, fields: Iterable[bytes], timeout_s: float) -> list[bytes]:
        number = next(self._numbers)
        body = b"".join(struct.pack("<I", len(field)) + field for field in fields)
        frame = struct.pack("<IcI", 5 + len(body), operation.encode(), number) + body
        limit = timeout_s + _GRACE_SECONDS
        with self._lock:
            self._stream.send(frame, timeout_s=limit)
            (size,) = struct.unpack("<I", self._stream.receive(4, timeout_s=limit))
            if not 5 <= size <= _LARGEST_ANSWER:
                raise EngineError(f"the container's supervisor answered with a frame of {size} bytes")
            answer = self._stream.receive(size, timeout_s=limit)
        kind, answered = struct.unpack_from("<cI", answer)
        if answered != number:
            raise EngineError(f"the container's supervisor answered request {answered}, not {number}")
        answers = _fields(answer)
        if kind != operation.encode():
            raise EngineError(f"the container's supervisor said: {answers[0][:300].decode('utf-8', 'replace')}")
        return answers


def _text(word: str) -> bytes:
    return word.encode("utf-8", "surrogateescape")


def _fields(answer: bytes) -> list[bytes]:
    fields, at = [], 5
    while at < len(answer):
        (size,) = struct.unpack_from("<I", answer, at)
        if at + 4 + size > len(answer):
            raise EngineError("the container's supervisor answered with a torn frame")
        fields.append(answer[at + 4 : at + 4 + size])
        at += 4 + size
    return fields
