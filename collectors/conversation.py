"""Conversation: the steps of one episode, from the goal to whatever ends it; its history only grows."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files

from collectors.actions import Action, Observation, cut_in_the_middle, parse_action, storable
from collectors.episode_limits import CHARACTERS_PER_TOKEN, Budget, EpisodeLimits
from collectors.normalised import digest_of
from collectors.policy import Message, Metered, Policy, PolicyFault, PolicySpent, Usage
from collectors.tools import CHANGING, MALFORMED, perform
from collectors.work_tree import WorkTree
from images.container import Container
from images.errors import ContainerLost, ImagesError
from trajectories.ends import End
from trajectories.episode import Step

# What the agent's own commands do to their container; any other loss of it is not the agent's.
OWN_LOSSES = {"disk": End.DISK, "poisoned": End.MEMORY}
_LOST = Observation(text="[the container did not survive this]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """A policy's message, and what it took."""

    text: str
    seconds: float
    before: Usage
    after: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """What came of an action; `lost` is set when the container did not survive it."""

    observation: Observation
    tree_digest: str
    seconds: float
    lost: ImagesError | None = None


class Conversation:
    """Holds what was said and done until `ended_by` is set, also when a step is broken off by a fault."""

    def __init__(self, goal: str, policy: Policy, limits: EpisodeLimits) -> None:
        self.steps: list[Step] = []
        self.ended_by: End | None = None
        self.reason = ""
        self.start_digest = ""
        self._policy = policy
        self._limits = limits
        self._messages = [Message(role="system", content=system_prompt()), Message(role="user", content=goal)]

    @contextmanager
    def faults_as_ends(self) -> Iterator[None]:
        """Turn whatever goes wrong inside into the episode's end; only what stops a process comes out."""
        try:
            yield
        except ContainerLost as error:
            self.end(OWN_LOSSES.get(error.reason, End.CONTAINER), str(error))
        except ImagesError as error:
            self.end(End.CONTAINER, str(error))
        # The border of a job's task: what is wrong in our code costs one episode, not the record of it.
        except Exception as error:
            self.end(End.HARNESS, f"{type(error).__name__}: {error}")

    def end(self, end: End, reason: str = "") -> None:
        """Set why no further step comes; a fault behind the last step replaces what ended the steps."""
        self.ended_by, self.reason = end, storable(reason)

    @property
    def usage(self) -> Usage:
        """Return what the policy has used; nothing where none counts."""
        return self._policy.usage if isinstance(self._policy, Metered) else Usage()

    def run(self, agent: Container) -> None:
        """Act in the container until something ends the episode."""
        tree, budget = WorkTree(agent), Budget(self._limits)
        self.start_digest = tree.digest()
        while self.ended_by is None:
            if spent := budget.spent():
                self.end(spent)
            elif said := self._ask():
                self._act(agent, said, tree, seconds=budget.command_seconds())
                budget.count(self.steps[-1], said.text, tokens=said.after.conversation or self._estimate())

    def _ask(self) -> _Said | None:
        """Return the policy's message, as text that can be stored, or None when it ended the episode."""
        before, began = self.usage, time.monotonic()
        try:
            text = storable(self._policy.reply(tuple(self._messages)))
        except StopIteration:
            self.end(End.STOPPED)
        except PolicySpent as error:
            self.end(error.budget, str(error))
        except PolicyFault as error:
            self.end(End.MODEL, str(error))
        # A policy is anybody's code.
        except Exception as error:
            self.end(End.MODEL, f"the policy raised {type(error).__name__}: {error}")
        else:
            return _Said(text=text, seconds=time.monotonic() - began, before=before, after=self.usage)
        return None

    def _act(self, agent: Container, said: _Said, tree: WorkTree, *, seconds: float) -> None:
        """Carry out the message and record the step, also where the container does not survive it."""
        action = parse_action(said.text)
        done = self._carry_out(agent, action, tree, seconds)
        observation = cut_in_the_middle(storable(done.observation.text), self._limits.shown)
        self.steps.append(_step(said, action, done, observation=observation, root=agent.root))
        self._messages += [
            Message(role="assistant", content=said.text),
            Message(role=f"tool: {action.tool}" if action else "user", content=observation),
        ]
        if done.lost:
            raise done.lost
        if action and action.tool == "submit":
            self.end(End.SUBMIT)

    def _carry_out(self, agent: Container, action: Action | None, tree: WorkTree, seconds: float) -> _Done:
        began = time.monotonic()
        digest = self.steps[-1].tree_digest if self.steps else self.start_digest
        try:
            seen = perform(agent, action, seconds=seconds) if action else MALFORMED
            took = time.monotonic() - began
            if action and action.tool in CHANGING:
                digest = tree.digest()
        except ImagesError as error:
            return _Done(observation=_LOST, tree_digest="", seconds=time.monotonic() - began, lost=error)
        return _Done(observation=seen, tree_digest=digest, seconds=took)

    def _estimate(self) -> int:
        return sum(len(message.content) for message in self._messages) // CHARACTERS_PER_TOKEN


def _step(said: _Said, action: Action | None, done: _Done, *, observation: str, root: str) -> Step:
    calls = said.after.calls - said.before.calls
    return Step(
        thought=action.thought if action else said.text,
        tool=action.tool if action else "",
        arguments={"body": action.body} if action else {},
        observation=observation,
        exit_code=done.observation.exit_code,
        seconds=done.seconds,
        output_digest=digest_of(done.observation.text, root=root),
        output_bytes=done.observation.output_bytes,
        tree_digest=done.tree_digest,
        policy_seconds=said.seconds,
        model_calls=calls,
        prompt_tokens=said.after.prompt_tokens - said.before.prompt_tokens if calls else None,
        completion_tokens=said.after.completion_tokens - said.before.completion_tokens if calls else None,
    )


def system_prompt() -> str:
    """Return the text that tells a policy of its tools."""
    return (files("collectors") / "forager_prompt.md").read_text()
