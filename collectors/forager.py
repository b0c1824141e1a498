"""ForagerAgent: plays one episode of a task with any policy, and has it judged."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from collectors.actions import Observation, parse_action, perform
from collectors.judge import judge
from collectors.patches import diff_of
from collectors.policy import Message, Policy
from collectors.task import Task
from images.container import Container
from trajectories.episode import Episode, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeLimits:
    """The most steps and seconds of one episode."""

    steps: int = 60
    seconds: float = 300

    def __post_init__(self) -> None:
        if self.steps < 1 or self.seconds <= 0:
            raise ValueError(f"an episode of {self.steps!r} steps and {self.seconds!r} s cannot be played")


def play(
    task: Task,
    policy: Policy,
    open_container: Callable[[], Container],
    sources: Mapping[str, str],
    limits: EpisodeLimits,
) -> Episode:
    """Play the task in one container and judge it in another; both come from `open_container`, at the clean state.

    `sources` (path -> clean text) are the only files that are carried from the agent's container to the judge's.
    """
    planted = {path: text.encode() for path, text in task.start(sources).items()}
    start = {path: text.encode() for path, text in sources.items()} | planted
    agent = open_container()
    try:
        agent.put(planted)
        steps, ended_by = _converse(task, policy, agent, limits)
        now = agent.get(list(start))
    finally:
        agent.close()
    changed = {path: data for path, data in now.items() if data != start[path]}
    fresh = open_container()
    try:
        verdict = judge(fresh, task, {**planted, **changed})
    finally:
        fresh.close()
    return Episode(
        task_id=task.id,
        policy=policy.name,
        goal=task.goal,
        steps=tuple(steps),
        ended_by="tamper" if verdict.tamper else ended_by,
        patch=diff_of(
            {path: start[path].decode("utf-8", "replace") for path in changed},
            {path: data.decode("utf-8", "replace") for path, data in changed.items()},
        ),
        judged=verdict.outcomes,
        reward=verdict.reward,
    )


def system_prompt() -> str:
    """Return the text that tells a policy of its tools."""
    return (files("collectors") / "forager_prompt.md").read_text()


def _converse(task: Task, policy: Policy, agent: Container, limits: EpisodeLimits) -> tuple[Sequence[Step], str]:
    messages = [Message(role="system", content=system_prompt()), Message(role="user", content=task.goal)]
    steps: list[Step] = []
    started = time.monotonic()
    while len(steps) < limits.steps:
        if time.monotonic() - started > limits.seconds:
            return steps, "seconds"
        try:
            message = policy.reply(messages)
        except StopIteration:
            return steps, "policy"
        step = _act(agent, message)
        steps.append(step)
        if step.tool == "submit":
            return steps, "submit"
        messages += [
            Message(role="assistant", content=message),
            Message(role=f"tool: {step.tool}", content=step.observation),
        ]
    return steps, "steps"


def _act(agent: Container, message: str) -> Step:
    began = time.monotonic()
    action = parse_action(message)
    if action is None:
        seen = Observation(text="The message held no well-formed tool call: <tool: NAME>, body, </tool>.", exit_code=2)
        return Step(thought=message, tool="", arguments={}, observation=seen.text, exit_code=2, seconds=0.0)
    seen = Observation(text="Submitted.") if action.tool == "submit" else perform(agent, action)
    return Step(
        thought=action.thought,
        tool=action.tool,
        arguments={"body": action.body},
        observation=seen.text,
        exit_code=seen.exit_code,
        seconds=time.monotonic() - began,
    )
