"""Where a git URL may lead: public addresses alone, held to them, over https with certificates that are checked."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from images.errors import BadSource, RefusedSource
from images.git_address import resolve
from images.git_source import fetch_commit
from images.source_settings import SourceSettings
from tests.images.hostile.repositories import make_repository
from tests.images.hostile.server import LocalServer

OWN = SourceSettings(private_hosts=("localhost", "127.0.0.1"), clone_seconds=30)


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0.0.0.0", "10.0.0.1", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "224.0.0.1", "[::1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]", "[fe80::1]"),
        "[2002:a00:1::]",
    ],
)
def test_a_private_address_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises(RefusedSource) as caught:
        resolve(f"https://{host}/x.git", SourceSettings())
    assert caught.value.rule == "private address"


def test_behind_a_proxy_names_are_the_proxys_and_literal_addresses_still_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(BadSource, match="its server cannot be asked"):
        resolve("https://name.invalid/x.git", SourceSettings())
    with pytest.raises(RefusedSource, match="private address"):
        resolve("https://10.0.0.1/x.git", SourceSettings())


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    """Give a server that speaks https as `localhost`, whose certificate this process trusts."""
    made = tmp_path / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(made), "-out", str(tmp_path / "ca.pem")]
    subprocess.run(command, check=True, capture_output=True)
    made.write_text(made.read_text() + (tmp_path / "ca.pem").read_text())
    monkeypatch.setenv("GIT_SSL_CAINFO", str(tmp_path / "ca.pem"))
    with LocalServer(tmp_path, certificate=made) as server:
        server.url = server.url.replace("http://127.0.0.1", "https://localhost")
        yield server


def test_a_repository_is_fetched_over_https_from_the_address_that_was_checked(secure: LocalServer) -> None:
    made = make_repository("links to the host", secure.folder)
    url = f"{secure.url}/git/{made.relative_to(secure.folder)}"
    port = secure.url.rpartition(":")[2]
    settings = dict(resolve(url, OWN).config)
    assert settings["http.curloptResolve"].startswith(f"localhost:{port}:")
    assert "127.0.0.1" in settings["http.curloptResolve"]
    assert "good.py" in fetch_commit(url, "main", OWN).files


def test_a_certificate_for_another_host_is_refused(secure: LocalServer) -> None:
    with pytest.raises(BadSource, match="doesn't match 'localhost'"):
        resolve(f"{secure.url.replace('localhost', '127.0.0.1')}/git/x.git", OWN)


def test_a_certificate_that_nobody_vouches_for_is_refused(secure: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GIT_SSL_CAINFO")
    with pytest.raises(BadSource, match="cannot be asked"):
        resolve(f"{secure.url}/git/x.git", OWN)


def test_a_redirect_from_https_to_http_is_refused(secure: LocalServer) -> None:
    with LocalServer(secure.folder) as plain:
        secure.moved = plain.url
        with pytest.raises(RefusedSource, match="only https is spoken"):
            resolve(f"{secure.url}/odd/moved/x.git", OWN)
