"""Mutate-fix: plants bugs in functions that passing tests cover, and keeps those that make such tests fail."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from collectors.candidates import Bug, Candidates
from collectors.joined_bugs import joined_bugs
from collectors.screening import Screened, ScreenJob, ScreenSettings, screen
from collectors.task import Place, Task
from images.container import Container
from images.errors import ContainerLost
from images.health import TestRun
from trajectories.trajectory import content_id

Runs = tuple[TestRun, ...]
_BATCH = 24
# Of the tasks, at most this part has several places.
_ONE_IN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class MutateFixSettings:
    """How many bugs are tried and kept in one repository, how many of these may have several places, and what judges each.

    `tests` of those that run the place, the most specific ones, are run and become the task's; up to `more_tests` are run
    after them when none of these fails. `test_seconds` is the most that these may take.
    """

    candidates: int = 40
    tasks: int = 12
    joined: int = 2
    tests: int = 30
    more_tests: int = 200
    test_seconds: float = 30
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("candidates", 1), ("tasks", 1), ("joined", 0), ("tests", 1), ("more_tests", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be at least {least}")

    def stages(self, tests: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """Return the tests that are run at first, and those that are run when none of them fails."""
        first, more = tuple(tests[: self.tests]), tuple(tests[self.tests : self.tests + self.more_tests])
        return (first, more) if more else (first,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planting:
    """What every task of one repository shares."""

    repository: str
    split: str
    image: str
    source_digest: str


def plant_bugs(
    open_container: Callable[[], Container],
    candidates: Candidates,
    sources: Mapping[str, str],
    planting: Planting,
    settings: MutateFixSettings,
    *,
    progress: Callable[[Task], None] = lambda task: None,
) -> list[Task]:
    """Try candidates, and bugs of several places made of them, until enough are valid; return all, refused ones with their
    reason."""
    with _Screener(open_container, sources, settings) as screener:
        planter = _Planter(screener, candidates, planting, progress)
        several = min(settings.joined, settings.tasks // _ONE_IN)
        planter.plant_singles(settings.tasks - several)
        planter.plant_joined(several)
        planter.plant_singles(settings.tasks - len(planter.valid))
    return [task for _, task in planter.tried]


class _Planter:
    """Plants bugs and keeps what came of each that was tried."""

    def __init__(
        self, screener: "_Screener", candidates: Candidates, planting: Planting, progress: Callable[[Task], None]
    ) -> None:
        self._screener = screener
        self._candidates = candidates
        self._planting = planting
        self._progress = progress
        self.tried: list[tuple[Bug, Task]] = []

    @property
    def valid(self) -> list[tuple[Bug, Task]]:
        """Return the bugs that became tasks."""
        return [(bug, task) for bug, task in self.tried if task.status == "valid"]

    def plant_singles(self, wanted: int) -> None:
        """Try candidates until so many more are valid, or as many were tried as the settings allow."""
        while wanted > 0 and len(self.tried) < self._screener.settings.candidates:
            left = self._screener.settings.candidates - len(self.tried)
            bugs = self._candidates.take(min(_BATCH, left, 2 * wanted))
            if not bugs:
                return
            for bug, runs in self._screener.results(bugs):
                task = self._task(bug, runs)
                self._candidates.learn(bug, failed=task.status == "valid")
                # What is more than is wanted was tried for nothing, and teaches nevertheless.
                if wanted > 0:
                    self._keep(bug, task)
                    wanted -= task.status == "valid"

    def plant_joined(self, number: int) -> None:
        """Try so many bugs of several places, made of those that are valid."""
        settings = self._screener.settings
        bugs = joined_bugs(self.valid, self._screener.sources, number=number, seed=settings.seed)
        for bug, runs in self._screener.results(bugs) if bugs else ():
            self._keep(bug, self._task(bug, runs))

    def _task(self, bug: Bug, runs: Runs | None) -> Task:
        return _task(bug, runs, self._screener.sources, self._planting)

    def _keep(self, bug: Bug, task: Task) -> None:
        self.tried.append((bug, task))
        self._progress(task)


class _Screener:
    """Screens bugs in a container that is opened anew when something in it has come to differ from the clean state."""

    def __init__(
        self, open_container: Callable[[], Container], sources: Mapping[str, str], settings: MutateFixSettings
    ) -> None:
        self._open = open_container
        self.sources = sources
        self.settings = settings
        self._container: Container | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._close()

    def _close(self) -> None:
        if self._container:
            self._container.close()
        self._container = None

    def results(self, bugs: Sequence[Bug]) -> list[tuple[Bug, Runs | None]]:
        """Return what the stages of each bug gave; None for a bug after which the clean tree's tests fail."""
        found: list[tuple[Bug, Runs | None]] = []
        waiting = [list(bugs)]
        while waiting:
            batch = waiting.pop(0)
            used_before = self._container is not None
            screened = self._screen(batch)
            if screened.sound and len(screened.runs) == len(batch):
                found += [(bug, screened.runs[str(number)]) for number, bug in enumerate(batch)]
                continue
            self._close()
            middle = len(batch) // 2
            if used_before:
                waiting.insert(0, batch)
            elif middle:
                # One of them harmed the container: the halves find out which.
                waiting[:0] = [batch[:middle], batch[middle:]]
            else:
                found.append((batch[0], None))
        return found

    def _screen(self, bugs: Sequence[Bug]) -> Screened:
        jobs = [
            ScreenJob(id=str(number), files=bug.changed(self.sources), stages=self.settings.stages(bug.tests))
            for number, bug in enumerate(bugs)
        ]
        self._container = self._container or self._open()
        try:
            return screen(self._container, jobs, ScreenSettings(seconds=self.settings.test_seconds))
        except ContainerLost:
            return Screened(clean=None, runs={}, sound=False)


