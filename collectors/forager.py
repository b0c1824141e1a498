"""ForagerAgent: plays one episode of a task with any policy, and has it judged."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import PurePosixPath

from collectors.actions import storable
from collectors.conversation import OWN_LOSSES, Conversation
from collectors.episode_limits import EpisodeLimits
from collectors.judge import Verdict, judge
from collectors.patches import diff_of
from collectors.policy import Policy
from collectors.task import Task
from images.container import Container
from images.errors import ContainerLost, ImagesError
from images.source_tree import is_test_name
from trajectories.ends import FAULTS, cause_of
from trajectories.episode import Episode

__all__ = ["EpisodeLimits", "play"]

_JUDGINGS = 2
_NO_VERDICT = Verdict(reward=0.0, outcomes={}, tamper=False)
_NOT_CARRIED = frozenset({"conftest.py", "sitecustomize.py", "usercustomize.py"})


def play(
    task: Task,
    policy: Policy,
    open_container: Callable[[], Container],
    sources: Mapping[str, str],
    limits: EpisodeLimits,
) -> Episode:
    """Play the task in one container and judge it in another; both come from `open_container`, at the clean state.

    `sources` (path -> clean text) and new modules of their packages are all that is carried from the agent's container to
    the judge's. Whatever goes wrong is the episode's end, with its cause, and never an exception.
    """
    talk = Conversation(task.goal, policy, limits)
    start: dict[str, bytes] = {}
    changed: dict[str, bytes] = {}
    verdict = _NO_VERDICT
    with talk.faults_as_ends():
        planted = {path: text.encode() for path, text in task.start(sources).items()}
        start = {path: text.encode() for path, text in sources.items()} | planted
        changed = _act(talk, open_container, start, planted)
        if talk.ended_by not in FAULTS:
            verdict = _judge(talk, open_container, task, {**planted, **changed})
    assert talk.ended_by is not None
    solved = verdict.reward == 1.0
    cause = cause_of(talk.ended_by, solved=solved, tamper=verdict.tamper, changed=bool(changed))
    return Episode(
        task_id=task.id,
        policy=policy.name,
        goal=task.goal,
        steps=tuple(talk.steps),
        ended_by=talk.ended_by,
        cause=cause,
        reason=talk.reason,
        patch=_patch(start, changed),
        judged={test: storable(outcome) for test, outcome in verdict.outcomes.items()},
        reward=None if talk.ended_by in FAULTS else verdict.reward,
        start_digest=talk.start_digest,
        cost=talk.usage.cost,
    )


def _act(
    talk: Conversation,
    open_container: Callable[[], Container],
    start: Mapping[str, bytes],
    planted: Mapping[str, bytes],
) -> dict[str, bytes]:
    """Return the files to carry when the conversation has ended; none of a container that was lost."""
    agent = open_container()
    try:
        agent.put(planted)
        with talk.faults_as_ends():
            talk.run(agent)
            return _changes(talk, agent, start)
        return {}
    finally:
        _close(agent)


def _close(container: Container) -> None:
    # What is played and fetched counts; a container that an engine keeps is swept later, by its label.
    with suppress(ImagesError, OSError):
        container.close()


def _changes(talk: Conversation, agent: Container, start: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the source files that differ from the start, and new modules beside them in their packages."""
    packages = tuple(path.removesuffix("__init__.py") for path in start if path.endswith("/__init__.py"))
    new = [path for path in talk.new_files() if path.startswith(packages) and _may_be_carried(path)]
    now = agent.get([*start, *new])
    return {path: data for path, data in now.items() if data != start.get(path)}


def _may_be_carried(path: str) -> bool:
    """Say whether a new file is a module of the project: nothing that tests or an interpreter would load by itself."""
    name = PurePosixPath(path)
    tests = is_test_name(path) or bool({"test", "tests"} & set(name.parts))
    return name.suffix == ".py" and path.isprintable() and not tests and name.name not in _NOT_CARRIED


def _judge(
    talk: Conversation, open_container: Callable[[], Container], task: Task, files: Mapping[str, bytes]
) -> Verdict:
    """Return the judge's verdict; one whose container fails is asked once more, in another container."""
    for left in reversed(range(_JUDGINGS)):
        try:
            fresh = open_container()
            try:
                return judge(fresh, task, files)
            finally:
                _close(fresh)
        except ContainerLost as error:
            if error.reason in OWN_LOSSES:
                talk.reason = f"the hidden tests' container was lost: {error}"
                return _NO_VERDICT
            if not left:
                raise
        except ImagesError:
            if not left:
                raise
    raise AssertionError("the last judging returns or raises")


def _patch(start: Mapping[str, bytes], changed: Mapping[str, bytes]) -> str:
    before = {path: start[path].decode("utf-8", "replace") for path in changed if path in start}
    return diff_of(before, {path: data.decode("utf-8", "replace") for path, data in changed.items()})
