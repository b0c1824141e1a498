"""Hostile git repositories (T32, T33): what they hold, what they are configured to run, and servers that misbehave.

Each leaves the file `ran` beside itself when any of its commands is run on this machine.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.images.hostile.archives import CONTAINED, GOOD
from tests.images.hostile.server import git

ANY = "any refusal"
_TOLD = (
    *("core.fsmonitor", "core.sshCommand", "core.pager", "core.alternateRefsCommand", "credential.helper"),
    *("diff.external", "diff.x.textconv", "filter.x.clean", "filter.x.smudge", "filter.x.process"),
    *("uploadpack.packObjectsHook", "include.path"),
)
_HOOKS = ("post-checkout", "pre-auto-gc", "reference-transaction", "post-update", "fsmonitor-watchman")
_WHO = b"x <x@x> 1500000000 +0000"
Rows = Sequence[tuple[str, bytes, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostileRepository:
    """`make` fills a bare repository; `rule` is what refuses it, "" a plain error, or it is `contained`.

    `served` ones are fetched over http, the others read from their folder at main.
    """

    make: Callable[[Path], None]
    rule: str
    served: bool = True


def _object(folder: Path, kind: str, data: bytes) -> str:
    return git("hash-object", "-w", "--literally", "-t", kind, "--stdin", cwd=folder, data=data)


def _tree(folder: Path, rows: Rows) -> str:
    body = b"".join(mode.encode() + b" " + name + b"\0" + bytes.fromhex(found) for mode, name, found in rows)
    return _object(folder, "tree", body)


def _commit(folder: Path, tree: str) -> None:
    data = b"tree %s\nauthor %s\ncommitter %s\n\nx\n" % (tree.encode(), _WHO, _WHO)
    git("update-ref", "refs/heads/main", _object(folder, "commit", data), cwd=folder)


def _good_rows(folder: Path) -> list[tuple[str, bytes, str]]:
    return [("100644", name.encode(), _object(folder, "blob", data)) for name, data in sorted(GOOD.items())]


def _with(*more: tuple[str, bytes, bytes]) -> Callable[[Path], None]:
    """Return a maker of the good project's commit with more entries: mode, name, content."""

    def make(folder: Path) -> None:
        rows = [*_good_rows(folder), *((mode, name, _object(folder, "blob", data)) for mode, name, data in more)]
        _commit(folder, _tree(folder, sorted(rows, key=lambda row: row[1])))

    return make


def _nested(name: bytes, content: bytes) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        inner = _tree(folder, [("100644", b"config", _object(folder, "blob", content))])
        _commit(folder, _tree(folder, sorted([*_good_rows(folder), ("40000", name, inner)], key=lambda row: row[1])))

    return make


def _configured(folder: Path) -> None:
    """Configure all that git can be told to run, with hooks of every kind, alternates' commands and includes."""
    attributes = b"* filter=x diff=x merge=x working-tree-encoding=UTF-16\n"
    _with(("100644", b".gitattributes", attributes), ("100644", b".lfsconfig", b"[lfs]\nurl = file:///etc\n"))(folder)
    for name, value in _settings(folder).items():
        git("config", name, value, cwd=folder)
    for hook in _HOOKS:
        _hook(folder, hook)


def _settings(folder: Path) -> dict[str, str]:
    run = f"touch {folder.parent}/ran"
    return {
        "core.fsmonitor": run,
        "core.sshCommand": run,
        "core.pager": run,
        "core.editor": run,
        "core.askPass": run,
        "core.alternateRefsCommand": run,
        "core.gitProxy": run,
        "credential.helper": f"!{run}",
        "diff.external": run,
        "diff.x.command": run,
        "diff.x.textconv": run,
        "filter.x.clean": run,
        "filter.x.smudge": run,
        "filter.x.process": run,
        "gpg.program": run,
        "merge.x.driver": run,
        "uploadpack.packObjectsHook": run,
        "include.path": f"{folder}/more",
        "protocol.ext.allow": "always",
    }


def _hook(folder: Path, name: str) -> None:
    (folder / "hooks").mkdir(exist_ok=True)
    path = folder / "hooks" / name
    path.write_text(f"#!/bin/sh\ntouch {folder.parent}/ran\n")
    path.chmod(0o755)


def _told_by(*names: str) -> Callable[[Path], None]:
    """Return a maker of a repository that these settings alone tell to run something."""

    def make(folder: Path) -> None:
        attributes = b"* filter=x diff=x merge=x\n"
        _with(("100644", b".gitattributes", attributes))(folder)
        for name in names:
            git("config", name, _settings(folder)[name], cwd=folder)

    return make


def _hooked(name: str) -> Callable[[Path], None]:
    """Return a maker of a repository with one hook."""

    def make(folder: Path) -> None:
        _with()(folder)
        _hook(folder, name)

    return make


