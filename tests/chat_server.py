"""A chat endpoint on loopback that answers as it is told: real sockets, no model."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """One answer: a status, a body, headers, and seconds to wait before the body's halves."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0


@dataclass
class Heard:
    """What the server was asked: the parsed bodies and the headers, and how many questions it worked on at once."""

    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    at_once: int = 0


def completion(text: str, finish: str = "stop") -> bytes:
    """Return the body of a chat completion."""
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": finish}
    return json.dumps({"choices": [choice]}).encode()


@contextmanager
def chat_server(answer: Callable[[dict[str, Any], int], Reply]) -> Iterator[Heard]:
    """Serve `answer(body, number)` for each question, counted from 0, while the block runs."""
    heard, lock, working = Heard(), threading.Lock(), [0]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                number = len(heard.bodies)
                heard.bodies.append({**body, "path": self.path})
                heard.headers.append(dict(self.headers))
                working[0] += 1
                heard.at_once = max(heard.at_once, working[0])
            try:
                self._send(answer(body, number))
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True
            finally:
                with lock:
                    working[0] -= 1

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            half = len(reply.body) // 2
            for part in (reply.body[:half], reply.body[half:]):
                time.sleep(reply.wait)
                self.wfile.write(part)
                self.wfile.flush()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
