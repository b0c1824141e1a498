"""Gold traces: the programs, what an interpreter's engine records of them in a readable form, and the texts that are right.

A text is a block of lines: how the function ended, then a frame a line: kind, depth, line number, source, and behind it the
locals that are not as in the last frame of the same scope (all of them where a call begins, `del` for one that is gone),
the value that is returned, or the exception.
"""

import base64
import json
import os
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from collectors.native_engine import FILE, native_for_interpreter
from collectors.source_context import SourceTexts
from collectors.tracing import decode
from tests.interpreters import interpreters
from trajectories.frame import Frame, FrameKind
from trajectories.trace_record import Trace
from trajectories.trace_table import traces_of

FOLDER = Path(__file__).parent
VERSIONS = tuple(f"3.{minor}" for minor in range(8, 14))
# Features that came with a later Python than the first.
_CAME_WITH = {"match_statements": 10, "exception_groups": 11}
_WIDTH = 46
Item = tuple[str, str]


def minor(version: str) -> int:
    """Return 11 for 3.11."""
    return int(version.removeprefix("3."))


def programs(version: str) -> list[Path]:
    """Return the program files that the version can run."""
    every = sorted((FOLDER / "programs").glob("*.py"))
    return [path for path in every if minor(version) >= _CAME_WITH.get(path.stem, 0)]


@cache
def engines(version: str) -> list[str]:
    """Return the engines that work on the interpreter of this version."""
    native = native_for_interpreter(interpreters()[version])
    return ["settrace", *(["monitoring"] if minor(version) >= 12 else []), *(["native"] if native else [])]


@cache
def recorded(version: str, engine: str) -> dict[Item, tuple[str, Trace]]:
    """Return what the engine records on this version: (feature, function) to the readable text and the trace."""
    python, paths = interpreters()[version], programs(version)
    native = native_for_interpreter(python) if engine == "native" else None
    command = [python, str(FOLDER / "record_programs.py"), str(files("collectors.guest"))]
    command += [str(native / FILE) if native else "", engine, *map(str, paths)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, env={**os.environ, "PYTHONHASHSEED": "0"}
    )
    assert done.returncode == 0, done.stderr[-2000:]
    made = {}
    for path, (functions, streams, broken) in zip(paths, json.loads(done.stdout), strict=True):
        texts = SourceTexts({str(path): path.read_text()}, root=str(path.parent))
        for stream in streams:
            columns = decode(base64.b64decode(stream), {name: name for name in functions}, texts)
            for head, (trace, outcome) in zip(columns.heads, traces_of(columns), strict=True):
                end = broken.get(head.id, outcome)
                made[path.stem, head.id] = ("\n".join([f"# {head.id}: {end}", *_lines(trace)]) + "\n", trace)
    return made


def _lines(trace: Trace) -> Iterator[str]:
    known: dict[int, dict[str, str]] = {}
    for frame in trace.frames:
        if frame.kind is FrameKind.CALL:
            known[frame.depth] = {}
        place = f"{frame.kind:<9} {frame.depth} {frame.line_number:>3}  {frame.source_line.rstrip():<{_WIDTH}}"
        yield f"{place}  {_news(frame, known.get(frame.depth, {}))}".rstrip()
        if frame.value is None:
            known[frame.depth] = frame.locals


def _news(frame: Frame, known: Mapping[str, str]) -> str:
    if frame.value is not None:
        return f"-> {frame.value}" if frame.kind is FrameKind.RETURN else f"!! {frame.value}"
    changed = [f"{name} = {text}" for name, text in frame.locals.items() if known.get(name) != text]
    return "; ".join([*changed, *(f"del {name}" for name in known if name not in frame.locals)])


def blocks(text: str) -> dict[str, str]:
    """Return function to block of a gold file."""
    parts = ["# " + part.rstrip("\n") + "\n" for part in ("\n" + text).split("\n# ")[1:]]
    return {part[2:].partition(":")[0]: part for part in parts}


@cache
def gold(version: str) -> dict[Item, str]:
    """Return the right text of every item on this version: from the file of all versions, or of a range that holds it."""
    found: dict[Item, str] = {}
    features = {path.stem for path in programs(version)}
    for path in sorted((FOLDER / "texts").glob("*.txt")):
        feature, _, span = path.stem.partition(".")
        first, _, last = span.partition("-")
        if feature in features and (not span or minor(first) <= minor(version) <= minor(last or first)):
            for function, text in blocks(path.read_text()).items():
                assert (feature, function) not in found, f"{feature}: {function} is in two files for {version}"
                found[feature, function] = text
    return found


@cache
def wrong() -> tuple[dict, ...]:
    """Return what wrong.toml says: each entry has a reason, a feature, functions, versions and engines."""
    return tuple(tomllib.loads((FOLDER / "wrong.toml").read_text()).get("wrong", ()))


def wrong_items(version: str, engine: str) -> set[Item]:
    """Return the items that are known to be wrong there."""
    here = [entry for entry in wrong() if version in entry["versions"] and engine in entry["engines"]]
    return {(entry["feature"], function) for entry in here for function in entry["functions"]}
