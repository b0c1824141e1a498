"""The proxy between builds and the package index, against an index in a folder of this machine."""

import hashlib
import json
import socket
import struct
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from images.host_pip import HostPip
from images.package_proxy import PackageProxy

WHEEL = b"not really a wheel"
DIGEST = hashlib.sha256(WHEEL).hexdigest()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """Serve a folder as an index with HTML pages."""
    folder = tmp_path / "index"
    (folder / "simple" / "a").mkdir(parents=True)
    (folder / "a-1-py3-none-any.whl").write_bytes(WHEEL)
    page = f'<a href="../../a-1-py3-none-any.whl#sha256={DIGEST}" data-requires-python="&gt;=3.8">a</a>'
    (folder / "simple" / "a" / "index.html").write_text(page)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}/simple"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def proxy(index: tuple[Path, str], tmp_path: Path) -> Iterator[PackageProxy]:
    """Give a proxy of the folder's index."""
    made = PackageProxy(HostPip(options={"index-url": index[1]}), "127.0.0.1", tmp_path / "cache")
    yield made
    made.close()


def _file(proxy: PackageProxy) -> dict[str, object]:
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    with requests.get(f"{proxy.index_urls[0]}a/", timeout=10, headers=accept) as answer:
        (entry,) = answer.json()["files"]
    return dict(entry)


def test_pages_name_files_of_the_proxy_alone(proxy: PackageProxy, index: tuple[Path, str]) -> None:
    entry = _file(proxy)
    assert str(entry["url"]).startswith(f"{proxy.url}/files/")
    assert (entry["hashes"], entry["requires-python"]) == ({"sha256": DIGEST}, ">=3.8")
    assert index[1] not in json.dumps(entry)


def test_an_old_pip_gets_html(proxy: PackageProxy) -> None:
    with requests.get(f"{proxy.index_urls[0]}a/", timeout=10, headers={"Accept": "text/html"}) as answer:
        assert answer.headers["content-type"] == "text/html"
        assert f'.whl#sha256={DIGEST}" data-requires-python="&gt;=3.8">a-1-py3-none-any.whl</a>' in answer.text


def test_a_file_is_fetched_once_and_then_kept(proxy: PackageProxy, index: tuple[Path, str]) -> None:
    url = str(_file(proxy)["url"])
    assert requests.get(url, timeout=10).content == WHEEL
    (index[0] / "a-1-py3-none-any.whl").unlink()
    assert requests.get(url, timeout=10).content == WHEEL
    assert (proxy.fetched_bytes, proxy.kept_bytes) == (len(WHEEL), len(WHEEL))


def test_a_file_with_another_digest_is_refused(proxy: PackageProxy, index: tuple[Path, str]) -> None:
    url = str(_file(proxy)["url"])
    (index[0] / "a-1-py3-none-any.whl").write_bytes(b"forged")
    assert requests.get(url, timeout=10).status_code == 502


def test_what_no_page_named_is_not_served(proxy: PackageProxy) -> None:
    for path in ("/", "/0/simple/b/", "/9/simple/a/", f"/files/{'0' * 64}/a.whl", "/files/../../etc/passwd"):
        assert requests.get(proxy.url + path, timeout=10).status_code == 404


def test_a_client_that_goes_away_leaves_no_traceback(proxy: PackageProxy, capfd: pytest.CaptureFixture[str]) -> None:
    host, port = proxy.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        # Closed without a farewell: the other end is told of a reset.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert _file(proxy)
    proxy.close()
    assert capfd.readouterr().err == ""
