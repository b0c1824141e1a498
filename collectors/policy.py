"""Policy: the protocol of whatever answers a conversation, and a policy that reads its answers from a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message: `role` is `system`, `user`, `assistant` or `tool: NAME`."""

    role: str
    content: str


class Policy(Protocol):
    """Answers a conversation; `name` goes into what is stored."""

    name: str

    def reply(self, messages: Sequence[Message]) -> str:
        """Return the assistant's next message; raise `StopIteration` when it has nothing more to say."""
        ...


class ScriptedPolicy:
    """Replies with the given texts, in order."""

    def __init__(self, replies: Sequence[str], *, name: str = "scripted") -> None:
        self.name = name
        self._replies = iter(replies)

    def reply(self, messages: Sequence[Message]) -> str:
        """See `Policy.reply`."""
        return next(self._replies)
