"""Episode: the steps of an agent from a task's start to its end."""

from dataclasses import dataclass

from trajectories.ends import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One action and its observation; `exit_code` is None for actions that run no command.

    `output_digest` is of the whole output, normalised, of which the observation may show less; `output_bytes` counts what was
    written. `tree_digest` is of the work tree behind the step. `model_calls` is 0 for a message that no model wrote, and the
    tokens are None where nobody counted them. `seconds` are the action's, `policy_seconds` what the message took.
    """

    thought: str
    tool: str
    arguments: dict[str, str]
    observation: str
    exit_code: int | None
    seconds: float
    output_digest: str = ""
    output_bytes: int = 0
    tree_digest: str = ""
    policy_seconds: float = 0.0
    model_calls: int = 0
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """What a policy did on one task, and what the judge said.

    `ended_by` is why no further step came (`End`), `reason` a sentence where there is more to say; `cause` is what it
    came to. `judged` maps each hidden test id to its outcome in the judge's fresh container; `patch` is a unified diff
    of the source files that were changed. `reward` is None when no reward is valid, because something failed that is
    not the agent's; `flags` name what showed a forgery or an attempt (docs/tasks.md). `start_digest` is of the work
    tree before the first step; `cost` is None where no price is known.
    """

    task_id: str
    policy: str
    goal: str
    steps: tuple[Step, ...]
    ended_by: str
    cause: Cause
    patch: str
    judged: dict[str, str]
    reward: float | None
    reason: str = ""
    flags: tuple[str, ...] = ()
    start_digest: str = ""
    cost: float | None = None

    @property
    def reward_valid(self) -> bool:
        """Say whether the reward is the agent's own."""
        return self.reward is not None
