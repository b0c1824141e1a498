"""Supervisor: the host's end of the protocol that a container's main process speaks (guest/supervisor.c)."""

import secrets
import struct
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from images.attached_stream import AttachedStream
from images.container import OUTPUT_LIMIT, Completed, join_output
from images.errors import ContainerLost, EngineError

# Of an answer beside what was asked for.
_ROOM = 16 << 10
_LARGEST_TEXT = 64 << 10
_MARKS = {b"t": "late", b"o": "memory", b"-": ""}
_BATCH = 8 << 20
_MOST_READ = 64 << 20
_NONCE_BYTES = 8
# Of the limit; memory that is still held when every process is gone is never given back.
_POISONED_PERCENT = 75
# What an answer may take beyond the command's own limit, on a machine under load.
_GRACE_SECONDS = 60.0


# A frame without fields that has no answer.
HEARTBEAT = struct.pack("<Ic", 1 + _NONCE_BYTES, b"H") + bytes(_NONCE_BYTES)


class Supervisor:
    """Runs commands and moves files through one attached stream; calls from several threads take turns."""

    def __init__(self, stream: AttachedStream) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._lost: ContainerLost | None = None

    def run(
        self, command: Sequence[str], *, user: int, cwd: str, env: Mapping[str, str], timeout_s: float
    ) -> Completed:
        """Run the command as the user; at its end, and at the deadline, every process of the container is killed."""
        started = time.monotonic()
        settings = [str(user), cwd, str(round(1000 * timeout_s)), str(OUTPUT_LIMIT), str(len(command)), *command]
        words = [*settings, *(f"{name}={value}" for name, value in env.items())]
        answer = self._ask("R", map(_text, words), timeout_s, answers=6, largest=OUTPUT_LIMIT + _ROOM)
        with self._distrusting():
            code, mark, held, total = int(answer[0]), _MARKS[answer[1]], int(answer[2]), int(answer[3])
            head, tail = answer[4], answer[5]
        if held >= _POISONED_PERCENT:
            self._lost = ContainerLost("poisoned", f"{held} % of the container's memory is held by nobody")
        return Completed(
            exit_code=124 if mark == "late" else code,
            output=join_output(head, tail, total),
            output_bytes=total,
            seconds=time.monotonic() - started,
            timed_out=mark == "late",
            truncated=total > len(head) + len(tail),
            out_of_memory=mark == "memory",
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
        (failed,) = self._ask("P", batch, _GRACE_SECONDS, answers=1, largest=_ROOM)
        if failed:
            raise EngineError(f"a file could not be written in the container: {failed.decode('utf-8', 'replace')}")

    def get(self, paths: Sequence[str]) -> dict[str, bytes]:
        """Return the regular files among the absolute paths, as long as all of them stay under 64 MiB."""
        words = [str(_MOST_READ), *paths]
        largest = _MOST_READ + 5 * len(paths) + _ROOM
        (packed,) = self._ask("G", map(_text, words), _GRACE_SECONDS, answers=1, largest=largest)
        with self._distrusting():
            return _unpacked(packed, paths)

    def look(self, places: Sequence[str]) -> dict[str, str]:
        """Return the text at each place, of `=PATH` the bytes, files and read-only mark of its file system.

        Under "refused" stand the error numbers of three calls that only our own seccomp profile refuses together.
        """
        count = len(places) + 1
        said = self._ask("L", map(_text, places), _GRACE_SECONDS, answers=count, largest=count * _LARGEST_TEXT)
        return {place: text.decode("ascii", "replace") for place, text in zip([*places, "refused"], said, strict=True)}

    def _ask(
        self, operation: str, fields: Iterable[bytes], timeout_s: float, *, answers: int, largest: int
    ) -> list[bytes]:
        """Return the answer's fields; of a container whose answer is not understood nothing more is asked."""
        body = b"".join(struct.pack("<I", len(field)) + field for field in fields)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        frame = struct.pack("<Ic", 1 + len(nonce) + len(body), operation.encode()) + nonce + body
        with self._lock, self._distrusting():
            if self._lost:
                raise self._lost
            answer = self._exchange(frame, timeout_s + _GRACE_SECONDS, largest)
            return _understood(answer, operation.encode(), nonce, answers)

    @contextmanager
    def _distrusting(self) -> Iterator[None]:
        """Close the stream at an answer that is not as agreed, and at the container's end."""
        try:
            yield
        except ContainerLost as error:
            self._lose(error)
            raise
        except (ValueError, KeyError, IndexError, struct.error) as error:
            lost = ContainerLost("protocol", f"the container's supervisor answered what is no answer: {error}")
            self._lose(lost)
            raise lost from error

    def _lose(self, error: ContainerLost) -> None:
        self._lost = self._lost or error
        self._stream.close()

    def _exchange(self, frame: bytes, limit: float, largest: int) -> bytes:
        self._stream.send(frame, timeout_s=limit)
        (size,) = struct.unpack("<I", self._stream.receive(4, timeout_s=limit))
        if not 1 + _NONCE_BYTES <= size <= largest:
            raise ContainerLost("protocol", f"the container's supervisor answered with a frame of {size} bytes")
        return self._stream.receive(size, timeout_s=limit)


def _unpacked(packed: bytes, paths: Sequence[str]) -> dict[str, bytes]:
    found, at = {}, 0
    for path in paths:
        there = packed[at]
        at += 1
        if there:
            (size,) = struct.unpack_from("<I", packed, at)
            found[path] = packed[at + 4 : at + 4 + size]
            at += 4 + size
    if at != len(packed):
        raise ValueError(f"{len(packed)} bytes of files where {at} were announced")
    return found


def _understood(answer: bytes, operation: bytes, nonce: bytes, count: int) -> list[bytes]:
    kind, given = answer[:1], answer[1 : 1 + _NONCE_BYTES]
    if given != nonce:
        raise ContainerLost("protocol", "the container's supervisor answered another request")
    fields = _fields(answer)
    if kind == b"E" and fields:
        raise EngineError(f"the container's supervisor said: {fields[0][:300].decode('utf-8', 'replace')}")
    if kind != operation or len(fields) != count:
        raise ContainerLost("protocol", f"the container's supervisor answered {kind!r} with {len(fields)} fields")
    return fields


def _text(word: str) -> bytes:
    return word.encode("utf-8", "surrogateescape")


def _fields(answer: bytes) -> list[bytes]:
    fields, at = [], 1 + _NONCE_BYTES
    while at < len(answer):
        size = int.from_bytes(answer[at : at + 4], "little")
        if at + 4 + size > len(answer):
            raise ContainerLost("protocol", "the container's supervisor answered with a torn frame")
        fields.append(answer[at + 4 : at + 4 + size])
        at += 4 + size
    return fields