def _nested_bare(folder: Path) -> None:
    """Hold a whole bare repository whose configuration runs a command, among ordinary files."""
    config = b"[core]\n\tbare = true\n\tfsmonitor = touch ran\n\tworktree = .\n"
    head = _object(folder, "blob", b"ref: refs/heads/main\n")
    keep = _object(folder, "blob", b"")
    inner = _tree(
        folder,
        [
            ("100644", b"HEAD", head),
            ("100644", b"config", _object(folder, "blob", config)),
            ("40000", b"objects", _tree(folder, [("100644", b"x", keep)])),
            ("40000", b"refs", _tree(folder, [("100644", b"x", keep)])),
        ],
    )
    _commit(folder, _tree(folder, sorted([*_good_rows(folder), ("40000", b"inner", inner)], key=lambda row: row[1])))


def _bomb(leaf: Callable[[Path], Rows], levels: int = 10) -> Callable[[Path], None]:
    """Return a maker of a tree of 10 folders in each of 10 folders, `levels` deep, in a few objects of 300 bytes."""

    def make(folder: Path) -> None:
        tree = _tree(folder, leaf(folder))
        for _ in range(levels):
            tree = _tree(folder, [("40000", b"d%d" % number, tree) for number in range(10)])
        _commit(folder, tree)

    return make


def _one_file(folder: Path) -> Rows:
    return [("100644", b"f.py", _object(folder, "blob", b"x"))]


def _deep(folder: Path) -> None:
    tree = _tree(folder, _one_file(folder))
    for _ in range(400):
        tree = _tree(folder, [("40000", b"d", tree)])
    _commit(folder, tree)


def _large(folder: Path) -> None:
    blob = _object(folder, "blob", bytes(60_000_000))
    _commit(folder, _tree(folder, [("100644", b"f%d" % number, blob) for number in range(10)]))


def _case_clash(folder: Path) -> None:
    _with(("100644", b"A.py", b"a = 1\n"), ("100644", b"a.py", b"a = 2\n"))(folder)


def _tree_as_branch(folder: Path) -> None:
    """Have a branch lead to a tree, as a tag may."""
    (folder / "refs" / "heads").mkdir(exist_ok=True)
    (folder / "refs" / "heads" / "main").write_text(_tree(folder, _good_rows(folder)) + "\n")


def _submodule(folder: Path) -> None:
    modules = b'[submodule "x"]\n\tpath = x\n\turl = https://example.org/x.git\n'
    rows = [*_good_rows(folder), ("100644", b".gitmodules", _object(folder, "blob", modules))]
    _commit(folder, _tree(folder, sorted([*rows, ("160000", b"x", "1" * 40)], key=lambda row: row[1])))


def _damaged(folder: Path) -> None:
    """Put other bytes, well packed, in the place of an object."""
    _with()(folder)
    honest = hashlib.sha1(b"blob %d\0" % len(GOOD["good.py"]) + GOOD["good.py"]).hexdigest()
    other = _object(folder, "blob", GOOD["good.py"].replace(b"2", b"3"))
    place = folder / "objects" / honest[:2] / honest[2:]
    place.unlink()
    place.write_bytes((folder / "objects" / other[:2] / other[2:]).read_bytes())


def _missing(folder: Path) -> None:
    _with()(folder)
    honest = hashlib.sha1(b"blob %d\0" % len(GOOD["good.py"]) + GOOD["good.py"]).hexdigest()
    (folder / "objects" / honest[:2] / honest[2:]).unlink()


def _borrowing(folder: Path) -> None:
    other = folder.parent / "other.git"
    git("init", "-q", "--bare", "-b", "main", str(other))
    _with()(other)
    (folder / "objects" / "info" / "alternates").write_text(f"{other}/objects\n")
    (folder / "refs" / "heads" / "main").write_text((other / "refs" / "heads" / "main").read_text())


def _linked_objects(folder: Path) -> None:
    other = folder.parent / "linked.git"
    git("init", "-q", "--bare", "-b", "main", str(other))
    _with()(other)
    for path in (other / "objects").iterdir():
        if len(path.name) == 2:
            (folder / "objects" / path.name).symlink_to(path)
    (folder / "refs" / "heads" / "main").write_text((other / "refs" / "heads" / "main").read_text())


def _waiting_head(folder: Path) -> None:
    (folder / "refs" / "heads").mkdir(exist_ok=True)
    os.mkfifo(folder / "refs" / "heads" / "main")


def _circular_head(folder: Path) -> None:
    for one, other in (("main", "b"), ("b", "main")):
        (folder / "refs" / "heads" / one).write_text(f"ref: refs/heads/{other}\n")


def _foreign_head(folder: Path) -> None:
    (folder / "refs" / "heads" / "main").symlink_to("/etc/hostname")


_LINKS = (
    ("120000", b"passwd", b"/etc/passwd"),
    ("120000", b"up", b"../../../etc/shadow"),
    ("120000", b"ring", b"ring"),
)
_EVIL_URL = b'[submodule "x"]\n\tpath = x\n\turl = --upload-pack=touch ran\n'
_UPWARDS = b'[submodule "../../x"]\n\tpath = x\n\turl = https://example.org/x\n'


