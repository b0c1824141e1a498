"""Leaks: where in an image the fix of a task can be read: files that are not the tree, archives, byte-code, git."""

import json
import secrets
from collections.abc import Mapping, Sequence
from importlib.resources import files

from collectors.errors import CollectorError
from collectors.gates.needles import Needles, needles_of
from collectors.task import Task
from images.container import Container
from images.health import GUEST

_SECONDS = 600


class LeakSearchError(CollectorError):
    """The search for fixed lines did not run to its end."""


def find_leaks(container: Container, tasks: Sequence[Task], sources: Mapping[str, str]) -> dict[str, list[str]]:
    """Return by task id the places that show its fix, for all tasks of a repository in one search of a clean container.

    A line or pair that stands in a tracked file beside those that the fix changes tells an agent nothing new, and is no
    needle. In other packages a single line is a coincidence, so only pairs count there.
    """
    needles = {task.id: needles_of(task, sources, container.root) for task in tasks}
    found = _search(container, list(needles.values()))
    compiled = [(path, _compiled_name(path)) for path in found["byte-code"]]
    leaks = {}
    for name, wanted in needles.items():
        places = _places(wanted, found["seen"]) | {path for path, key in compiled if key in wanted.modules}
        leaks[name] = sorted(places)
    return leaks


def tree_faults(container: Container) -> list[str]:
    """Return what is wrong with the history that a container shows: it must be one commit with exactly its own objects."""
    script = (files("collectors.gates") / "tree_check.sh").read_text()
    done = container.run(["sh", "-c", script], timeout_s=_SECONDS)
    return done.text.splitlines() or ([] if done.exit_code == 0 else [f"git ended with {done.exit_code}"])


def _search(container: Container, needles: Sequence[Needles]) -> dict[str, dict[str, list[tuple[str, str]]]]:
    folder = f"{GUEST}/runs/{secrets.token_hex(8)}"
    inside = getattr(container, "path_inside", str)
    asked = {
        "root": container.root,
        "lines": sorted({line for each in needles for line in each.lines}),
        "pairs": sorted({pair for each in needles for pair in each.pairs}),
        "modules": sorted({name.rpartition("/")[2] for each in needles for name in each.modules}),
        # A container that is a folder of this machine has no file system of its own.
        "tops": ["/"] if inside("/opt/worldline") == "/opt/worldline" else [container.root],
    }
    program = (files("collectors.guest") / "worldline_leaks.py").read_bytes()
    container.put({f"{folder}/leaks.py": program, f"{folder}/asked.json": json.dumps(asked).encode()})
    command = [container.python, f"{folder}/leaks.py", f"{folder}/asked.json"]
    done = container.run(command, timeout_s=_SECONDS)
    try:
        return dict(json.loads(done.output))
    except ValueError as error:
        raise LeakSearchError(f"the search for fixed lines gave no answer: {done.shown[-300:]!r}") from error


def _places(wanted: Needles, seen: Mapping[str, Sequence[Sequence[str]]]) -> set[str]:
    places: set[str] = set()
    for needle in [*wanted.lines, *("\n".join(pair) for pair in wanted.pairs)]:
        found = [(kind, path) for kind, path in seen.get(needle, ()) if path not in wanted.paths]
        if any(kind == "tracked" for kind, _ in found):
            continue
        is_pair = "\n" in needle
        places |= {path for kind, path in found if is_pair or kind == "other"}
    return places


def _compiled_name(path: str) -> str:
    parts = [part for part in path.split("/") if part != "__pycache__"]
    return f"{parts[-2]}/{parts[-1].split('.', 1)[0]}"
