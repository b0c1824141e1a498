"""Policy: the protocol of whatever answers a conversation, what it may raise, and a policy that reads from a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from collectors.errors import CollectorError
from trajectories.ends import End


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message: `role` is `system`, `user`, `assistant` or `tool: NAME`."""

    role: str
    content: str


class Policy(Protocol):
    """Answers a conversation; `name` goes into what is stored."""

    name: str

    def reply(self, messages: Sequence[Message]) -> str:
        """Return the assistant's next message.

        Raise `StopIteration` when it has nothing more to say, `PolicySpent` when it may ask no more, `PolicyFault` when
        no answer is to be had.
        """
        ...


class PolicyFault(CollectorError):
    """No answer is to be had, and that is not what a model said: the message says why."""


class PolicySpent(CollectorError):
    """The policy's own budget is used up; `budget` names which."""

    def __init__(self, budget: End, message: str) -> None:
        super().__init__(message)
        self.budget = budget


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a policy has used since its beginning; `conversation` is how many tokens its last question and answer had.

    `cost` is None where no price is known.
    """

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    conversation: int = 0
    cost: float | None = None


@runtime_checkable
class Metered(Protocol):
    """A policy that a model answers for, and that counts."""

    usage: Usage


class ScriptedPolicy:
    """Replies with the given texts, in order."""

    def __init__(self, replies: Sequence[str], *, name: str = "scripted") -> None:
        self.name = name
        self._replies = iter(replies)

    def reply(self, messages: Sequence[Message]) -> str:
        """See `Policy.reply`."""
        return next(self._replies)
