"""PackageProxy: what builds see of the package indexes, with every download kept on this machine.

A build in a container reaches this server on the engine's gateway address and nothing of the real index: no address, no
credentials, no certificate. It serves project pages and the files that these pages name, nothing else. Files are checked
against the digest that the index states and kept for all later builds; a build cannot write here, so that one hostile
repository cannot give another a forged package.
"""

import hashlib
import json
import os
import re
import sys
import threading
import time
from contextlib import suppress
from html import escape
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

import requests

from images.host_pip import HostPip

_JSON = "application/vnd.pypi.simple.v1+json"
_ACCEPT = f"{_JSON}, text/html;q=0.2"
_PAGE_SECONDS = 600
_KEPT = ("filename", "hashes", "requires-python", "yanked", "upload-time", "size", "core-metadata")


class PackageProxy:
    """Serves the host's indexes on `address` while it is open; counts the bytes that were fetched and that were kept."""

    def __init__(self, pip: HostPip, address: str, cache: Path) -> None:
        self._indexes = [url.rstrip("/") for url in pip.index_urls if url.startswith(("http://", "https://"))]
        self._session = requests.Session()
        self._session.verify = str(pip.certificates) if pip.certificates else True
        self._cache = cache
        self._files: dict[str, tuple[str, str]] = {}
        self._lock = threading.Lock()
        self.fetched_bytes = 0
        self.kept_bytes = 0
        self._server = _Server((address, 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.url = f"http://{address}:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._session.close()

    @property
    def index_urls(self) -> list[str]:
        """Return the addresses that stand for the host's indexes, in its order of preference."""
        return [f"{self.url}/{number}/simple/" for number in range(len(self._indexes))]

    def page(self, number: int, project: str) -> list[dict[str, Any]] | None:
        """Return the entries of a project's page, whose files are ours, or None when the index does not know it."""
        address = f"{self._indexes[number]}/{project}/"
        kept = self._cache / "pages" / hashlib.sha256(address.encode()).hexdigest()
        if not kept.exists() or time.time() - kept.stat().st_mtime > _PAGE_SECONDS:
            found = self._session.get(address, headers={"Accept": _ACCEPT}, timeout=60)
            if found.status_code in (403, 404, 410):
                return None
            found.raise_for_status()
            _write(kept, json.dumps(_entries(found)).encode())
        return [self._ours(entry) for entry in json.loads(kept.read_bytes())]

    def _ours(self, entry: dict[str, Any]) -> dict[str, Any]:
        key = hashlib.sha256(entry["url"].encode()).hexdigest()
        with self._lock:
            self._files[key] = (entry["url"], entry.get("hashes", {}).get("sha256", ""))
        ours = {name: entry[name] for name in _KEPT if name in entry}
        return {**ours, "url": f"{self.url}/files/{key}/{entry['filename']}"}

    def file(self, key: str, suffix: str) -> Path | None:
        """Return a file of a page that was asked for before, from the cache or fetched now; None for any other."""
        with self._lock:
            known = self._files.get(key)
        if known is None:
            return None
        address, digest = known
        path = self._cache / "files" / (key + suffix)
        if path.exists():
            # Its time is when it was used last, by which files are dropped.
            with suppress(OSError):
                os.utime(path)
            self._count(kept=path.stat().st_size)
            return path
        found = self._session.get(address + suffix, timeout=600)
        if found.status_code == 404:
            return None
        found.raise_for_status()
        if digest and not suffix and hashlib.sha256(found.content).hexdigest() != digest:
            raise requests.RequestException("a file does not have the digest that its index states")
        _write(path, found.content)
        self._count(fetched=len(found.content))
        return path

    def _count(self, *, fetched: int = 0, kept: int = 0) -> None:
        with self._lock:
            self.fetched_bytes += fetched
            self.kept_bytes += kept


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    aside.write_bytes(data)
    aside.rename(path)


def _entries(page: requests.Response) -> list[dict[str, Any]]:
    if "json" in page.headers.get("content-type", ""):
        entries = page.json()["files"]
    else:
        reader = _Links()
        reader.feed(page.text)
        entries = reader.entries
    return [{**entry, "url": urljoin(page.url, entry["url"])} for entry in entries]


class _Links(HTMLParser):
    """Reads the links of an index that has HTML pages only."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[dict[str, Any]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag != "a" or not found.get("href"):
            return
        address, fragment = urldefrag(str(found["href"]))
        kind, _, digest = fragment.partition("=")
        entry: dict[str, Any] = {"filename": unquote(address.rsplit("/", 1)[-1]), "url": address, "hashes": {}}
        if kind == "sha256":
            entry["hashes"] = {kind: digest}
        if found.get("data-requires-python"):
            entry["requires-python"] = found["data-requires-python"]
        if "data-yanked" in found:
            entry["yanked"] = found["data-yanked"] or True
        self.entries.append(entry)


def _as_json(project: str, entries: list[dict[str, Any]]) -> bytes:
    return json.dumps({"meta": {"api-version": "1.1"}, "name": project, "files": entries}).encode()


def _as_html(project: str, entries: list[dict[str, Any]]) -> bytes:
    lines = []
    for entry in entries:
        digest = entry.get("hashes", {}).get("sha256")
        address = entry["url"] + (f"#sha256={digest}" if digest else "")
        bounds = f' data-requires-python="{escape(entry["requires-python"])}"' if entry.get("requires-python") else ""
        yanked = ' data-yanked=""' if entry.get("yanked") else ""
        lines.append(f'<a href="{escape(address)}"{bounds}{yanked}>{escape(entry["filename"])}</a><br>')
    return f"<!DOCTYPE html><html><head><title>{project}</title></head><body>{''.join(lines)}</body></html>".encode()


_PAGE = re.compile(r"/(\d+)/simple/([a-z0-9][a-z0-9._-]*)/")
_FILE = re.compile(r"/files/([0-9a-f]{64})/[^/]*?(\.metadata)?")


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away, as one that is killed at its limit does."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler(proxy: PackageProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            try:
                kind, body = self._found()
            except (requests.RequestException, ValueError, KeyError, OSError):
                self.send_error(502)
                return
            if body is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET

        def _found(self) -> tuple[str, bytes | None]:
            path = self.path.partition("?")[0]
            page, file = _PAGE.fullmatch(path), _FILE.fullmatch(path)
            if page and int(page[1]) < len(proxy.index_urls):
                entries = proxy.page(int(page[1]), page[2])
                # The pip of an old Python's venv reads HTML alone.
                kind, write = (_JSON, _as_json) if _JSON in self.headers.get("Accept", "") else ("text/html", _as_html)
                return kind, write(page[2], entries) if entries is not None else None
            found = proxy.file(file[1], file[2] or "") if file else None
            return "application/octet-stream", found.read_bytes() if found else None

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing: a build has a log of its own."""

    return Handler
