"""Actions: what a policy's message asks for, and how each tool is carried out in a container.

A message holds a thought and one call, in the form that CWM uses:  <tool: NAME> newline, body, newline </tool>.
"""

import re
from dataclasses import dataclass

from collectors.ship import read_lines, run_with_guest
from images.base_image import COVERAGE_FOLDER
from images.container import Container
from images.health import TestRun, TestSelection, run_tests
from images.shell import Shell

_CALL = re.compile(r"(?P<thought>.*?)<tool: (?P<tool>\w+)>\n(?P<body>.*?)\n?</tool>\s*", re.DOTALL)
_EDIT = re.compile(r"(?P<path>[^\n]+)\n<<<<<<< SEARCH\n(?P<old>.*?\n)=======\n(?P<new>.*?)>>>>>>> REPLACE", re.DOTALL)
_SHOWN = 16_000
_COMMAND_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One call of a tool: `bash`, `view`, `edit`, `create`, `test`, `spectrum` or `submit`."""

    thought: str
    tool: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What the policy sees of an action's result."""

    text: str
    exit_code: int | None = None


def format_call(thought: str, tool: str, body: str) -> str:
    """Return the message that `parse_action` reads."""
    return f"{thought}\n<tool: {tool}>\n{body}\n</tool>"


def format_edit(path: str, old: str, new: str) -> str:
    """Return the body of an edit that replaces the whole lines `old`."""
    return f"{path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE"


def parse_action(message: str) -> Action | None:
    """Return the message's call, or None when it has none or is not well formed."""
    call = _CALL.fullmatch(message)
    return Action(thought=call["thought"].strip(), tool=call["tool"], body=call["body"]) if call else None


def perform(container: Container, action: Action) -> Observation:
    """Carry out the action and return what the policy sees, cut in the middle when it is long."""
    tools = {"bash": _bash, "view": _view, "edit": _edit, "create": _create, "test": _test, "spectrum": _spectrum}
    if action.tool not in tools:
        return Observation(
            text=f"There is no tool {action.tool!r}: there are {', '.join(tools)} and submit.", exit_code=2
        )
    observation = tools[action.tool](container, action.body)
    text = observation.text
    if len(text) > _SHOWN:
        text = f"{text[: _SHOWN // 2]}\n[... {len(text) - _SHOWN} characters left out ...]\n{text[-_SHOWN // 2 :]}"
    return Observation(text=text, exit_code=observation.exit_code)


def _bash(container: Container, body: str) -> Observation:
    done = Shell(container).run(body, timeout_s=_COMMAND_SECONDS)
    late = f"\n[ended after {_COMMAND_SECONDS:.0f} s]" if done.timed_out else ""
    return Observation(text=done.text + late, exit_code=done.exit_code)


def _view(container: Container, body: str) -> Observation:
    words = body.split()
    data = container.get(words[:1]).get(words[0]) if words else None
    if data is None:
        return Observation(text=f"There is no file {body!r}.", exit_code=1)
    lines = data.decode("utf-8", "replace").splitlines()
    first, last = (
        (int(w) for w in words[1].split("-")) if re.fullmatch(r"\d+-\d+", " ".join(words[1:])) else (1, len(lines))
    )
    shown = [f"{number:5d}|{line}" for number, line in enumerate(lines, 1) if first <= number <= last]
    return Observation(text="\n".join(shown), exit_code=0)


def _edit(container: Container, body: str) -> Observation:
    edit = _EDIT.fullmatch(body.strip())
    if edit is None:
        return Observation(text="The edit was not understood: give a path, then one SEARCH/REPLACE block.", exit_code=2)
    path = edit["path"].strip()
    data = container.get([path]).get(path)
    if data is None:
        return Observation(text=f"There is no file {path!r}.", exit_code=1)
    text = data.decode("utf-8", "replace")
    places = [
        m.start() for m in re.finditer(re.escape(edit["old"]), text) if m.start() == 0 or text[m.start() - 1] == "\n"
    ]
    if len(places) != 1:
        return Observation(
            text=f"The searched lines stand {len(places)} times in {path}: exactly once is needed.", exit_code=1
        )
    changed = text[: places[0]] + edit["new"] + text[places[0] + len(edit["old"]) :]
    container.put({path: changed.encode()})
    return Observation(text=f"Edited {path}.", exit_code=0)


def _create(container: Container, body: str) -> Observation:
    path, _, content = body.partition("\n")
    if container.get([path.strip()]):
        return Observation(text=f"{path.strip()} exists already: use edit.", exit_code=1)
    container.put({path.strip(): (content + "\n").encode()})
    return Observation(text=f"Created {path.strip()}.", exit_code=0)


def _test(container: Container, body: str) -> Observation:
    ids = [line.strip() for line in body.splitlines() if line.strip()]
    named = [i for i in ids if "::" in i]
    selection = TestSelection(ids=named) if len(named) == len(ids) and ids else TestSelection(paths=ids)
    run = run_tests(container, selection, timeout_s=_COMMAND_SECONDS)
    return Observation(text=describe_run(run), exit_code=run.completed.exit_code)


def _spectrum(container: Container, body: str) -> Observation:
    files = [line.strip() for line in body.splitlines() if line.strip()]
    settings = {"root": container.root, "package": COVERAGE_FOLDER}
    chosen = TestSelection(paths=files)
    run, output = run_with_guest(
        container, "worldline_coverage_plugin", settings, chosen=chosen, timeout_s=_COMMAND_SECONDS
    )
    counts: dict[tuple[str, int], list[int]] = {}
    for kind, test, *fields in read_lines(output):
        by_file = fields[1] if kind == "lines" else {}
        failed = test in run.outcomes and run.outcomes[test].outcome != "passed"
        for file, numbers in by_file.items():
            for number in numbers:
                counts.setdefault((file.removeprefix(container.root + "/"), number), [0, 0])[not failed] += 1
    rows = [f"{path}:{line} failed={f} passed={p}" for (path, line), (f, p) in sorted(counts.items()) if f]
    return Observation(text="\n".join(rows) or "No test failed.", exit_code=run.completed.exit_code)


def describe_run(run: TestRun) -> str:
    """Return a line per test that did not pass, with the end of its message, and the counts."""
    if not run.complete:
        return f"The tests did not run to their end.\n{run.completed.text[-1500:]}"
    bad = [test for test in run.outcomes.values() if test.outcome in ("failed", "error")]
    lines = [f"{test.outcome.upper()} {test.id}" for test in bad]
    lines += [f"ERROR {where}\n{text[-500:]}" for where, text in run.collection_errors.items()]
    if bad:
        lines += ["", bad[0].message[-1200:]]
    return "\n".join([*lines, f"{len(run.ids('passed'))} passed, {len(bad)} failed"])
