"""FlakyEngine: a socket in front of the container engine that lets chosen calls hang, fail, or lose their answer."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_REAL = "/var/run/docker.sock"
# Given a request's first line: "" to pass it on, or "hang", "fail" (asked, answered with 500), "lose" (asked, cut off).
Fault = Callable[[str], str]
_FAILURE = (
    b"HTTP/1.1 500 Failure\r\nContent-Type: application/json\r\nContent-Length: 18\r\n\r\n" + b'{"message":"no!"}\n'
)


class FlakyEngine:
    """Context that listens at `address`, which DOCKER_HOST takes."""

    def __init__(self, folder: Path, fault: Fault) -> None:
        self._path = folder / "engine.sock"
        self.address = f"unix://{self._path}"
        self.asked: list[str] = []
        self._fault = fault
        self._open: list[socket.socket] = []

    def __enter__(self) -> "FlakyEngine":
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(self._path))
        self._server.listen(32)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for opened in (self._server, *self._open):
            _shut(opened)
            opened.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(_REAL)
            self._open += [client, engine]
            threading.Thread(target=self._forward, args=(client, engine), daemon=True).start()

    def _forward(self, client: socket.socket, engine: socket.socket) -> None:
        muted = threading.Event()
        back = threading.Thread(target=_copy, args=(engine, client, muted), daemon=True)
        back.start()
        while data := _receive(client):
            line = data.split(b"\r\n", 1)[0].decode("latin-1")
            fault = self._fault(line) if b" HTTP/1.1" in data[:500] else ""
            if b" HTTP/1.1" in data[:500]:
                self.asked.append(line)
            if fault:
                muted.set()
            if fault != "hang":
                engine.sendall(data)
            if fault == "fail":
                client.sendall(_FAILURE)
            if fault in ("fail", "lose"):
                threading.Event().wait(0.5)
                _shut(client)
                return
        _shut(engine)


def _copy(source: socket.socket, target: socket.socket, muted: threading.Event) -> None:
    while data := _receive(source):
        if not muted.is_set():
            try:
                target.sendall(data)
            except OSError:
                return
    _shut(target)


def _receive(source: socket.socket) -> bytes:
    try:
        return source.recv(65536)
    except OSError:
        return b""


def _shut(opened: socket.socket) -> None:
    with suppress(OSError):
        opened.shutdown(socket.SHUT_RDWR)