def _link_farm(folder: Path) -> None:
    target = _object(folder, "blob", b"/etc/passwd")
    _commit(folder, _tree(folder, [("120000", b"l%06d" % number, target) for number in range(60_000)]))


REPOSITORIES: dict[str, HostileRepository] = {
    "all that git can be told to run": HostileRepository(make=_configured, rule=CONTAINED),
    "the same, read from its folder": HostileRepository(make=_configured, rule=CONTAINED, served=False),
    "nested bare repository": HostileRepository(make=_nested_bare, rule=CONTAINED),
    "nested bare repository, from its folder": HostileRepository(make=_nested_bare, rule=CONTAINED, served=False),
    "links to the host": HostileRepository(make=_with(*_LINKS), rule=CONTAINED),
    "names that clash by case": HostileRepository(make=_case_clash, rule=CONTAINED),
    "submodule": HostileRepository(make=_submodule, rule=CONTAINED),
    "submodule with an option as URL": HostileRepository(
        make=_with(("100644", b".gitmodules", _EVIL_URL)), rule="objects"
    ),
    "submodule with a name upwards": HostileRepository(
        make=_with(("100644", b".gitmodules", _UPWARDS)), rule="objects"
    ),
    ".gitmodules as a link": HostileRepository(make=_with(("120000", b".gitmodules", b"/etc/passwd")), rule="objects"),
    "a .git of its own": HostileRepository(make=_nested(b".git", b"[core]\n\tfsmonitor = id\n"), rule="objects"),
    "a .GIT of its own, from its folder": HostileRepository(make=_nested(b".GIT", b"x"), rule="name", served=False),
    "a name upwards": HostileRepository(make=_nested(b"..", b"x"), rule="objects"),
    "a name upwards, from its folder": HostileRepository(make=_nested(b"..", b"x"), rule="name", served=False),
    "a name with a slash": HostileRepository(make=_with(("100644", b"../x", b"x")), rule="objects"),
    "a name with control characters": HostileRepository(make=_with(("100644", b"x\x1b[2J", b"x")), rule="name"),
    "a name with a line break": HostileRepository(make=_with(("100644", b"x\ny", b"x")), rule="name"),
    "two entries of one name": HostileRepository(make=_with(("100644", b"good.py", b"x = 1\n")), rule="objects"),
    "10 billion files in 3 KB": HostileRepository(make=_bomb(_one_file), rule="entries"),
    "10 billion empty folders": HostileRepository(make=_bomb(lambda _: []), rule="entries"),
    "400 folders deep": HostileRepository(make=_deep, rule="path length"),
    "600 MB in 60 KB": HostileRepository(make=_large, rule="bytes"),
    "60,000 links": HostileRepository(make=_link_farm, rule="entries"),
    "an object with another's content": HostileRepository(make=_damaged, rule="", served=False),
    "a missing object": HostileRepository(make=_missing, rule="", served=False),
    "objects of another repository of the host": HostileRepository(make=_borrowing, rule="alternates", served=False),
    "links to another repository's objects": HostileRepository(make=_linked_objects, rule="link", served=False),
    "a fifo as branch": HostileRepository(make=_waiting_head, rule="", served=False),
    "branches in a ring": HostileRepository(make=_circular_head, rule="", served=False),
    "a branch that is a link to the host": HostileRepository(make=_foreign_head, rule="", served=False),
    "a branch that leads to a tree": HostileRepository(make=_tree_as_branch, rule="", served=False),
    "a commit without its tree": HostileRepository(
        make=lambda folder: _commit(folder, "1" * 40), rule="", served=False
    ),
    "names that are one in another form": HostileRepository(
        make=_with(("100644", b"e\xcc\x81.py", b"a = 1\n"), ("100644", b"\xc3\xa9.py", b"a = 2\n")), rule=CONTAINED
    ),
    **{
        f"git is told to run by {name}": HostileRepository(make=_told_by(name), rule=CONTAINED, served=False)
        for name in _TOLD
    },
    **{
        f"git is told to run by the hook {name}": HostileRepository(make=_hooked(name), rule=CONTAINED, served=False)
        for name in _HOOKS
    },
}

# What the server's path names, and what is expected of it.
SERVERS = {
    "redirect to the metadata service": ("to-metadata", "private address"),
    "redirect into the network": ("to-network", "private address"),
    "redirect to a file": ("to-file", "address"),
    "redirect with a password": ("to-user", "address"),
    "redirect to a page": ("to-page", "redirect"),
    "redirect in a ring": ("to-itself", "redirect"),
    "asks for a login": ("login", ""),
    "speaks rubbish": ("rubbish", ""),
    "never answers": ("silent", ""),
    "names refs without end": ("endless", ANY),
}


def make_repository(name: str, folder: Path) -> Path:
    """Make the bare repository of this name below `folder`, in a folder of its own; return its path."""
    place = folder / hashlib.sha256(name.encode()).hexdigest()[:12] / "r.git"
    place.parent.mkdir(parents=True)
    git("init", "-q", "--bare", "-b", "main", str(place))
    REPOSITORIES[name].make(place)
    return place
