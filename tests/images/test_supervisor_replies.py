"""What a supervisor may answer: anything else than was agreed closes the connection, and nothing more is asked."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from images.attached_stream import AttachedStream
from images.errors import ContainerLost, EngineError
from images.supervisor import Supervisor

_GOOD = (b"0", b"-", b"0", b"3", b"out", b"")


def _fields(*fields: bytes) -> bytes:
    return b"".join(struct.pack("<I", len(field)) + field for field in fields)


def _frame(body: bytes) -> bytes:
    return struct.pack("<I", len(body)) + body


def _answer(nonce: bytes, *fields: bytes, kind: bytes = b"R") -> bytes:
    return _frame(kind + nonce + _fields(*fields))


@contextmanager
def _talking_to(reply: Callable[[bytes], bytes]) -> Iterator[tuple[Supervisor, list[bytes]]]:
    """Give a supervisor whose container answers each request's nonce with what `reply` makes of it, in the engine's framing."""
    ours, theirs = socket.socketpair()
    asked: list[bytes] = []

    def answer() -> None:
        with theirs.makefile("rb") as stream:
            while head := stream.read(4):
                request = stream.read(*struct.unpack("<I", head))
                asked.append(request[1:9])
                said = reply(request[1:9])
                theirs.sendall(struct.pack(">BxxxL", 1, len(said)) + said)

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield Supervisor(AttachedStream(ours, [])), asked
    finally:
        with ours:
            pass
        thread.join()
        theirs.close()


def _run(supervisor: Supervisor) -> bytes:
    return supervisor.run(["true"], user=1, cwd="/", env={}, timeout_s=1).output


_HOSTILE: dict[str, Callable[[bytes], bytes]] = {
    "wrong nonce": lambda nonce: _answer(bytes(8), *_GOOD),
    "nonce of a part": lambda nonce: _answer(nonce[:7] + b"\0", *_GOOD),
    "frame of 4 GB": lambda nonce: struct.pack("<I", 0xFFFFFFFF) + b"R" + nonce,
    "more than is kept": lambda nonce: struct.pack("<I", 4 << 20) + b"R" + nonce,
    "frame of nothing": lambda nonce: _frame(b""),
    "field beyond the frame": lambda nonce: _frame(b"R" + nonce + struct.pack("<I", 0xFFFFFF) + b"x"),
    "torn length": lambda nonce: _frame(b"R" + nonce + b"\1\0"),
    "too few fields": lambda nonce: _answer(nonce, *_GOOD[:5]),
    "too many fields": lambda nonce: _answer(nonce, *_GOOD, b""),
    "code that is no number": lambda nonce: _answer(nonce, b"os.system", *_GOOD[1:]),
    "NaN": lambda nonce: _answer(nonce, b"0", b"-", b"NaN", *_GOOD[3:]),
    "a number without end": lambda nonce: _answer(nonce, b"0", b"-", b"0", b"9" * 10_000, *_GOOD[4:]),
    "unknown mark": lambda nonce: _answer(nonce, b"0", b"builtins.eval", *_GOOD[2:]),
    "another operation": lambda nonce: _answer(nonce, *_GOOD, kind=b"G"),
    "class name": lambda nonce: _frame(b"cbuiltins\neval\n" + nonce),
    "JSON of depth": lambda nonce: _frame(b"[" * 100_000),
}


@pytest.mark.parametrize("reply", _HOSTILE.values(), ids=_HOSTILE)
def test_an_answer_that_was_not_agreed_closes_the_connection(reply: Callable[[bytes], bytes]) -> None:
    with _talking_to(reply) as (supervisor, asked):
        for _ in range(2):
            with pytest.raises(ContainerLost) as caught:
                _run(supervisor)
            assert caught.value.reason == "protocol"
        assert len(asked) == 1


@pytest.mark.parametrize("packed", [b"\1\xff\xff\xff\xff", b"", b"\1\0\0\0\0trailing", b"\1\4\0\0\0ab"])
def test_files_that_are_torn_are_no_files(packed: bytes) -> None:
    with (
        _talking_to(lambda nonce: _answer(nonce, packed, kind=b"G")) as (supervisor, _),
        pytest.raises(ContainerLost, match="no answer"),
    ):
        supervisor.get(["/a"])


def test_each_request_has_a_nonce_of_its_own() -> None:
    with _talking_to(lambda nonce: _answer(nonce, *_GOOD)) as (supervisor, asked):
        assert [_run(supervisor) for _ in range(20)] == [b"out"] * 20
    assert len(set(asked)) == 20


def test_a_refusal_is_an_error_and_the_container_goes_on() -> None:
    with _talking_to(lambda nonce: _answer(nonce, b"no \xff", kind=b"E")) as (supervisor, asked):
        for _ in range(2):
            with pytest.raises(EngineError, match="no \ufffd"):
                supervisor.get(["/a"])
        assert len(asked) == 2


def test_a_stream_that_ends_is_a_lost_container() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    with pytest.raises(ContainerLost) as caught:
        _run(Supervisor(AttachedStream(ours, [])))
    assert caught.value.reason == "ended"
