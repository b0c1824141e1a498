"""Whole run: the tests of a suite one after the other, behind a test that kills its interpreter too."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

from images.container import Container
from images.health import TestOutcome, TestRun, TestSelection, run_tests

Start = Callable[[], AbstractContextManager[Container]]
_DEATHS = 5


def run_whole(start: Start, selection: TestSelection, *, timeout_s: float) -> TestRun:
    """Run the tests; after a run that dies go on behind the test that it died in, in a fresh container, five times at most.

    That test is failed. A test dies with its interpreter when it takes more memory than a container has, when C code
    crashes, or when it calls `os._exit`: without this a suite of thousands would count as failed from there on.
    """
    began = time.monotonic()
    with start() as container:
        whole = part = run_tests(container, selection, timeout_s=timeout_s)
    for _ in range(_DEATHS):
        # In the order of running: the first that has no outcome is the one that ran.
        lost = [test for test in whole.collected if test not in whole.outcomes]
        left = timeout_s - (time.monotonic() - began)
        if part.complete or part.completed.timed_out or not lost or left <= 0:
            break
        died = _died(lost[0], part)
        if not lost[1:]:
            return replace(whole, outcomes={**whole.outcomes, died.id: died}, complete=True)
        with start() as container:
            # The share is of the whole suite: of what is left alone it would say something else.
            part = run_tests(container, replace(selection, ids=lost[1:], share=None), timeout_s=left)
        whole = _joined(whole, part, died)
    return whole


def _died(test: str, run: TestRun) -> TestOutcome:
    message = f"the test run died in this test (exit code {run.completed.exit_code})"
    return TestOutcome(id=test, outcome="failed", seconds=0.0, message=message)


def _joined(whole: TestRun, part: TestRun, died: TestOutcome) -> TestRun:
    return replace(
        whole,
        outcomes={**whole.outcomes, died.id: died, **part.outcomes},
        complete=part.complete,
        stopped=part.stopped,
        completed=replace(whole.completed, timed_out=part.completed.timed_out),
    )
