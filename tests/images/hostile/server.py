"""LocalServer: git repositories over http, a package index, and servers that misbehave, all on this machine alone."""

import hashlib
import json
import os
import ssl
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from images.host_pip import HostPip

_ODD_SECONDS = 30
JSON = "application/vnd.pypi.simple.v1+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFile:
    """A file of the package index; `sha256` and `address` are what the index states, by default the truth."""

    name: str
    data: bytes
    sha256: str = ""
    address: str = ""
    uploaded: str = ""
    yanked: bool | str = False


class LocalServer:
    """Context that serves `folder` as git repositories below /git/, and the files that were added as an index.

    `moved` is where /odd/moved/ redirects to; `paths` are those that were asked for; with `html` the index speaks no
    JSON, with `old_git` git its first protocol, which gives no commit that no ref names. With a `certificate`, and its
    key in the same file, it speaks https.
    """

    def __init__(self, folder: Path, *, html: bool = False, certificate: Path | None = None) -> None:
        self.folder = folder
        self.certificate = certificate
        self.html = html
        self.old_git = False
        self.moved = ""
        self.projects: dict[str, list[IndexFile]] = {}
        self.paths: list[str] = []

    def __enter__(self) -> "LocalServer":
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"local": self}))
        self._server.daemon_threads = True
        if self.certificate:
            trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            trust.load_cert_chain(self.certificate)
            self._server.socket = trust.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.closing = threading.Event()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def pip(self) -> HostPip:
        """Return settings of pip that know this index alone."""
        return HostPip(options={"index-url": f"{self.url}/simple"})

    def add(self, project: str, *files: IndexFile) -> None:
        """Put files into the index."""
        self.projects.setdefault(project, []).extend(files)

    def page(self, project: str) -> tuple[str, bytes]:
        """Return a project's page."""
        entries = [
            {
                "filename": file.name,
                "url": file.address or f"{self.url}/files/{project}/{file.name}",
                "hashes": {"sha256": file.sha256 or hashlib.sha256(file.data).hexdigest()},
                "yanked": file.yanked,
                **({"upload-time": file.uploaded} if file.uploaded else {}),
            }
            for file in self.projects[project]
        ]
        if not self.html:
            return JSON, json.dumps({"meta": {"api-version": "1.1"}, "name": project, "files": entries}).encode()
        return "text/html", "<br>".join(map(_anchor, entries)).encode()


def _anchor(entry: dict[str, Any]) -> str:
    yanked = ' data-yanked=""' if entry["yanked"] else ""
    return f'<a href="{entry["url"]}#sha256={entry["hashes"]["sha256"]}"{yanked}>{entry["filename"]}</a>'


class _Handler(BaseHTTPRequestHandler):
    local: LocalServer

    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        self.local.paths.append(self.path)
        kind, _, rest = self.path.lstrip("/").partition("/")
        if kind == "git":
            self._git(rest)
        elif kind == "odd":
            self._odd(rest)
        elif kind == "simple" and rest.strip("/") in self.local.projects:
            self._send(200, *self.local.page(rest.strip("/")))
        elif kind == "files":
            project, _, name = rest.partition("/")
            self._send(
                200, "application/octet-stream", next(f.data for f in self.local.projects[project] if f.name == name)
            )
        else:
            self._send(404, "text/plain", b"not here")

    do_POST = do_GET

    def _send(self, status: int, kind: str, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _git(self, rest: str) -> None:
        parts = urlsplit(rest)
        length = int(self.headers.get("Content-Length") or 0)
        done = subprocess.run(
            ["git", "http-backend"],
            input=self.rfile.read(length),
            capture_output=True,
            env={
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(self.local.folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_CONFIG_GLOBAL": "/dev/null",
                "GIT_PROTOCOL": "" if self.local.old_git else self.headers.get("Git-Protocol", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "PATH_INFO": "/" + parts.path,
                "QUERY_STRING": parts.query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(length),
                "REMOTE_ADDR": "127.0.0.1",
            },
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        status = int(fields.pop("Status", "200").split()[0])
        self._send(status, fields.get("Content-Type", "text/plain"), body)

    def _odd(self, rest: str) -> None:
        kind = rest.partition("/")[0]
        targets = {
            "to-metadata": "https://169.254.169.254/latest.git/info/refs?service=git-upload-pack",
            "to-network": "https://10.0.0.1/x.git/info/refs?service=git-upload-pack",
            "to-file": "file:///etc/passwd/info/refs?service=git-upload-pack",
            "to-user": "https://user:secret@example.org/x.git/info/refs?service=git-upload-pack",
            "to-page": "https://example.org/login",
            "to-itself": f"{self.local.url}/odd/to-itself/x.git/info/refs?service=git-upload-pack",
            "to-git": f"{self.local.url}/git/{rest.partition('/')[2]}",
        }
        targets["moved"] = f"{self.local.moved}/git/{rest.partition('/')[2]}"
        if kind in targets:
            self._send(302, "text/plain", b"", Location=targets[kind])
        elif kind == "silent":
            self.local.closing.wait(_ODD_SECONDS)
        elif kind == "login":
            self._send(401, "text/plain", b"", WWW_Authenticate='Basic realm="x"')
        elif kind == "rubbish":
            self._send(200, "application/x-git-upload-pack-advertisement", b"001e# service=git-upload-pack\n0000zzzz")
        else:
            self._endless()

    def _endless(self) -> None:
        """Send the names of refs until nobody listens any more."""
        self.send_response(200)
        self.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
        self.end_headers()
        line = b"%s refs/tags/%s\n" % (b"1" * 40, b"x" * 900)
        packet = b"%04x%s" % (len(line) + 4, line)
        began = time.monotonic()
        try:
            self.wfile.write(b"001e# service=git-upload-pack\n0000")
            while time.monotonic() - began < _ODD_SECONDS and not self.local.closing.is_set():
                self.wfile.write(packet * 64)
        except OSError:
            return

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


def git(*arguments: str, cwd: Path | None = None, data: bytes = b"") -> str:
    """Run git as a stranger would, to make what is hostile; return what it prints."""
    command: Sequence[str] = ["git", "-c", "user.name=x", "-c", "user.email=x", *arguments]
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": "/nonexistent"}
    done = subprocess.run(command, cwd=cwd, input=data, capture_output=True, check=True, env=environment)
    return done.stdout.decode().strip()
