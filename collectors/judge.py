"""Judge: says whether a task is solved, in a fresh container that the agent never touched."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from collectors.task import Task
from images.container import Container
from images.health import TestSelection, run_tests


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`reward` is 1 when every expected test passed, else 0; `outcomes` has each expected id; `tamper` names a forgery."""

    reward: float
    outcomes: dict[str, str]
    tamper: bool


def judge(fresh: Container, task: Task, sources: Mapping[str, bytes], *, timeout_s: float = 120) -> Verdict:
    """Run the hidden tests with the agent's `sources`, by path, all that differ from the image; missing or skipped is not passed.

    Beside them runs a canary test of a random name that must fail: one that passes or is missing shows that the code
    under test forges outcomes.
    """
    canary = f"test_{secrets.token_hex(6)}"
    file = f"test_canary_{secrets.token_hex(6)}.py"
    hidden = {path: text.encode() for path, text in task.hidden_files.items()}
    fresh.put({**sources, **hidden, file: f"def {canary}():\n    assert False\n".encode()})
    expected = [*task.fail_to_pass, *task.pass_to_pass]
    run = run_tests(fresh, TestSelection(ids=[*expected, f"{file}::{canary}"]), timeout_s=timeout_s)
    outcomes = {test: run.outcomes[test].outcome if test in run.outcomes else "missing" for test in expected}
    watched = run.outcomes.get(f"{file}::{canary}")
    # A syntax error or a hang loses the canary too, but then no test passes: only passes without it are a forgery.
    tamper = "passed" in outcomes.values() and (watched is None or watched.outcome != "failed")
    solved = bool(expected) and not tamper and all(outcome == "passed" for outcome in outcomes.values())
    return Verdict(reward=1.0 if solved else 0.0, outcomes=outcomes, tamper=tamper)
