"""ForagerAgent: plays one episode of a task with any policy, and has it judged."""

from collections.abc import Callable, Mapping
from contextlib import suppress

from collectors.actions import storable
from collectors.conversation import Conversation
from collectors.episode_limits import EpisodeLimits
from collectors.judge import JudgeSettings, Verdict, judge_patch
from collectors.policy import Policy
from collectors.start_state import prepare_state
from collectors.submission import Submission, collect_submission, take_snapshot
from collectors.task import Task
from images.container import Container
from images.errors import ImagesError
from trajectories.ends import FAULTS, End, cause_of
from trajectories.episode import Episode

__all__ = ["EpisodeLimits", "play"]

_NOT_JUDGED = Verdict(reward=0.0, outcomes={})


def play(
    task: Task,
    policy: Policy,
    open_container: Callable[[], Container],
    sources: Mapping[str, str],
    limits: EpisodeLimits,
    *,
    judging: JudgeSettings | None = None,
) -> Episode:
    """Play the task in one container and judge it in others; all come from `open_container`, at the clean state.

    `sources` are the image's clean texts by path. A patch of source files is all that goes from the agent's container to the
    judge's. Whatever goes wrong is the episode's end, with its cause, and never an exception.
    """
    talk = Conversation(task.goal, policy, limits)
    submission, verdict = Submission(patch=""), _NOT_JUDGED
    with talk.faults_as_ends():
        submission = _act(talk, task, open_container, sources)
        if talk.ended_by not in FAULTS:
            verdict = judge_patch(open_container, task, sources, submission.patch, judging).flagged(*submission.flags)
            _hear(talk, verdict)
    assert talk.ended_by is not None
    solved = verdict.reward == 1.0
    return Episode(
        task_id=task.id,
        policy=policy.name,
        goal=task.goal,
        steps=tuple(talk.steps),
        ended_by=talk.ended_by,
        cause=cause_of(talk.ended_by, solved=solved, tamper=verdict.tamper, changed=bool(submission.patch)),
        reason=talk.reason,
        patch=submission.patch,
        judged={test: storable(outcome) for test, outcome in verdict.outcomes.items()},
        reward=None if talk.ended_by in FAULTS else verdict.reward,
        flags=verdict.flags,
        start_digest=talk.start_digest,
        cost=talk.usage.cost,
    )


def _act(
    talk: Conversation, task: Task, open_container: Callable[[], Container], sources: Mapping[str, str]
) -> Submission:
    """Return what reaches the judge when the conversation has ended; nothing of a container that was lost."""
    agent = open_container()
    try:
        prepare_state(agent, task, sources)
        snapshot = take_snapshot(agent, task)
        with talk.faults_as_ends():
            talk.run(agent)
            return collect_submission(agent, task, sources, snapshot)
        return Submission(patch="")
    finally:
        # What is played and fetched counts; a container that an engine keeps is swept later, by its label.
        with suppress(ImagesError, OSError):
            agent.close()


def _hear(talk: Conversation, verdict: Verdict) -> None:
    """Make a verdict that means nothing the episode's end."""
    if not verdict.valid:
        talk.end(End.CONTAINER if verdict.fault else End.HARNESS, verdict.cause)
    elif verdict.cause:
        talk.reason = storable(f"the hidden tests did not run to their end: {verdict.cause}")
