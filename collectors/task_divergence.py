"""Task divergence: failing tests of tasks and of episodes' edits, recorded and joined to their runs on the solution."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from collectors.patches import apply_patch
from collectors.task import Task
from collectors.task_traces import TaskTraceSettings, TestRecorder
from collectors.trace_divergence import Divergence, Recording, diverge, places_of
from images.container import Container
from images.source_tree import is_test_name
from trajectories.divergence_record import DivergenceRecord
from trajectories.trajectory import content_id

COLLECTOR = "divergence-1"
_NOTHING = Recording(frames=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One test in one state, joined to its run on the solution; `outcome` is how it ended, `failed` or else."""

    test: str
    outcome: str
    divergence: Divergence
    buggy: Recording
    fixed: Recording


class TaskTracer:
    """Joins runs of tasks of one image, in an open container of it; `files` are all its Python files, tests too.

    The runs on the solution are recorded twice, once for all tasks that have the same: what differs between the two says
    nothing. The container is left in the image's state but for new hidden files.
    """

    def __init__(
        self,
        container: Container,
        files: Mapping[str, str],
        settings: TaskTraceSettings,
        *,
        native: str | None = None,
    ) -> None:
        self._container = container
        self._files = files
        self._settings = settings
        self._recorder = TestRecorder(container, settings, native=native)
        self._solved: dict[str, tuple[dict[str, Recording], dict[str, Recording]]] = {}

    def prepare(self, tasks: Sequence[Task]) -> None:
        """Record the runs on the solutions of all these tasks, in as few runs of pytest as there are solutions."""
        groups: dict[str, list[Task]] = {}
        for task in tasks:
            groups.setdefault(self._key(task), []).append(task)
        for key, group in groups.items():
            tests = list(dict.fromkeys(test for task in group for test in self._tests(task)))
            solved = self._state(group[0], solved=True)
            one, two = (self._record(tests, solved, group[0])[0] for _ in range(2))
            self._solved[key] = one, two

    def trace(self, task: Task) -> list[Run]:
        """Return the runs of the task's state."""
        return self.trace_state(task, self._state(task, solved=False))

    def trace_state(self, task: Task, state: Mapping[str, str]) -> list[Run]:
        """Return the runs of the task's failing tests with these texts in place of the image's."""
        if self._key(task) not in self._solved:
            self.prepare([task])
        one, two = self._solved[self._key(task)]
        tests = self._tests(task)
        buggy, outcomes = self._record(tests, state, task)
        places = places_of({**self._own(), **state}, {**self._own(), **self._state(task, solved=True)})
        runs = []
        for test in tests:
            recordings = buggy.get(test, _NOTHING), one.get(test, _NOTHING)
            runs.append(
                Run(
                    test=test,
                    outcome=outcomes.get(test, "missing"),
                    divergence=diverge(*recordings, places, again=two.get(test)),
                    buggy=recordings[0],
                    fixed=recordings[1],
                )
            )
        return runs

    def trace_states(self, task: Task, states: Sequence[Mapping[str, str]]) -> Iterator[list[Run]]:
        """Yield the runs of each of the states; a state that came before is not run again."""
        known: dict[str, list[Run]] = {}
        for state in states:
            key = content_id(sorted(state.items()))
            if key not in known:
                known[key] = self.trace_state(task, state)
            yield known[key]

    def _own(self) -> dict[str, str]:
        return {path: text for path, text in self._files.items() if not is_test_name(path)}

    def _tests(self, task: Task) -> list[str]:
        return list(task.fail_to_pass[: self._settings.tests])

    def _state(self, task: Task, *, solved: bool) -> dict[str, str]:
        start = task.start(self._files)
        return {**start, **apply_patch({**self._files, **start}, task.oracle_patch)} if solved else start

    def _key(self, task: Task) -> str:
        solved = {p: text for p, text in self._state(task, solved=True).items() if text != self._files.get(p, "")}
        return content_id(sorted(solved.items()), sorted(task.hidden_files.items()))

    def _record(
        self, tests: Sequence[str], state: Mapping[str, str], task: Task
    ) -> tuple[dict[str, Recording], dict[str, str]]:
        files = {**self._files, **task.hidden_files, **state}
        self._container.put({path: text.encode() for path, text in {**task.hidden_files, **state}.items()})
        python = {path: text for path, text in files.items() if path.endswith(".py")}
        recordings, outcomes = self._recorder.record(tests, python)
        changed = {p: self._files.get(p, "") for p in {*state, *task.hidden_files} if p in self._files or p in state}
        self._container.put({path: text.encode() for path, text in changed.items()})
        return recordings, {test: outcome.outcome for test, outcome in outcomes.items()}


def record_of(
    run: Run, task: Task, settings: TaskTraceSettings, *, episode: str = "", step: int = -1
) -> DivergenceRecord:
    """Return what is stored of a run; of an episode's steps the frames of the solution's run are not kept again."""
    found = run.divergence
    call = found.call
    named = [{"name": name, "text": text} for name, text in call.arguments.items()] if call else []
    return DivergenceRecord(
        id=content_id("divergence", task.id, episode, step, run.test, COLLECTOR),
        task_id=task.id,
        episode_id=episode,
        step=step,
        repository=task.repository,
        split=task.split,
        collector=COLLECTOR,
        test=run.test,
        outcome=run.outcome,
        status=found.status,
        buggy_frames=len(run.buggy.frames),
        fixed_frames=len(run.fixed.frames),
        parted=found.parted,
        differs=found.differs,
        changed=[{"name": name, "buggy": one, "fixed": other} for name, one, other in found.changed],
        reached=found.reached,
        failing=found.failing,
        distance=found.distance,
        on_path=found.on_path,
        call={
            "function": call.function,
            "file": call.file,
            "arguments": named,
            "actual": call.actual,
            "expected": call.expected,
        }
        if call
        else None,
        buggy=run.buggy.frames[: settings.frames],
        fixed=run.fixed.frames[: settings.frames] if step < 0 else [],
    )
