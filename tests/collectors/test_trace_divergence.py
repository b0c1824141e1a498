"""Runs on a buggy and a fixed tree are laid side by side: where they part, in what, and how far before the failure."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from collectors.actions import format_call, format_edit
from collectors.episode_trees import trees_of
from collectors.forager import EpisodeLimits, play
from collectors.line_places import LinePlaces
from collectors.patches import unified_diff
from collectors.policy import ScriptedPolicy
from collectors.task_divergence import Run, TaskTracer, record_of
from collectors.task_traces import TaskTraceSettings
from collectors.trace_divergence import Recording, diverge, failing_frame
from images.local_container import LocalContainer
from tests.collectors.test_forager import BUGGY, CLEAN, FIX, TASK
from tests.collectors.test_tracing import SOURCES, TESTS
from tests.conftest import sample_files
from trajectories.divergence_record import read_divergences
from trajectories.store import Store

FILES = {path: data.decode() for path, data in sample_files().items() if path.endswith(".py")}
SETTINGS = TaskTraceSettings()


def _frame(kind: str, depth: int, line: int, *, value: str | None = None, **changed: str | None) -> dict[str, Any]:
    named = [{"name": name, "text": text} for name, text in changed.items()]
    common = {"file": "m.py", "function": "f", "source_line": "", "changed": named, "value": value}
    return {"kind": kind, "depth": depth, "line_number": line, **common}


def _traced(container: LocalContainer, buggy: str) -> Run:
    task = replace(
        TASK, patch=unified_diff("ledger.py", CLEAN, buggy), oracle_patch=unified_diff("ledger.py", buggy, CLEAN)
    )
    (run,) = TaskTracer(container, FILES, SETTINGS).trace(task)
    return run


def test_a_task_parts_behind_its_planted_line_and_fails_later(local: LocalContainer) -> None:
    run = _traced(local, BUGGY)
    found = run.divergence
    assert (run.outcome, found.status, found.differs, found.on_path) == ("failed", "parted", "path", True)
    assert run.buggy.frames[found.reached]["source_line"] == "        if amount < best:\n"
    assert (found.parted, found.failing, found.distance) == (7, 12, 5)
    assert found.call is not None
    assert (found.call.function, found.call.arguments) == ("largest", {"entries": "[1, 7, 3]"})
    assert (found.call.actual, found.call.expected) == ("1", "7")
    assert local.get(["ledger.py"])["ledger.py"].decode() == CLEAN


@pytest.mark.parametrize(
    ("old", "new", "differs", "changed"),
    [
        ("best = entries[0]", "best = entries[1]", "state", [("best", "7", "1")]),
        ("return best", "return best + 1", "value", []),
        ("    best = entries[0]\n", "    best = entries[0]\n    unused = None\n", "path", []),
    ],
)
def test_they_part_in_path_state_or_value(
    local: LocalContainer, old: str, new: str, differs: str, changed: list[tuple[str, str, str]]
) -> None:
    found = _traced(local, CLEAN.replace(old, new)).divergence
    assert (found.status, found.differs, list(found.changed)) == ("parted", differs, changed)
    assert found.on_path


def test_lines_that_only_moved_are_the_same(local: LocalContainer) -> None:
    run = _traced(local, CLEAN.replace("def largest", "\n\n# Moved.\n\n\ndef largest"))
    assert (run.outcome, run.divergence.status, run.divergence.failing) == ("passed", "same", -1)


def test_what_two_runs_of_the_solution_do_not_have_alike_says_nothing() -> None:
    one = [_frame("call", 0, 1), _frame("line", 0, 2, x="5"), _frame("return", 0, 3, value="1")]
    other = [_frame("call", 0, 1), _frame("line", 0, 2, x="6"), _frame("return", 0, 3, value="1")]
    fixed = Recording(frames=one)
    assert diverge(Recording(frames=other), fixed, {}, again=Recording(frames=other)).status == "unsteady"
    assert diverge(Recording(frames=other), fixed, {}, again=fixed).status == "parted"


def test_cut_and_missing_recordings_are_named() -> None:
    frames = [_frame("call", 0, 1), _frame("line", 0, 2)]
    whole = Recording(frames=[*frames, _frame("return", 0, 2, value="1")])
    assert diverge(Recording(frames=frames, cut="events"), whole, {}).status == "cut"
    assert diverge(Recording(frames=frames), whole, {}).differs == "end"
    assert diverge(Recording(frames=()), whole, {}).status == "missing"


def test_addresses_do_not_count() -> None:
    one, other = (
        Recording(frames=[_frame("call", 0, 1, x=f"<object at {address}>")]) for address in ("0x7f0012ab", "0x7f99cd01")
    )
    assert diverge(one, other, {}).status == "same"


def test_the_failing_frame_is_where_the_error_that_ends_the_test_is_raised() -> None:
    caught = _frame("exception", 1, 9, value="KeyError: 1")
    raised = [_frame("exception", depth, 5, value="E") for depth in (2, 1, 0)]
    frames = [_frame("call", 0, 1), _frame("call", 1, 2), caught, _frame("call", 1, 3), _frame("call", 2, 4), *raised]
    assert failing_frame(frames) == 5
    assert failing_frame(frames[:3]) == -1


def test_lines_have_places_in_both_states() -> None:
    places = LinePlaces("a\nb\nc\nd\n", "a\nX\nc\nnew\nd\n")
    assert [places.buggy(n) == places.fixed(m) for n, m in ((1, 1), (2, 2), (3, 3), (4, 5), (4, 4))] == [True] * 4 + [
        False
    ]
    assert (places.changed_buggy, places.changed_fixed) == ({2}, {2, 4})


def test_each_edit_of_an_episode_is_joined_to_the_solution(local: LocalContainer, tmp_path: Path) -> None:
    wrong = format_edit("ledger.py", "    return best\n", "    return best + 6\n")
    back = format_edit("ledger.py", "    return best + 6\n", "    return best\n")
    replies = [format_call("", "edit", body) for body in (wrong, back, FIX)]
    episode = play(TASK, ScriptedPolicy(replies), lambda: LocalContainer(sample_files()), SOURCES, EpisodeLimits())
    planted = TASK.start(SOURCES)
    steps = list(trees_of(episode, {**SOURCES, **planted}))
    assert [step for step, _ in steps] == [0, 1, 2]
    tracer = TaskTracer(local, FILES, SETTINGS)
    states: list[Mapping[str, str]] = [{**planted, **texts} for _, texts in steps]
    runs = [run for (run,) in tracer.trace_states(TASK, states)]
    assert [(run.outcome, run.divergence.status) for run in runs] == [
        ("passed", "parted"), ("failed", "parted"), ("passed", "same")
    ]  # fmt: skip
    rows = [record_of(run, TASK, SETTINGS, episode="e", step=n).to_row() for n, run in enumerate(runs)]
    Store(tmp_path, "divergences").commit("e", rows)
    read = list(read_divergences(tmp_path, task_id=TASK.id))
    assert [record.to_row() for record in read] == rows
    # The first edit makes the call end alike by luck.
    assert (read[0].test, read[0].call) == (TESTS[1], None)
    assert read[1].call is not None
    assert (read[1].call["actual"], read[1].call["expected"]) == ("1", "7")
