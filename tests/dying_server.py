"""A chat endpoint in a process of its own that kills itself in the middle of the answer to question MOST.

    python -m tests.dying_server MOST

It prints its URL; before that question it answers with a call of `bash`.
"""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

_CALL = {"id": "c", "type": "function", "function": {"name": "bash", "arguments": '{"command": "echo here"}'}}


class _Handler(BaseHTTPRequestHandler):
    left = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"choices": [{"message": {"content": "I look.", "tool_calls": [_CALL]}}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        _Handler.left -= 1
        if _Handler.left <= 0:
            self.wfile.write(body[: len(body) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    _Handler.left = int(sys.argv[1])
    with HTTPServer(("127.0.0.1", 0), _Handler) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}/v1", flush=True)
        server.serve_forever()
