"""Bench: the container in which a change is tried: states of the source are put into it, and the new tests run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collectors.issue_fix.sides import Sides
from images.container import Container
from images.health import TestOutcome, TestSelection, run_tests

FAILED = ("failed", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """How tests ended in one state: a test that is in neither was skipped, not collected or not reached."""

    passed: frozenset[str]
    failed: Mapping[str, TestOutcome]
    ended: bool


class Bench:
    """Runs tests in states of the source files that a change touches; `tests` are the files of its tests, put in at first.

    The state that a container is in is known, so that only what differs is written.
    """

    def __init__(self, container: Container, sides: Sides, tests: Mapping[str, str], *, seconds: float) -> None:
        self._container = container
        self._sides = sides
        self._seconds = seconds
        self._state: dict[str, str] = {}
        self.runs = 0
        container.put({path: text.encode() for path, text in tests.items()})

    def run(self, state: Mapping[str, str], *, ids: Sequence[str] | None = None, files: Sequence[str] = ()) -> Outcomes:
        """Run tests with the source after the change but for the texts in `state`."""
        self.show(state)
        self.runs += 1
        run = run_tests(self._container, TestSelection(ids=ids, paths=files), timeout_s=self._seconds)
        failed = {test.id: test for test in run.outcomes.values() if test.outcome in FAILED}
        return Outcomes(passed=frozenset(run.ids("passed")), failed=failed, ended=run.complete)

    def show(self, state: Mapping[str, str]) -> None:
        """Put the source after the change into the container but for the texts in `state`."""
        wanted = {**self._sides.after, **state}
        changed = {path: text.encode() for path, text in wanted.items() if self._state.get(path) != text}
        if changed:
            self._container.put(changed)
        self._state = wanted
