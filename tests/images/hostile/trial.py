"""Trial: all hostile sources as the rows of one list, honest ones between them, each fetched as a user's would be."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from images.errors import BadSource, RefusedSource
from images.source import fetch
from images.source_settings import SourceSettings
from images.spec import parse_spec
from pipelines.repository_list import read_repository_list
from tests.images.hostile.addresses import ADDRESSES
from tests.images.hostile.archives import ARCHIVES, CONTAINED, tar
from tests.images.hostile.folders import FOLDERS
from tests.images.hostile.repositories import ANY, REPOSITORIES, SERVERS, make_repository
from tests.images.hostile.server import IndexFile, LocalServer

HONEST = "honest"
_HONEST_EVERY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class HostileRow:
    """One row of the list: `expected` is the rule that refuses it, "" a plain error, or it is contained or honest."""

    group: str
    name: str
    spec: str
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How one row went: the rule, "" for a plain error, `contained` where files came back, else the kind of failure."""

    row: HostileRow
    found: str
    said: str
    seconds: float

    @property
    def holds(self) -> bool:
        """Say whether it went as expected and what was said is one plain sentence."""
        expected = CONTAINED if self.row.expected == HONEST else self.row.expected
        refused = self.found not in (CONTAINED, "crash")
        return self.said.isprintable() and (refused if expected == ANY else self.found == expected)


@contextmanager
def hostile_list(folder: Path) -> Iterator[tuple[list[HostileRow], LocalServer]]:
    """Make every hostile source below `folder` and serve what is fetched; honest rows stand between the others."""
    with LocalServer(folder) as server:
        rows = [*_addresses(), *_archives(server), *_repositories(folder, server), *_servers(server), *_folders(folder)]
        server.add("honest", IndexFile(name="honest-1.tar.gz", data=tar()))
        honest = HostileRow(group=HONEST, name=HONEST, spec="pypi:honest==1", expected=HONEST)
        mixed: list[HostileRow] = []
        for number, row in enumerate(rows):
            mixed += [honest, row] if number % _HONEST_EVERY == 0 else [row]
        yield [*mixed, honest], server


def _addresses() -> list[HostileRow]:
    return [HostileRow(group="addresses", name=n, spec=text, expected=ANY) for n, text in ADDRESSES.items()]


def _archives(server: LocalServer) -> list[HostileRow]:
    rows = []
    for number, (name, (make, ending, rule)) in enumerate(ARCHIVES.items()):
        server.add(f"a{number}", IndexFile(name=f"a{number}-1{ending}", data=make()))
        rows.append(HostileRow(group="archives", name=name, spec=f"pypi:a{number}==1", expected=rule))
    server.add("forged", IndexFile(name="forged-1.tar.gz", data=tar(), sha256="0" * 64))
    return [*rows, HostileRow(group="archives", name="another digest", spec="pypi:forged==1", expected="digest")]


def _repositories(folder: Path, server: LocalServer) -> list[HostileRow]:
    rows = []
    for name, repository in REPOSITORIES.items():
        made = make_repository(name, folder)
        spec = f"{server.url}/git/{made.relative_to(folder)}" if repository.served else str(made)
        rows.append(HostileRow(group="repositories", name=name, spec=f"{spec}@main", expected=repository.rule))
    return rows


def _servers(server: LocalServer) -> list[HostileRow]:
    return [
        HostileRow(group="servers", name=name, spec=f"{server.url}/odd/{path}/x.git@main", expected=rule)
        for name, (path, rule) in SERVERS.items()
    ]


def _folders(folder: Path) -> list[HostileRow]:
    rows = []
    for number, (name, (make, suffix, rule)) in enumerate(FOLDERS.items()):
        place = folder / f"folder-{number}" / "project"
        place.mkdir(parents=True)
        make(place)
        rows.append(HostileRow(group="folders", name=name, spec=f"{place}{suffix}", expected=rule))
    return rows


def try_list(rows: list[HostileRow], server: LocalServer, file: Path) -> list[Trial]:
    """Write the rows as a list, read it back as a user's is, and fetch one after another."""
    texts = {row.spec: row for row in rows}
    file.write_text("".join(json.dumps({"spec": text}) + "\n" for text in texts))
    assert [entry.spec for entry in read_repository_list(file)] == list(texts)
    return [_try(row, server) for row in rows]


def _try(row: HostileRow, server: LocalServer) -> Trial:
    settings = SourceSettings(loopback_http=True, clone_seconds=20 if row.group != "servers" else 3)
    began = time.monotonic()
    try:
        tree = fetch(parse_spec(row.spec), pip=server.pip, settings=settings)
    except BadSource as error:
        found, said = error.rule if isinstance(error, RefusedSource) else "", str(error)
    except Exception as error:
        found, said = "crash", repr(error)
    else:
        found, said = CONTAINED, f"{len(tree.files)} files"
    return Trial(row=row, found=found, said=said, seconds=time.monotonic() - began)
