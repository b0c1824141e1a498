"""Hostile archives (T34): each is served by a package index as a release of its own, with a true digest."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable

CONTAINED = "contained"
GOOD = {
    "pyproject.toml": b'[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
    b'[project]\nname = "good"\nversion = "1"\n[tool.setuptools]\npy-modules = ["good"]\n',
    "good.py": b"def double(x):\n    return 2 * x\n",
    "test_good.py": b"from good import double\n\n\ndef test_double():\n    assert double(2) == 4\n",
}
Entry = tuple[tarfile.TarInfo, bytes]


def entry(name: str, data: bytes = b"", *, kind: bytes = tarfile.REGTYPE, link: str = "") -> Entry:
    """Return a member of a tar."""
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size = kind, link, len(data)
    return made, data


def tar(*entries: Entry, format: int = tarfile.GNU_FORMAT) -> bytes:
    """Return a tar of the good project's files and the entries."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as archive:
        for info, data in [*(entry(f"p-1/{name}", data) for name, data in GOOD.items()), *entries]:
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def zipped(*entries: tuple[zipfile.ZipInfo | str, bytes], packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip of the good project's files and the entries."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packed) as archive:
        for name, data in [*((f"p-1/{name}", data) for name, data in GOOD.items()), *entries]:
            archive.writestr(name, data)
    return buffer.getvalue()


def _mode(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def _header(info: tarfile.TarInfo, **changed: bytes) -> bytes:
    """Return a tar header whose fields were changed after the fact, with a true checksum."""
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    places = {"size": (124, 12)}
    for name, value in changed.items():
        start, length = places[name]
        block[start : start + length] = value.ljust(length, b"\0")
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def _with_header(block: bytes) -> bytes:
    # What follows stands before the end marker of two empty blocks.
    whole = tar()
    end = len(whole.rstrip(b"\0"))
    end += -end % 512
    return whole[:end] + block + bytes(1024)


def _many_members() -> bytes:
    packer = zlib.compressobj(1, wbits=31)
    thousand = tarfile.TarInfo("p-1/f").tobuf(tarfile.GNU_FORMAT) * 1000
    return b"".join(packer.compress(thousand) for _ in range(1000)) + packer.flush()


def _many_names_in_a_zip(number: int = 220_000) -> bytes:
    directory = struct.pack(
        "<4s4B4HL2L5H2L", b"PK\1\2", *(20, 0, 20, 0), *(0, 0, 0, 0), 0, *(0, 0), *(1, 0, 0, 0, 0), *(0, 0)
    )
    names = (directory + b"f") * number
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(names), 0, 0)
    return b"PK\3\4" + names + end


def _lying_zip() -> bytes:
    """Return a zip whose member unpacks to more than its directory says."""
    whole = bytearray(zipped(("p-1/big", bytes(1 << 20))))
    at = whole.rindex(b"PK\1\2")
    whole[at + 24 : at + 28] = struct.pack("<L", 10)
    return bytes(whole)


def _encrypted_zip() -> bytes:
    whole = bytearray(zipped())
    for sign, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = whole.index(sign)
        whole[at + place] |= 1
    return bytes(whole)


def _zeros(size: int, pack: Callable[[], "zlib._Compress | lzma.LZMACompressor | bz2.BZ2Compressor"]) -> bytes:
    packer, piece, parts = pack(), bytes(1 << 20), []
    head = _header(tarfile.TarInfo("p-1/zeros"), size=b"%011o" % size)
    parts.append(packer.compress(head))
    parts += [packer.compress(piece) for _ in range(size >> 20)]
    return b"".join(parts) + packer.flush()


def _wrong_xz() -> bytes:
    """Return an .xz whose dictionary alone would take a gigabyte of memory."""
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0}]
    whole = bytearray(lzma.compress(tar(), filters=filters))
    # Block header: size, flags, filter id, length of properties, dictionary size code, padding, checksum (XZ format, 3.1).
    size = (whole[12] + 1) * 4
    whole[12 + 4] = 39
    whole[12 + size - 4 : 12 + size] = struct.pack("<L", zlib.crc32(bytes(whole[12 : 12 + size - 4])))
    return bytes(whole)


