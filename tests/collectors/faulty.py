"""Containers and policies that fail at a chosen moment: real ones, with one thing that goes wrong."""

from collections.abc import Callable, Mapping, Sequence

from collectors.policy import Message
from images.container import Completed
from images.local_container import LocalContainer
from tests.conftest import sample_files


class FailingContainer(LocalContainer):
    """The sample project, where a command with the word `fatal` in it raises the error, and all that comes behind it."""

    def __init__(self, error: Exception, *, at_once: bool = False) -> None:
        super().__init__(sample_files())
        self._error = error
        self._broken = at_once

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout_s: float = 60,
    ) -> Completed:
        """See `Container.run`."""
        self._broken = self._broken or any("fatal" in word for word in command[-1:])
        self._check()
        return super().run(command, cwd=cwd, env=env, timeout_s=timeout_s)

    def get(self, paths: Sequence[str]) -> dict[str, bytes]:
        """See `Container.get`."""
        self._check()
        return super().get(paths)

    def _check(self) -> None:
        if self._broken:
            raise self._error


class RaisingPolicy:
    """Says some messages, then raises."""

    name = "raising"

    def __init__(self, messages: Sequence[str], error: BaseException) -> None:
        self._messages = list(messages)
        self._error = error

    def reply(self, messages: Sequence[Message]) -> str:
        """See `Policy.reply`."""
        if self._messages:
            return self._messages.pop(0)
        raise self._error


def in_turn(*openers: Callable[[], LocalContainer]) -> Callable[[], LocalContainer]:
    """Return what opens a container with each of these in turn, with the last one for ever."""
    left = list(openers)
    return lambda: (left.pop(0) if len(left) > 1 else left[0])()
