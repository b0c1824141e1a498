"""Run tools: bash, test and spectrum, each within a number of seconds."""

import re
from typing import Any

from collectors.actions import Observation
from collectors.ship import read_lines, run_with_guest
from images.base_image import COVERAGE_FOLDER
from images.container import Container
from images.health import TestRun, TestSelection, run_tests
from images.shell import Shell

_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,16}\b")


def bash(container: Container, body: str, seconds: float) -> Observation:
    """Run the body in the episode's shell; the exit code is shown where it is not 0."""
    done = Shell(container).run(body, timeout_s=seconds)
    text = done.text
    if done.timed_out:
        text = _with_line(text, f"[ended after {seconds:.0f} s]")
    elif done.out_of_memory:
        text = _with_line(text, f"[a process was ended for its memory; exit code {done.exit_code}]")
    elif done.exit_code:
        text = _with_line(text, f"[exit code {done.exit_code}]")
    return Observation(text=text, exit_code=done.exit_code, written=done.output_bytes)


def _with_line(text: str, line: str) -> str:
    return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{line}"


def test(container: Container, body: str, seconds: float) -> Observation:
    """Run pytest on ids or test files, one a line."""
    ids = [line.strip() for line in body.splitlines() if line.strip()]
    named = [i for i in ids if "::" in i]
    selection = TestSelection(ids=named) if len(named) == len(ids) and ids else TestSelection(paths=ids)
    run = run_tests(container, selection, timeout_s=seconds)
    return Observation(text=describe_run(run), exit_code=run.completed.exit_code, written=run.completed.output_bytes)


def spectrum(container: Container, body: str, seconds: float) -> Observation:
    """Show for each line that failing tests run how many failing and passing tests run it."""
    settings = {"root": container.root, "package": COVERAGE_FOLDER}
    chosen = TestSelection(paths=[line.strip() for line in body.splitlines() if line.strip()])
    run, output = run_with_guest(container, "worldline_coverage_plugin", settings, chosen=chosen, timeout_s=seconds)
    counts: dict[tuple[str, int], list[int]] = {}
    for test_id, file, numbers in _executed(output):
        failed = test_id in run.outcomes and run.outcomes[test_id].outcome != "passed"
        for number in numbers:
            counts.setdefault((file.removeprefix(container.root + "/"), number), [0, 0])[not failed] += 1
    rows = [f"{path}:{line} failed={f} passed={p}" for (path, line), (f, p) in sorted(counts.items()) if f]
    code = run.completed.exit_code
    return Observation(text="\n".join(rows) or "No test failed.", exit_code=code, written=run.completed.output_bytes)


def _executed(output: bytes) -> list[tuple[str, str, list[int]]]:
    """Return test, file and lines of each well-formed record: the agent's code runs where they are written."""
    found = []
    for record in read_lines(output):
        match record:
            case ["lines", str(test_id), _, {**by_file}, *_]:
                found += [(test_id, str(file), _numbers(numbers)) for file, numbers in by_file.items()]
    return found


def _numbers(value: Any) -> list[int]:
    return [number for number in value if isinstance(number, int)] if isinstance(value, list) else []


def describe_run(run: TestRun) -> str:
    """Return a line per test that did not pass, with the end of its message, and the counts.

    Addresses of objects are left out: they say nothing, and are others in each run (no address space is fixed inside).
    """
    return _ADDRESS.sub("0x...", _described(run))


def _described(run: TestRun) -> str:
    if not run.complete:
        return f"The tests did not run to their end.\n{run.completed.text[-1500:]}"
    bad = [test for test in run.outcomes.values() if test.outcome in ("failed", "error")]
    lines = [f"{test.outcome.upper()} {test.id}" for test in bad]
    lines += [f"ERROR {where}\n{text[-500:]}" for where, text in run.collection_errors.items()]
    if bad:
        lines += ["", bad[0].message[-1200:]]
    return "\n".join([*lines, f"{len(run.ids('passed'))} passed, {len(bad)} failed"])
