"""The files of a commit, read object by object from a repository of ours, each checked against its own id."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO

from images.errors import BadSource, RefusedSource
from images.file_names import check_name
from images.git_process import Git
from images.links import Link, with_links
from images.source_tree import MAX_BYTES, MAX_FILES, SourceTree

_PIECE = 1 << 16
_LONGEST_RECORD = 8_192
_LONGEST_HEADER = 1 << 14
# Folders count too: 10 levels of 10 folders are a tree of 1 KB that holds no file.
_MOST_ENTRIES = 4 * MAX_FILES


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One line of a tree: `kind` is blob or commit, which is a submodule."""

    name: str
    mode: int
    kind: str
    id: str
    size: int


def commit_tree(git: Git, commit: str) -> SourceTree:
    """Return the files of the commit; links to files inside become copies, other links and submodules are skipped.

    Raises `RefusedSource` before any content is read for more than `MAX_FILES` files, `MAX_BYTES` bytes, or a name that
    could leave the tree.
    """
    entries = _bounded(_entries(git, commit))
    blobs = [entry for entry in entries if entry.kind == "blob"]
    contents = _contents(git, blobs)
    files = {e.name: contents[e.id] for e in blobs if e.mode != 0o120000}
    links = {
        e.name: Link(target=contents[e.id].decode("utf-8", "surrogateescape")) for e in blobs if e.mode == 0o120000
    }
    if len(files) + len(links) < len(blobs):
        raise RefusedSource("duplicate name", "the commit holds two files of one name")
    complete, outside, dangling = with_links(files, links)
    return SourceTree(
        files=complete,
        executable=frozenset(e.name for e in blobs if e.mode & 0o100 and e.name in files),
        skipped=len(outside) + dangling + len(entries) - len(blobs),
        dated=_date(git, commit),
    )


def _bounded(entries: Iterator[_Entry]) -> list[_Entry]:
    kept: list[_Entry] = []
    total = 0
    for entry in entries:
        kept.append(entry)
        total += entry.size
        if len(kept) > MAX_FILES or total > MAX_BYTES:
            rule = "bytes" if total > MAX_BYTES else "entries"
            raise RefusedSource(rule, f"the commit holds more than {MAX_FILES} files or {MAX_BYTES} bytes")
    return kept


def _entries(git: Git, commit: str) -> Iterator[_Entry]:
    with git.reading("ls-tree", "-r", "-t", "-z", "--long", "--full-tree", commit) as stream:
        for number, record in enumerate(_records(stream)):
            if number >= _MOST_ENTRIES:
                raise RefusedSource("entries", f"the commit holds more than {_MOST_ENTRIES} files and folders")
            fields, _, name = record.partition(b"\t")
            try:
                mode, kind, object_id, size = fields.decode("ascii").split()
                bytes_ = 0 if size == "-" else int(size)
            except ValueError as error:
                raise BadSource("a tree of the commit cannot be read: objects are missing or damaged") from error
            path = check_name(name.decode("utf-8", "surrogateescape"))
            if kind != "tree":
                yield _Entry(name=path, mode=int(mode, 8), kind=kind, id=object_id, size=bytes_)


def _records(stream: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while piece := stream.read(_PIECE):
        *records, rest = (rest + piece).split(b"\0")
        if len(rest) > _LONGEST_RECORD:
            raise RefusedSource("path length", f"a name in the commit is longer than {_LONGEST_RECORD} bytes")
        yield from records


def _contents(git: Git, entries: list[_Entry]) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    if not entries:
        return contents
    with git.asking("cat-file", "--batch") as (asked, answers):
        for entry in entries:
            if entry.id in contents:
                continue
            asked.write(f"{entry.id}\n".encode())
            asked.flush()
            said = answers.readline(200).split()
            if said[:2] != [entry.id.encode(), b"blob"] or int(said[2]) != entry.size:
                raise BadSource(f"the commit's object {entry.id} is missing or damaged")
            data = answers.read(entry.size)
            if answers.read(1) != b"\n" or _blob_id(data) != entry.id:
                raise BadSource(f"the commit's object {entry.id} does not hold what its id says")
            contents[entry.id] = data
    return contents


def _blob_id(data: bytes) -> str:
    # git's own object id, which is no protection by itself: the commit id is what the user or the server named.
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _date(git: Git, commit: str) -> datetime | None:
    with git.reading("cat-file", "commit", commit) as stream:
        header = stream.read(_LONGEST_HEADER).partition(b"\n\n")[0]
    for line in header.splitlines():
        if line.startswith(b"committer "):
            seconds = line.rsplit(b" ", 2)[-2:-1]
            try:
                return datetime.fromtimestamp(int(seconds[0]), UTC)
            except (ValueError, IndexError, OverflowError, OSError):
                return None
    return None
