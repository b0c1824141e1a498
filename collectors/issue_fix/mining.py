"""Mining: one change of a history becomes tasks, tried in a container of its image; what is refused keeps its reason."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from collectors.issue_fix.bench import Bench, Outcomes
from collectors.issue_fix.pieces import Piece, pieces_of, taken_back
from collectors.issue_fix.search import Fix, Wanted, find_fixes
from collectors.issue_fix.settings import IssueFixSettings
from collectors.issue_fix.sides import Sides
from collectors.line_coverage import map_coverage
from collectors.patches import diff_of
from collectors.task import Place, Task
from images.base_image import COVERAGE_FOLDER
from images.container import Container
from images.health import TestOutcome
from images.source_tree import is_test_name
from trajectories.trajectory import content_id

OPERATOR = "issue-fix"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of a history and the image that it is tried in.

    Of a release the image has the source after it and the tests from before it (`whole` is false: a task takes a part of
    the change back). Of a commit it has the files before it, and the task is the whole change. `passing` are the tests
    that pass in the image as it is.
    """

    repository: str
    split: str
    image: str
    source_digest: str
    name: str
    whole: bool
    sides: Sides
    passing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mined:
    """A task without its goal, or a candidate that was refused, and how a test of it failed in its state."""

    task: Task
    failure: TestOutcome | None = None


@dataclass(slots=True, kw_only=True)
class _Seen:
    """What the runs of a change say: the tests that pass after it, and those of them that pass before it too and stay."""

    passing: frozenset[str]
    staying: frozenset[str]

    @property
    def failing(self) -> frozenset[str]:
        """Return the tests that pass after the change alone."""
        return self.passing - self.staying


