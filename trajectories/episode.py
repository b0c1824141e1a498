"""Episode: the steps of an agent from a task's start to its end."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One action and its observation; `exit_code` is None for actions that run no command."""

    thought: str
    tool: str
    arguments: dict[str, str]
    observation: str
    exit_code: int | None
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """What a policy did on one task, and what the judge said.

    `ended_by` is why no further step came (`submit`, `steps`, `seconds`, `policy`); `judged` maps each hidden test id
    to its outcome in the judge's fresh container; `patch` is a unified diff of the source files that were changed.
    """

    task_id: str
    policy: str
    goal: str
    steps: tuple[Step, ...]
    ended_by: str
    patch: str
    judged: dict[str, str]
    reward: float
