"""Check: runs the gates over the tasks of one repository; each outcome is kept by name, and the first that fails refuses."""

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from collectors.forgers.kit import kit
from collectors.gates.leaks import find_leaks, tree_faults
from collectors.gates.steady_runs import SteadyRuns
from collectors.judge import JudgeSettings, Verdict, judge_patch, names_machinery
from collectors.patches import diff_of
from collectors.start_state import prepare_state
from collectors.task import Task
from images.container import Container
from images.errors import EngineError

Open = Callable[[], Container]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """How often the solution must pass (`runs`, K), a state without a repair must fail (`failing`), and how it is judged.

    A task of which a run takes more than `slowest`, a share of the judge's limit, is refused: on a busy machine its repair
    would be taken for a hang. `forgers` is how many cheats at the most are run on each task, drawn by its id; those that the
    judge refuses by their words alone cost nothing and are all tried. `leaks` can be left out.
    """

    runs: int = 5
    failing: int = 3
    slowest: float = 0.25
    forgers: int = 100
    leaks: bool = True
    judge: JudgeSettings = field(default_factory=JudgeSettings)

    def __post_init__(self) -> None:
        if self.runs < 1 or self.failing < 1 or self.forgers < 0 or not 0 < self.slowest <= 1:
            raise ValueError(f"{self.runs!r} and {self.failing!r} runs, {self.slowest!r} of the limit: no gate is that")


def check_tasks(
    open_container: Open,
    tasks: Sequence[Task],
    sources: Mapping[str, str],
    settings: GateSettings | None = None,
    *,
    progress: Callable[[], None] = lambda: None,
) -> list[Task]:
    """Return the tasks with what each gate gave; a valid one that fails a gate is refused with that as its reason.

    All belong to one repository: its tree is searched once, and trusted states are run in one container. `sources` are the
    image's clean texts. Raises `EngineError` where containers fail again and again.
    """
    settings = settings or GateSettings()
    shown = _trees(open_container, [task for task in tasks if task.status == "valid"], sources, settings)
    checked = []
    with closing(SteadyRuns(open_container, sources, settings.judge)) as steady:
        gate = _Gate(open_container, sources, settings, steady)
        for task in tasks:
            if task.status == "valid":
                task = gate.run(task, shown[task.id])
            checked.append(task)
            progress()
    return checked


def _trees(
    open_container: Open, tasks: Sequence[Task], sources: Mapping[str, str], settings: GateSettings
) -> dict[str, dict[str, str]]:
    """Return by task id what the gates `tree` and `leaks` gave."""
    shown: dict[str, dict[str, str]] = {task.id: {} for task in tasks}
    if not (tasks and settings.leaks):
        return shown
    with closing(open_container()) as container:
        prepare_state(container, replace(tasks[0], patch=""), sources)
        for name, places in find_leaks(container, tasks, sources).items():
            shown[name]["leaks"] = f"{len(places)} places: {', '.join(places[:3])}" if places else "0 places"
        for task in tasks:
            prepare_state(container, task, sources)
            shown[task.id]["tree"] = "; ".join(tree_faults(container)) or "one commit"
            container.put({path: sources[path].encode() for path in task.start(sources) if path in sources})
    return shown


class _Gate:
    def __init__(
        self, open_container: Open, sources: Mapping[str, str], settings: GateSettings, steady: SteadyRuns
    ) -> None:
        self._open = open_container
        self._sources = sources
        self._settings = settings
        self._steady = steady

    def run(self, task: Task, shown: Mapping[str, str]) -> Task:
        """Return the task with its gates; the cheap ones come first, and none is run after one that failed."""
        gates = {**task.gates, **shown}
        good = {"tree": "one commit", "leaks": "0 places"}
        for name, outcome in shown.items():
            if outcome != good[name]:
                return _refused(task, gates, name)
        checks = {"null": self._null, "oracle": self._oracle, "no-op": self._no_op, "forgers": self._forgers}
        for name, check in checks.items():
            gates[name], holds = check(task)
            if not holds:
                return _refused(task, gates, name)
        return replace(task, gates=gates)

    def _oracle(self, task: Task) -> tuple[str, bool]:
        """The solution passes in all runs, of which one goes through the whole judge, and none comes near the limit."""
        return self._rewarded(task, task.oracle_patch, count=self._settings.runs, wanted=self._settings.runs)

    def _null(self, task: Task) -> tuple[str, bool]:
        return self._rewarded(task, "", count=self._settings.failing, wanted=0)

    def _no_op(self, task: Task) -> tuple[str, bool]:
        path = task.places[0].path
        before = task.start(self._sources).get(path, self._sources.get(path, ""))
        patch = diff_of({path: before}, {path: f"{before.rstrip()}\n# Nothing is changed here.\n"})
        return self._rewarded(task, patch, count=self._settings.failing, wanted=0)

    def _rewarded(self, task: Task, patch: str, *, count: int, wanted: int) -> tuple[str, bool]:
        first = self._judged(task, patch)
        verdicts = [first]
        if first.valid and first.reward == (wanted > 0):
            verdicts += self._steady.verdicts(task, patch, count - 1)
        rewarded = sum(verdict.reward == 1.0 for verdict in verdicts)
        said = f"{rewarded} of {count} rewarded"
        problem = next(filter(None, (_problem(task, verdict, solved=wanted > 0) for verdict in verdicts)), "")
        if wanted and not problem and self._steady.slowest > self._settings.slowest * self._settings.judge.seconds:
            problem = f"a run takes {self._steady.slowest:.0f} s"
        return (f"{said}: {problem}", False) if problem else (said, rewarded == wanted)

    def _judged(self, task: Task, patch: str) -> Verdict:
        verdict = judge_patch(self._open, task, self._sources, patch, self._settings.judge)
        if verdict.fault:
            raise EngineError(f"task {task.id} could not be judged: {verdict.cause}")
        return verdict

    def _forgers(self, task: Task) -> tuple[str, bool]:
        """Cheats that edit source are judged on this very task; the others reach no judge (tests/hostile)."""
        before = {**self._sources, **task.start(self._sources)}
        edits = [cheat.source(task, before) for cheat in kit() if cheat.place != "shell"]
        patches = [diff_of(before, {path: text}) for path, text in edits]
        refused = [patch for patch in patches if names_machinery(task, self._sources, patch)]
        to_run = sorted(set(patches) - set(refused))
        drawn = random.Random(task.id).sample(to_run, min(self._settings.forgers, len(to_run)))
        rewarded = sum(self._judged(task, patch).reward == 1.0 for patch in drawn)
        return f"{rewarded} of {len(refused) + len(drawn)} rewarded, {len(drawn)} of them run", not rewarded


def _problem(task: Task, verdict: Verdict, *, solved: bool) -> str:
    """Return what is not as the gates want it in one run: of a bug, all its tests fail and all others pass."""
    if not verdict.valid or verdict.flags:
        return verdict.cause or f"the judge flags {', '.join(verdict.flags)}"
    wanted = dict.fromkeys(task.fail_to_pass, solved) | dict.fromkeys(task.pass_to_pass, True)
    odd = [test for test, passes in wanted.items() if (verdict.outcomes[test] == "passed") != passes]
    return f"{odd[0]} {verdict.outcomes[odd[0]]}" if odd else ""


def _refused(task: Task, gates: Mapping[str, str], name: str) -> Task:
    return replace(task, gates=gates, status="refused", reason=f"gate {name}: {gates[name]}")
