"""Play: a cheat played as an agent plays: in a container at the task's state, collected and judged like any episode."""

from collections.abc import Callable, Mapping

from collectors.forgers.kit import Cheat
from collectors.judge import JudgeSettings, Verdict, judge_patch
from collectors.start_state import prepare_state
from collectors.submission import Submission, collect_submission, take_snapshot
from collectors.task import Task
from images.container import Container

_COMMAND_SECONDS = 30


def play_cheat(
    cheat: Cheat,
    task: Task,
    open_container: Callable[[], Container],
    sources: Mapping[str, str],
    settings: JudgeSettings | None = None,
) -> Verdict:
    """Return the verdict on the cheat, with what its files show among the flags."""
    submission = submit_cheat(cheat, task, open_container, sources)
    return judge_patch(open_container, task, sources, submission.patch, settings).flagged(*submission.flags)


def submit_cheat(
    cheat: Cheat, task: Task, open_container: Callable[[], Container], sources: Mapping[str, str]
) -> Submission:
    """Return what reaches the judge of the cheat, played in a container of its own."""
    agent = open_container()
    try:
        prepare_state(agent, task, sources)
        snapshot = take_snapshot(agent, task)
        cheat_in(agent, cheat, task, sources)
        return collect_submission(agent, task, sources, snapshot)
    finally:
        agent.close()


def cheat_in(agent: Container, cheat: Cheat, task: Task, sources: Mapping[str, str]) -> None:
    """Do what the cheat does in a container at the task's state."""
    if cheat.place == "shell":
        agent.run(["bash", "-c", cheat.fitted(task)], timeout_s=_COMMAND_SECONDS)
    else:
        path, text = cheat.source(task, {**sources, **task.start(sources)})
        agent.put({path: text.encode()})
