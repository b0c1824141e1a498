"""Looks for lines of fixed code on the whole file system: in files, byte-code and archives that are not the tree itself.

It runs inside foreign images: standard library only, Python 3.8 and newer. Argument: a JSON file {"root", "lines",
"pairs", "modules", "tops"}; a pair is two lines that follow each other, blank ones left out. It prints a JSON object: "seen", by
needle the places, each [kind, path] with the kind `tracked`, `packages` or `other`; "byte-code", paths of compiled modules.
"""

import gzip
import json
import os
import subprocess
import sys
import tarfile
import zipfile

_SYSTEM = (
    "bin",
    "sbin",
    "share",
    "include",
    "libexec",
    "games",
    "lib/gcc",
    "lib/x86_64-linux-gnu",
    "lib/aarch64-linux-gnu",
)
_LEFT_OUT = ("/proc", "/sys", "/dev", "/etc", "/boot", "/.worldline", *("/usr/" + name for name in _SYSTEM))
_LARGEST = 8 << 20
_PLACES = 5


class Search:
    def __init__(self, asked):
        self.root = asked["root"]
        self.lines = {line.encode("utf-8", "surrogatepass") for line in asked["lines"]}
        self.pairs = {tuple(part.encode("utf-8", "surrogatepass") for part in pair) for pair in asked["pairs"]}
        self.firsts = {first for first, _ in self.pairs}
        self.modules = set(asked["modules"])
        self.seen = {}
        self.byte_code = []

    def read(self, kind, path, data):
        before = b""
        for raw in data.split(b"\n"):
            line = raw.strip()
            if not line:
                continue
            if line in self.lines:
                self.note(line.decode("utf-8", "replace"), kind, path)
            if before in self.firsts and (before, line) in self.pairs:
                self.note(before.decode("utf-8", "replace") + "\n" + line.decode("utf-8", "replace"), kind, path)
            before = line

    def note(self, needle, kind, path):
        places = self.seen.setdefault(needle, [])
        if sum(place[0] == kind for place in places) < _PLACES and [kind, path] not in places:
            places.append([kind, path])

    def file(self, kind, path):
        stem = os.path.basename(path).split(".", 1)[0]
        if path.endswith((".pyc", ".pyo")):
            if stem in self.modules:
                self.byte_code.append(path)
            return
        try:
            if os.path.getsize(path) > _LARGEST or not os.path.isfile(path):
                return
            with open(path, "rb") as handle:
                data = handle.read()
        except OSError:
            return
        for name, inner in _members(path, data):
            self.read(kind, name, inner)


def _members(path, data):
    try:
        if data[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(path) as archive:
                for info in archive.infolist():
                    if info.file_size <= _LARGEST:
                        yield path + "!" + info.filename, archive.read(info)
        elif data[:2] == b"\x1f\x8b" and ".tar" in path or path.endswith((".tgz", ".tar", ".tar.bz2", ".tar.xz")):
            with tarfile.open(path) as archive:
                for member in archive:
                    if member.isfile() and member.size <= _LARGEST:
                        yield path + "!" + member.name, archive.extractfile(member).read()
        elif data[:2] == b"\x1f\x8b":
            yield path, gzip.decompress(data)[:_LARGEST]
        else:
            yield path, data
    except (OSError, ValueError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, tarfile.TarError):
        return


def _tracked(root):
    done = subprocess.run(["git", "-C", root, "ls-files", "-z"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return {os.path.join(root, os.fsdecode(name)) for name in done.stdout.split(b"\0") if name}


def _walk(top, left_out):
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in left_out]
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                yield path


def main(arguments):
    with open(arguments[0], encoding="utf-8") as handle:
        asked = json.load(handle)
    search = Search(asked)
    tracked = _tracked(search.root)
    own = os.path.dirname(os.path.abspath(arguments[0]))
    left_out = {os.path.join(search.root, ".git"), own, *_LEFT_OUT}
    for top in asked["tops"]:
        for path in _walk(top, left_out):
            inside = "site-packages" in path or "dist-packages" in path or path.startswith("/usr/")
            search.file("tracked" if path in tracked else "packages" if inside else "other", path)
    print(json.dumps({"seen": search.seen, "byte-code": search.byte_code}))


if __name__ == "__main__":
    main(sys.argv[1:])
