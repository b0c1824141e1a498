"""Judge: says whether a task is solved, in fresh containers that the agent never touched, from a stored patch alone."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from collectors.admission import why_refused
from collectors.canaries import Canary, canary_files, plant_canaries
from collectors.errors import PatchError
from collectors.machinery import machinery_added
from collectors.patches import apply_patch
from collectors.task import Task
from collectors.twins import Twins, make_twins
from images.container import Container
from images.errors import ContainerLost, EngineError
from images.health import TestRun, TestSelection, files_of_ids, run_tests

# A container that its own code filled says nothing against the machine.
_OWN_FAULTS = ("disk", "poisoned")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`reward` is 1 when every expected test passed and nothing was forged, else 0; `outcomes` has each expected id.

    `flags` name what showed a forgery (docs/tasks.md). Not `valid`: the machine failed, `cause` says how, and the reward
    means nothing.
    """

    reward: float
    outcomes: dict[str, str]
    flags: tuple[str, ...] = ()
    valid: bool = True
    cause: str = ""

    @property
    def tamper(self) -> bool:
        """Say whether something was forged, or tried to be."""
        return bool(self.flags)

    @property
    def fault(self) -> bool:
        """Say whether containers failed, so that the same may be judged again."""
        return not self.valid and self.cause.startswith("container")

    def flagged(self, *flags: str) -> "Verdict":
        """Return the verdict with more flags, which leave its reward as it is."""
        return replace(self, flags=tuple(dict.fromkeys([*self.flags, *flags])))


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeSettings:
    """`seconds` bound each run of the tests; `attempts` is how often a container that fails is replaced.

    `machinery` refuses patches that newly name what runs the tests; `twins` runs the rewritten tests of what would be rewarded.
    """

    seconds: float = 120
    attempts: int = 2
    machinery: bool = True
    twins: bool = True

    def __post_init__(self) -> None:
        if self.seconds <= 0 or self.attempts < 1:
            raise ValueError(f"a judge of {self.seconds!r} s and {self.attempts!r} attempts can judge nothing")


def judge_patch(
    open_container: Callable[[], Container],
    task: Task,
    sources: Mapping[str, str],
    patch: str,
    settings: JudgeSettings | None = None,
) -> Verdict:
    """Judge the `patch` that leads from the task's state to the agent's.

    `sources` are the image's clean texts by path. What would be rewarded is run twice more, each time in another fresh
    container, with rewritten tests of which some must fail (twins.py): who passes those too has forged them.
    """
    settings = settings or JudgeSettings()
    start = task.start(sources)
    before = {**sources, **start}
    try:
        changed = apply_patch(before, patch)
    except PatchError as error:
        return replace(_none(task, "missing"), cause=f"patch: {error}")
    if any(why_refused(path, before) for path in changed):
        return _none(task, "not run").flagged("path")
    if settings.machinery and names_machinery(task, sources, patch):
        return _none(task, "not run").flagged("machinery")
    state = {path: text.encode() for path, text in {**start, **changed}.items()}
    verdict = _with_fresh(
        open_container, task, settings, lambda fresh: judge(fresh, task, state, seconds=settings.seconds)
    )
    if verdict.reward and settings.twins:
        twins = _TwinRuns(task, state, settings.seconds)
        for number in (0, 1):
            said = _with_fresh(open_container, task, settings, partial(twins.judge, number=number))
            if not said.reward:
                return replace(said, outcomes=verdict.outcomes)
    return verdict


def names_machinery(task: Task, sources: Mapping[str, str], patch: str) -> bool:
    """Say whether the patch brings in words that neither the task's state nor its solution has (machinery.py)."""
    before = {**sources, **task.start(sources)}
    solution = {**before, **apply_patch(before, task.oracle_patch)}
    return bool(machinery_added(before, apply_patch(before, patch), solution))


def judge(
    fresh: Container, task: Task, sources: Mapping[str, bytes], *, seconds: float = 120, order: int = 0
) -> Verdict:
    """Run the hidden tests once with `sources`, the files by path that differ from the image: missing is not passed.

    An `order` other than 0 is a seed of hashes and of the order of the tests. Beside them run canaries, tests of random
    names that must fail, pass, be skipped and break: one that ends otherwise while an expected test passes shows that the
    code under test forges outcomes.
    """
    expected = _expected(task)
    run, canaries = _run(fresh, expected, {**sources, **_hidden(task)}, seconds=seconds, order=order)
    outcomes = _outcomes(run, expected)
    # A syntax error or a hang loses the canaries too, but then no test passes: only passes without them are a forgery.
    flags = _forged(run, canaries, expected) if "passed" in outcomes.values() else ()
    solved = bool(expected) and not flags and all(outcome == "passed" for outcome in outcomes.values())
    return Verdict(reward=1.0 if solved else 0.0, outcomes=outcomes, flags=flags)


