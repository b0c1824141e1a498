"""Unpacking of release archives in memory by a loop of our own: no file of the host is touched.

Python's own `data` filter for tar files was bypassed more than once (CVE-2025-4517, -4330, -4138, CVE-2026-7774).
"""

import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from images.archive_stream import Budget, ForwardReader, open_tar_stream
from images.errors import BadSource, RefusedSource
from images.file_names import check_name, is_git_name
from images.links import Link, with_links
from images.plain_text import one_line
from images.source_tree import MAX_FILES, SourceTree

_PIECE = 1 << 16
_BROKEN = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, OSError, ValueError, RuntimeError, NotImplementedError, OverflowError, RecursionError),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """A file with its content, or a link with its target; the content of a folder is None."""

    name: str
    content: bytes | None = None
    link: Link | None = None
    runs: bool = False


def unpack(data: bytes, filename: str) -> SourceTree:
    """Return the files of a .tar, .tar.gz, .tar.bz2, .tar.xz or .zip source release without its top folder.

    Links to files of the archive become copies; what is named `.git` is left out. Raises `RefusedSource`, with the rule
    that was broken, for names or links that leave the folder, devices and fifos, two members of one name with different
    contents, more than `MAX_FILES` members, and contents that grow beyond bounds; `BadSource` for what is no archive.
    """
    budget = Budget(len(data))
    try:
        members = _zip_members(data, budget) if _is_zip(data) else _tar_members(open_tar_stream(data, budget))
        return _without_top_folder(*_collect(members))
    except RefusedSource as error:
        raise RefusedSource(error.rule, f"archive {one_line(filename)!r} was refused: {error}") from error
    except BadSource:
        raise
    except _BROKEN as error:
        said = one_line(str(error)) or type(error).__name__
        raise BadSource(f"archive {one_line(filename)!r} cannot be unpacked: {said}") from error


def _is_zip(data: bytes) -> bool:
    return data.startswith((b"PK\3\4", b"PK\5\6"))


def _collect(members: Iterator[_Member]) -> tuple[dict[str, bytes], dict[str, Link], set[str], int]:
    files: dict[str, bytes] = {}
    links: dict[str, Link] = {}
    executable, left_out = set(), 0
    for number, member in enumerate(members):
        if number >= MAX_FILES:
            raise RefusedSource("members", f"it has more than {MAX_FILES} members")
        if member.content is member.link is None and member.name in (".", "./"):
            continue
        if is_git_name(member.name):
            # html5lib 1.1 ships the .git file of a submodule: such are no reason to refuse a release, nor to take them.
            left_out += 1
            continue
        name = check_name(member.name)
        again = name in links or (name in files and files[name] != member.content)
        if again or (member.link and name in files):
            raise RefusedSource("duplicate name", f"two members have the name {one_line(name)!r}")
        if member.link:
            links[name] = member.link
        elif member.content is not None:
            files[name] = member.content
            if member.runs:
                executable.add(name)
    return files, links, executable, left_out


def _tar_members(stream: ForwardReader) -> Iterator[_Member]:
    with tarfile.open(fileobj=stream, mode="r:", errors="surrogateescape") as archive:
        for entry in archive:
            if entry.size < 0:
                raise RefusedSource("header", f"member {one_line(entry.name)!r} has a size below zero")
            if entry.isdir():
                yield _Member(name=entry.name)
            elif entry.issym() or entry.islnk():
                yield _Member(name=entry.name, link=Link(target=entry.linkname, from_top=entry.islnk()))
            elif entry.isreg() and not entry.issparse():
                yield _Member(name=entry.name, content=_tar_content(archive, entry), runs=bool(entry.mode & 0o100))
            else:
                what = f"member {one_line(entry.name)!r} is a device, a fifo or a sparse file"
                raise RefusedSource("special file", what)
    if any(stream.last):
        raise tarfile.ReadError("a header in the middle is damaged")


def _tar_content(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    handle = archive.extractfile(entry)
    assert handle is not None
    pieces, missing = [], entry.size
    while missing > 0:
        piece = handle.read(min(missing, _PIECE))
        if not piece:
            raise EOFError("the archive ends in the middle of a member")
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def _zip_members(data: bytes, budget: Budget) -> Iterator[_Member]:
    # The directory is read whole: count its entries first, by their signature, which may count some too many.
    if data.count(b"PK\1\2") > 4 * MAX_FILES:
        raise RefusedSource("members", f"it has more than {MAX_FILES} members")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            mode = entry.external_attr >> 16
            kind = mode & 0o170000
            if entry.is_dir():
                yield _Member(name=entry.filename)
                continue
            if kind not in (0, 0o100000, 0o120000):
                raise RefusedSource("special file", f"member {one_line(entry.filename)!r} is a device or a fifo")
            content = _zip_content(archive, entry, budget)
            if kind == 0o120000:
                yield _Member(name=entry.filename, link=Link(target=content.decode("utf-8", "surrogateescape")))
            else:
                yield _Member(name=entry.filename, content=content, runs=bool(mode & 0o100))


def _zip_content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: Budget) -> bytes:
    pieces = []
    with archive.open(entry) as handle:
        while piece := handle.read(_PIECE):
            budget.take(len(piece))
            pieces.append(piece)
    return b"".join(pieces)


def _without_top_folder(
    files: dict[str, bytes], links: dict[str, Link], executable: set[str], left_out: int
) -> SourceTree:
    files, outside, dangling = with_links(files, links)
    if outside:
        raise RefusedSource("link", f"the link {one_line(outside[0])!r} leads out of the archive")
    tops = {name.split("/", 1)[0] for name in files}
    if len(tops) == 1 and all("/" in name for name in files):
        cut = len(tops.pop()) + 1
        files = {name[cut:]: data for name, data in files.items()}
        executable = {name[cut:] for name in executable}
    return SourceTree(files=files, executable=frozenset(executable), skipped=left_out + dangling)