LINK, HARD = tarfile.SYMTYPE, tarfile.LNKTYPE
# Name of the archive's maker, its file name's ending, the rule that refuses it ("" for an archive that is none, or contained).
ARCHIVES: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "traversal": (lambda: tar(entry("p-1/../../../tmp/out")), ".tar.gz", "name"),
    "absolute name": (lambda: tar(entry("/etc/worldline-out")), ".tar.gz", "name"),
    "traversal in a zip": (lambda: zipped(("../../out", b"x")), ".zip", "name"),
    "link to the host": (lambda: tar(entry("p-1/l", kind=LINK, link="/etc/passwd")), ".tar.gz", "link"),
    "link upwards": (lambda: tar(entry("p-1/l", kind=LINK, link="../../../etc/passwd")), ".tar.gz", "link"),
    "hard link to the host": (lambda: tar(entry("p-1/l", kind=HARD, link="/etc/shadow")), ".tar.gz", "link"),
    "link, then a file through it": (
        lambda: tar(entry("p-1/l", kind=LINK, link="/tmp"), entry("p-1/l/out", b"x")),
        ".tar.gz",
        "link",
    ),
    "link to a folder inside, then a file through it": (
        lambda: tar(entry("p-1/l", kind=LINK, link="sub"), entry("p-1/l/out", b"x")),
        ".tar.gz",
        "link",
    ),
    "link in a zip": (lambda: zipped((_mode("p-1/l", 0o120777), b"/etc/passwd")), ".zip", "link"),
    "device": (lambda: tar(entry("p-1/d", kind=tarfile.CHRTYPE)), ".tar.gz", "special file"),
    "block device": (lambda: tar(entry("p-1/d", kind=tarfile.BLKTYPE)), ".tar.gz", "special file"),
    "fifo": (lambda: tar(entry("p-1/f", kind=tarfile.FIFOTYPE)), ".tar.gz", "special file"),
    "fifo in a zip": (lambda: zipped((_mode("p-1/f", 0o010644), b"")), ".zip", "special file"),
    "two files of one name": (
        lambda: tar(entry("p-1/good.py", b"import os\n")),
        ".tar.gz",
        "duplicate name",
    ),
    "a file that is a folder too": (lambda: tar(entry("p-1/good.py/x", b"x")), ".tar.gz", "duplicate name"),
    "control characters": (lambda: tar(entry("p-1/\x1b[2Jx")), ".tar.gz", "name"),
    "a name read from right to left": (lambda: tar(entry("p-1/\u202eyp.exe")), ".tar.gz", "name"),
    "a .git of its own": (lambda: tar(entry("p-1/.git/config", b"[core]\nfsmonitor = id\n")), ".tar.gz", CONTAINED),
    "a .GIT of its own": (lambda: zipped(("p-1/.GIT/hooks/post-commit", b"id\n")), ".zip", CONTAINED),
    "long part of a name": (lambda: tar(entry("p-1/" + "a" * 300)), ".tar.gz", "path length"),
    "deep name": (lambda: tar(entry("p-1/" + "d/" * 300 + "x")), ".tar.gz", "path length"),
    "gzip bomb": (lambda: _zeros(1 << 28, lambda: zlib.compressobj(9, wbits=31)), ".tar.gz", "ratio"),
    "xz bomb": (lambda: _zeros(1 << 26, lzma.LZMACompressor), ".tar.xz", "ratio"),
    "bzip2 bomb": (lambda: _zeros(1 << 26, bz2.BZ2Compressor), ".tar.bz2", "ratio"),
    "zip bomb": (lambda: zipped(("p-1/zeros", bytes(1 << 26))), ".zip", "ratio"),
    "zip that lies about sizes": (_lying_zip, ".zip", ""),
    "a million members": (_many_members, ".tar.gz", "members"),
    "220,000 names in a zip": (_many_names_in_a_zip, ".zip", "members"),
    "size below zero": (
        lambda: _with_header(_header(tarfile.TarInfo("p-1/x"), size=b"\xff" * 10 + b"\xfc\0")),
        ".tar.gz",
        "header",
    ),
    "sparse file of 1 TB": (
        lambda: tar(entry("p-1/s", b"1\n0\n0\n".ljust(512, b"\0"), kind=tarfile.GNUTYPE_SPARSE)),
        ".tar.gz",
        "special file",
    ),
    "extended name of 2 GB": (
        lambda: _with_header(
            _header(entry("././@LongLink", kind=tarfile.GNUTYPE_LONGNAME)[0], size=b"%011o" % (1 << 31))
        ),
        ".tar.gz",
        "header",
    ),
    "xz with a dictionary of 3 GB": (_wrong_xz, ".tar.xz", ""),
    "damaged header in the middle": (lambda: _with_header(b"x" * 512), ".tar.gz", ""),
    "cut off": (lambda: gzip.compress(tar())[:-40], ".tar.gz", ""),
    "encrypted zip": (_encrypted_zip, ".zip", ""),
    "no archive": (lambda: b"\x1f\x8b rubbish", ".tar.gz", ""),
}