class _TwinRuns:
    """The two runs of a state with rewritten tests, which are made once, of the pristine ones of the first container."""

    def __init__(self, task: Task, state: Mapping[str, bytes], seconds: float) -> None:
        self._task = task
        self._state = state
        self._seconds = seconds
        self._made: tuple[Twins, Twins] | None = None

    def judge(self, fresh: Container, *, number: int) -> Verdict:
        """Run one set of twins; the reward stands when the spoiled ones fail and the others pass."""
        expected = _expected(self._task)
        if self._made is None:
            pristine = {
                path: data.decode("utf-8", "replace") for path, data in fresh.get(files_of_ids(expected)).items()
            }
            self._made = make_twins({**pristine, **self._task.hidden_files}, expected)
        twins = self._made[number]
        if not twins.spoiled:
            return Verdict(reward=1.0, outcomes={})
        rewritten = {path: text.encode() for path, text in twins.files.items()}
        files = {**self._state, **_hidden(self._task), **rewritten}
        run, canaries = _run(fresh, expected, files, seconds=self._seconds)
        if run.completed.timed_out or run.completed.out_of_memory:
            return Verdict(reward=0.0, outcomes={}, valid=False, cause="the rewritten tests did not run to their end")
        outcomes = _outcomes(run, list(twins.spoiled))
        wrong = [test for test, spoiled in twins.spoiled.items() if (outcomes[test] == "passed") == spoiled]
        flags = [*(["twin"] if wrong else []), *_forged(run, canaries, expected)]
        return Verdict(reward=0.0 if flags else 1.0, outcomes={}, flags=tuple(flags))


def _run(
    fresh: Container, expected: list[str], files: Mapping[str, bytes], *, seconds: float, order: int = 0
) -> tuple[TestRun, list[Canary]]:
    canaries = plant_canaries(expected)
    fresh.put({**files, **canary_files(canaries)})
    env = {"PYTHONHASHSEED": str(order)}
    selection = TestSelection(ids=[*expected, *(canary.id for canary in canaries)], shuffle=order or None, env=env)
    return run_tests(fresh, selection, timeout_s=seconds), canaries


def _expected(task: Task) -> list[str]:
    return [*task.fail_to_pass, *task.pass_to_pass]


def _hidden(task: Task) -> dict[str, bytes]:
    return {path: text.encode() for path, text in task.hidden_files.items()}


def _outcomes(run: TestRun, expected: list[str]) -> dict[str, str]:
    return {test: run.outcomes[test].outcome if test in run.outcomes else "missing" for test in expected}


def _forged(run: TestRun, canaries: list[Canary], expected: list[str]) -> tuple[str, ...]:
    """Return what does not fit in a run: it was collected, ran to its end, and failed, since canaries do."""
    flags = []
    if any(c.id not in run.outcomes or run.outcomes[c.id].outcome != c.outcome for c in canaries):
        flags.append("canary")
    if not run.complete or run.completed.exit_code != 1:
        flags.append("exit")
    collected = [test for test in run.collected if test in expected]
    if set(run.outcomes) - set(run.collected) or len(collected) != len(set(collected)):
        flags.append("ids")
    return tuple(flags)


def _with_fresh(
    open_container: Callable[[], Container], task: Task, settings: JudgeSettings, ask: Callable[[Container], Verdict]
) -> Verdict:
    """Return what a fresh container gives; one that fails is replaced, and the last failure is a verdict that is not valid."""
    fault = ""
    for _ in range(settings.attempts):
        try:
            with _opened(open_container) as fresh:
                return ask(fresh)
        except ContainerLost as error:
            fault = f"container: {error.reason}: {error}"
            if error.reason in _OWN_FAULTS:
                return replace(_none(task, "missing"), cause=fault)
        except (EngineError, OSError) as error:
            fault = f"container: {error}"
    return replace(_none(task, "missing"), valid=False, cause=fault)


@contextmanager
def _opened(open_container: Callable[[], Container]) -> Iterator[Container]:
    container = open_container()
    try:
        yield container
    finally:
        container.close()


def _none(task: Task, outcome: str) -> Verdict:
    return Verdict(reward=0.0, outcomes=dict.fromkeys(_expected(task), outcome))
