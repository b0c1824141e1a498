"""GitAddress: where a git URL really leads: redirects followed by us, every host looked up once and held to that."""

import ipaddress
import os
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

from images.errors import BadSource, RefusedSource
from images.plain_text import one_line
from images.source_settings import SourceSettings

_QUERY = "/info/refs?service=git-upload-pack"
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5
_SECONDS = 30.0
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class GitAddress:
    """A URL that redirects no further, and git's settings that hold it to the addresses that were checked."""

    url: str
    config: tuple[tuple[str, str], ...]


def resolve(url: str, settings: SourceSettings) -> GitAddress:
    """Return where the URL leads; raise `RefusedSource` when that is no https or lies at a private address.

    git itself follows no redirect, and connects to the addresses found here, so that a name which answers differently a
    second time (DNS rebinding) leads nowhere else. Behind a proxy the proxy looks names up, and only literal addresses
    are checked.
    """
    for _ in range(_MOST_REDIRECTS):
        addresses = _checked_addresses(url, settings)
        status, location = _ask_one_of(url, addresses, settings)
        if status not in _REDIRECTS:
            if status >= 400:
                raise BadSource(f"its server answers {status}: is the address right, and is it public?")
            return GitAddress(url=url, config=_config(url, addresses))
        target = urljoin(url + _QUERY, location)
        if not target.endswith(_QUERY):
            raise RefusedSource("redirect", f"it redirects to {_shown(target)!r}, which is no git repository")
        url = target.removesuffix(_QUERY)
    raise RefusedSource("redirect", f"it redirects more than {_MOST_REDIRECTS} times")


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return one_line(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}")


def _checked_addresses(url: str, settings: SourceSettings) -> list[str]:
    """Return the addresses of the URL's host, none when a proxy looks it up."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise RefusedSource("redirect", "it leads to an address that cannot be read") from error
    loopback = parts.scheme == "http" and settings.loopback_http and host in _LOOPBACK
    if parts.scheme != "https" and not loopback:
        raise RefusedSource("address", f"it leads to {_shown(url)!r}: only https is spoken")
    if parts.username is not None or parts.password is not None or not host:
        raise RefusedSource("address", "it leads to an address with a user name in it, or without a host")
    if _proxy(url) and not _is_literal(host):
        return []
    try:
        found = socket.getaddrinfo(host, port or (443 if parts.scheme == "https" else 80), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise BadSource(f"its host {one_line(host)!r} was not found") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if not _is_public(address) and not loopback and host not in settings.private_hosts:
            raise RefusedSource(
                "private address",
                f"its host {one_line(host)!r} lies at the private address {address}; `private_hosts` allows such",
            )
    return addresses


def _is_literal(host: str) -> bool:
    # What inet_aton takes too, as 127.1 and 2130706433.
    try:
        socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except OSError:
        return False
    return True


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _TRANSLATED:
            return _is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is not None:
            return _is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _proxy(url: str) -> str | None:
    parts = urlsplit(url)
    return None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)


def _ask_one_of(url: str, addresses: list[str], settings: SourceSettings) -> tuple[int, str]:
    """Return what the first address says that answers: a machine without IPv6 has names with such addresses too."""
    for address in addresses[:-1]:
        try:
            return _ask(url, address, settings)
        except BadSource:
            continue
    return _ask(url, addresses[-1] if addresses else "", settings)


def _ask(url: str, address: str, settings: SourceSettings) -> tuple[int, str]:
    """Return the status of git's first question to the server, and where it redirects to."""
    parts = urlsplit(url)
    timeout = urllib3.Timeout(total=min(_SECONDS, settings.clone_seconds))
    proxy = _proxy(url)
    with _pool(url, address, proxy) as pool:
        place = url if proxy else parts.path
        headers = {"Host": parts.netloc, "User-Agent": "git/2 (worldline)", "Accept": "*/*"}
        try:
            answer = pool.request(
                "GET",
                place + _QUERY,
                headers=headers,
                redirect=False,
                preload_content=False,
                timeout=timeout,
                retries=False,
            )
        except urllib3.exceptions.HTTPError as error:
            raise BadSource(f"its server cannot be asked: {one_line(str(error))}") from error
        answer.close()
    return answer.status, answer.headers.get("location", "")


def _pool(url: str, address: str, proxy: str | None) -> "urllib3.PoolManager | urllib3.HTTPConnectionPool":
    parts = urlsplit(url)
    bundle = os.environ.get("GIT_SSL_CAINFO") or os.environ.get("SSL_CERT_FILE")
    trust = ssl.create_default_context(cafile=bundle)
    if proxy:
        return urllib3.ProxyManager(proxy, ssl_context=trust)
    if parts.scheme == "http":
        return urllib3.HTTPConnectionPool(address, parts.port)
    return urllib3.HTTPSConnectionPool(
        address,
        parts.port,
        ssl_context=trust,
        server_hostname=parts.hostname,
        assert_hostname=parts.hostname,
    )


def _config(url: str, addresses: list[str]) -> tuple[tuple[str, str], ...]:
    parts = urlsplit(url)
    spoken = (("protocol.http.allow", "always"),) if parts.scheme == "http" else ()
    if not addresses or _is_literal(parts.hostname or ""):
        return spoken
    port = parts.port or (443 if parts.scheme == "https" else 80)
    held = ",".join(f"[{address}]" if ":" in address else address for address in addresses)
    return (*spoken, ("http.curloptResolve", f"{parts.hostname}:{port}:{held}"))
