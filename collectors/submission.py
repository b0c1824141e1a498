"""Submission: what of an agent's work reaches the judge, as a patch of source files, and what the rest shows."""

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from collectors.admission import is_runner, is_shadow, why_refused
from collectors.patches import diff_of
from collectors.task import Task
from images.container import Container
from images.errors import EngineError
from images.health import files_of_ids

_LISTING = """
import hashlib, json, os, sys
found = {}
for folder, folders, names in os.walk("."):
    if folder == ".":
        folders[:] = [name for name in folders if name != ".git"]
    folders[:] = [name for name in folders if name != "__pycache__"]
    for name in names:
        path = os.path.join(folder, name)
        if os.path.islink(path):
            found[path[2:]] = "-> " + os.readlink(path)
        elif os.path.isfile(path):
            try:
                with open(path, "rb") as handle:
                    found[path[2:]] = hashlib.sha1(handle.read()).hexdigest()
            except OSError:
                found[path[2:]] = "unreadable"
with open(sys.argv[1], "w") as listing:
    json.dump(found, listing)
"""
# A file and not the output, which is cut where it is long.
_LISTED = "/opt/worldline/submission/listing.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """`patch` leads from the task's state to the agent's, of the files that count; `left_out` says of others why not.

    `flags` name what in the others shows an attempt at the tests or at what runs them.
    """

    patch: str
    left_out: dict[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The files of a container, as digests by path, and the texts of the task's test files, before the agent's first step."""

    files: Mapping[str, str]
    tests: Mapping[str, bytes]


def take_snapshot(container: Container, task: Task) -> Snapshot:
    """Return what the agent's work is compared with."""
    tests = files_of_ids([*task.fail_to_pass, *task.pass_to_pass])
    return Snapshot(files=list_files(container), tests=container.get(tests))


def list_files(container: Container) -> dict[str, str]:
    """Return the digest of each file below the root, or where a link leads; `.git` and byte-code are left out."""
    container.put({_LISTED: b""})
    done = container.run([container.python, "-I", "-S", "-c", _LISTING, _LISTED])
    try:
        listed = json.loads(container.get([_LISTED]).get(_LISTED, b""))
    except ValueError as error:
        raise EngineError(f"the files of a container could not be listed: {done.shown[-200:]!r}") from error
    return {str(path): str(digest) for path, digest in listed.items()}


def collect_submission(container: Container, task: Task, sources: Mapping[str, str], snapshot: Snapshot) -> Submission:
    """Return what the agent made of the state of which the snapshot was taken; a removed source file stays as it was."""
    start = {**sources, **task.start(sources)}
    old, now = snapshot.files, list_files(container)
    changed = sorted(path for path in {*old, *now} if old.get(path) != now.get(path))
    refused = {path: _refusal(path, start, now.get(path, "")) for path in changed}
    wanted = [path for path in changed if not refused[path]]
    tests = [path for path in snapshot.tests if path in changed and not now.get(path, "-> ").startswith("-> ")]
    texts = container.get([*wanted, *tests])
    refused |= {path: "not UTF-8" for path in wanted if not _is_text(texts.get(path, b""))}
    left_out = {path: why for path, why in refused.items() if why}
    flags = {flag for path in left_out for flag in _flags(path, start, now.get(path, ""))}
    if any(_weakened(data, texts.get(path, b"")) for path, data in snapshot.tests.items() if path in changed):
        flags.add("tests")
    kept = {path: texts[path].decode() for path, why in refused.items() if not why}
    return Submission(patch=diff_of(start, kept), left_out=left_out, flags=tuple(sorted(flags)))


def _refusal(path: str, sources: Mapping[str, str], digest: str) -> str:
    """Return why a changed file does not reach the judge, whatever it holds, or nothing."""
    if not digest or digest.startswith("-> "):
        return "a link" if digest else "removed"
    if digest == "unreadable":
        return digest
    return why_refused(path, sources)


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _flags(path: str, sources: Mapping[str, str], digest: str) -> list[str]:
    """Return what a file that does not reach the judge shows."""
    if is_runner(path):
        return ["runner"]
    if digest.startswith("-> "):
        return ["link"]
    return ["shadow"] if digest and is_shadow(path, sources) else []


def _weakened(old: bytes, new: bytes) -> bool:
    """Say whether a test file has lost or changed a statement, or got other new ones than functions, classes, imports."""
    try:
        before, after = ([ast.dump(node) for node in ast.parse(text).body] for text in (old, new))
        added = [node for node in ast.parse(new).body if ast.dump(node) not in before]
    except (SyntaxError, ValueError):
        return old != new
    names = [getattr(node, "name", "") for node in ast.parse(new).body]
    twice = any(names.count(name) > 1 for node in added if (name := getattr(node, "name", "")))
    plain = all(isinstance(n, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom) for n in added)
    return twice or not plain or [node for node in after if node in before] != before