class Miner:
    """Tries one change in an open container of its image, which is changed by it; `package` is where coverage.py lies there."""

    def __init__(
        self, container: Container, change: Change, settings: IssueFixSettings, *, package: str = COVERAGE_FOLDER
    ) -> None:
        self._container = container
        self._package = package
        self._change = change
        self._settings = settings
        self._files = sorted(path for path in change.sides.hidden if path.endswith(".py") and is_test_name(path))

    def mine(self) -> list[Mined]:
        """Return the tasks of the change and the refused candidates."""
        change = self._change
        if not change.sides.after or not self._files:
            what = "source" if not change.sides.after else "test module"
            return [self._refused({}, f"it changes no {what}")]
        pieces = [
            p for path, after in change.sides.after.items() for p in pieces_of(path, change.sides.before[path], after)
        ]
        if not pieces:
            return [self._refused({}, "it changes no behaviour of the source")]
        if change.whole and (reason := _too_large(change.sides, self._settings.lines)):
            return [self._refused({}, reason)]
        before = self._before_old_tests()
        bench = Bench(self._container, change.sides, change.sides.hidden, seconds=self._settings.test_seconds)
        seen = self._look(bench, before)
        if not seen.failing:
            return [self._refused({}, "no new or changed test fails before the change and passes after it")]
        if change.whole:
            fixes = [Fix(pieces=tuple(pieces), tests=tuple(sorted(seen.failing)))]
        else:
            fixes = self._fixes(bench, pieces, seen)
        return self._tasks(bench, fixes, seen)

    def _before_old_tests(self) -> frozenset[str]:
        """Return the tests from before the change that pass with the source from before it."""
        if self._change.whole:
            return frozenset(self._change.passing)
        changed = [test for test in self._change.passing if test.split("::", 1)[0] in self._change.sides.hidden]
        bench = Bench(self._container, self._change.sides, {}, seconds=self._settings.test_seconds)
        return bench.run(self._change.sides.before, ids=changed).passed if changed else frozenset()

    def _look(self, bench: Bench, before: frozenset[str]) -> _Seen:
        elsewhere = {test for test in self._change.passing if test.split("::", 1)[0] not in self._change.sides.hidden}
        # What passes in the image, tried there several times, is not tried again with the same source.
        tried = elsewhere if self._change.whole else set()
        files = {test.split("::", 1)[0] for test in elsewhere}
        old = bench.run(self._change.sides.before, files=sorted({*self._files, *files}))
        again = sorted({*self._files, *(test.split("::", 1)[0] for test in tried)})
        once, twice = bench.run({}, files=again), bench.run({}, files=again)
        passing = (once.passed & twice.passed) | (elsewhere - tried)
        # A test of the same name that passed before, and is changed so that it fails, is wanted; one that is only not
        # collected, since its module asks for something new, stays.
        return _Seen(passing=passing, staying=passing & (old.passed | (before - old.failed.keys())))

    def _fixes(self, bench: Bench, pieces: Sequence[Piece], seen: _Seen) -> list[Fix]:
        tests = sorted(seen.passing)
        reach: dict[str, set[tuple[str, str]]] = {test: set() for test in tests}
        seconds = 2 * self._settings.test_seconds
        bench.show({})
        found = map_coverage(self._container, tests, self._change.sides.after, package=self._package, timeout_s=seconds)
        for reached in found:
            name = reached.function.name.partition(".<locals>")[0]
            reach.setdefault(reached.test, set()).add((reached.function.path, name))
        wanted = Wanted(
            failing=tuple(sorted(seen.failing)),
            staying=tuple(sorted(seen.staying)),
            reach={test: frozenset(places) for test, places in reach.items()},
        )
        matter = [piece for piece in pieces if wanted.concerned(wanted.failing, [piece])]
        matter.sort(key=lambda piece: not piece.function)
        runs = self._settings.runs
        return find_fixes(bench, self._change.sides.after, matter[: self._settings.pieces], wanted, runs=runs)

    def _tasks(self, bench: Bench, fixes: Sequence[Fix], seen: _Seen) -> list[Mined]:
        found: list[Mined] = []
        if not fixes:
            return [self._refused({}, f"no part of the change alone makes one of {len(seen.failing)} tests fail")]
        for fix in fixes:
            if sum(mined.task.status == "valid" for mined in found) >= self._settings.tasks:
                break
            found.append(self._task(bench, fix, seen))
        return found

    def _task(self, bench: Bench, fix: Fix, seen: _Seen) -> Mined:
        sides = self._change.sides
        state = sides.before if self._change.whole else taken_back(sides.after, fix.pieces)
        if fix.reason:
            return self._refused(state, fix.reason, pieces=fix.pieces)
        runs = [bench.run(state, ids=sorted(seen.passing)) for _ in range(2)]
        failing, reason = _failing(runs, seen)
        made = self._refused(state, reason, pieces=fix.pieces)
        task = replace(
            made.task,
            fail_to_pass=tuple(sorted(failing)),
            pass_to_pass=tuple(sorted(seen.passing & runs[0].passed)),
            status="refused" if reason else "valid",
        )
        first = min(fix.tests, default="")
        failure = runs[0].failed.get(first) or next(iter(runs[0].failed.values()), None)
        return Mined(task=task, failure=failure)

    def _refused(self, state: Mapping[str, str], reason: str, *, pieces: Sequence[Piece] = ()) -> Mined:
        change = self._change
        solved = {path: change.sides.after[path] for path in state}
        image = {path: change.sides.before[path] for path in state} if change.whole else solved
        patch, oracle = diff_of(image, state), diff_of(state, solved)
        places = [
            Place(path=piece.path, function=piece.function, line_number=piece.line_number, operator=OPERATOR)
            for piece in pieces
        ]
        task = Task(
            id=content_id(OPERATOR, change.source_digest, change.name, patch, oracle, reason if not state else ""),
            kind=OPERATOR,
            repository=change.repository,
            split=change.split,
            image=change.image,
            places=tuple(places),
            patch=patch,
            oracle_patch=oracle,
            hidden_files=change.sides.hidden if state else {},
            fail_to_pass=(),
            pass_to_pass=(),
            goal="",
            gates={"change": change.name},
            status="refused",
            reason=reason,
        )
        return Mined(task=task)


def _failing(runs: Sequence[Outcomes], seen: _Seen) -> tuple[Collection[str], str]:
    """Return the tests that fail in a state, and why it is no task, empty when it is one."""
    failing = set(runs[0].failed) & seen.passing
    if any(not run.ended for run in runs):
        return failing, "the tests did not end"
    if set(runs[1].failed) != set(runs[0].failed) or runs[1].passed != runs[0].passed:
        return failing, "the tests do not end the same each time"
    if not failing:
        return failing, "no test fails in its state"
    lost = seen.staying - runs[0].passed
    if lost:
        return failing, f"{len(lost)} tests that pass before and after the change do not pass in its state"
    missing = seen.passing - runs[0].passed - failing
    if missing:
        return failing, f"{len(missing)} tests are not run in its state"
    return failing, ""


def _too_large(sides: Sides, lines: int) -> str:
    patch = diff_of(sides.before, sides.after).splitlines()
    changed = sum(line[:1] in "+-" and line[:3] not in ("+++", "---") for line in patch)
    return f"it changes {changed} lines of source, more than {lines}" if changed > lines else ""