def _task(bug: Bug, runs: Runs | None, sources: Mapping[str, str], planting: Planting) -> Task:
    outcomes = {test.id: test for run in runs or () for test in run.outcomes.values()}
    failing = [test.id for test in outcomes.values() if test.outcome in ("failed", "error")]
    reason = _reason(runs, failing)
    message = outcomes[failing[0]].message.strip().splitlines() if failing else []
    return Task(
        id=content_id("mutate-fix", planting.source_digest, *_identity(bug, sources)),
        repository=planting.repository,
        split=planting.split,
        image=planting.image,
        places=tuple(
            Place(path=f.path, function=f.name, line_number=m.line_number, operator=m.operator) for f, m in bug.edits
        ),
        patch=bug.patch(sources),
        oracle_patch=bug.oracle_patch(sources),
        fail_to_pass=tuple(failing),
        pass_to_pass=tuple(test.id for test in outcomes.values() if test.outcome == "passed"),
        goal=_goal(bug, failing, message),
        status="refused" if reason else "valid",
        reason=reason,
    )


def _identity(bug: Bug, sources: Mapping[str, str]) -> list[str]:
    return [word for pair in sorted(bug.changed(sources).items()) for word in pair]


def _reason(runs: Runs | None, failing: Sequence[str]) -> str:
    """Return why these runs make no task, empty when they do."""
    if runs is None:
        return "the tests of the clean tree failed afterwards"
    if not runs:
        return "none of its tests passes by itself"
    if any(run.completed.timed_out for run in runs):
        return "the tests did not end"
    if any(not run.complete or run.collection_errors for run in runs):
        return "the tests could not be collected"
    return "" if failing else "no test fails"


def _goal(bug: Bug, failing: Sequence[str], message: Sequence[str]) -> str:
    """Return the goal as CWM words it: inspect the function, run its tests, repair."""
    shown = "\n".join(f"- {test}" for test in failing[:3])
    last = "\n".join(message[-6:])
    named = list(dict.fromkeys(f"function `{f.name}` in `{f.path}`" for f, _ in bug.edits))
    broken = f"The {named[0]} is broken. Inspect it, run its tests and repair it."
    if len(named) > 1:
        broken = f"The {' and the '.join(named)} are broken. Inspect them, run their tests and repair them."
    return f"{broken}\n\nFailing tests:\n{shown}\n\nWhat one of them says:\n{last}\n"
