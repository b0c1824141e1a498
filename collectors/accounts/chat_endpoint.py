"""ChatEndpoint: a rewriter that asks a model behind an OpenAI-compatible chat endpoint."""

import hashlib
import time
from collections.abc import Callable
from functools import cache
from importlib.resources import files

from collectors.accounts.final_value import final_sentence, true_value
from collectors.accounts.rewriter import Answer, Asked
from collectors.chat_client import ChatClient, ChatFailed, ChatSettings

__all__ = ["ChatEndpoint", "ChatSettings", "prompt"]


class ChatEndpoint:
    """See `Rewriter`; `key` is sent as a bearer token and kept nowhere else."""

    def __init__(self, settings: ChatSettings, *, key: str = "", sleep: Callable[[float], None] = time.sleep) -> None:
        self.name = settings.model
        self.method = f"rewrite-{hashlib.sha256(_prompt().encode()).hexdigest()[:8]}"
        self.concurrency = settings.concurrency
        self._client = ChatClient(settings, key=key, sleep=sleep)

    def rewrite(self, asked: Asked) -> Answer:
        """See `Rewriter.rewrite`."""
        try:
            done = self._client.ask({"messages": [{"role": "user", "content": prompt(asked)}]}, seed=asked.seed)
        except ChatFailed as error:
            return Answer(reason=str(error), attempts=error.attempts, answered=error.answered)
        if done.finish == "length":
            return Answer(reason="the answer was cut at its most tokens", attempts=done.attempts)
        if not done.text:
            return Answer(reason="the answer has no text", attempts=done.attempts)
        return Answer(text=done.text, attempts=done.attempts)


@cache
def _prompt() -> str:
    return (files("collectors.accounts") / "rewrite.md").read_text()


def prompt(asked: Asked) -> str:
    """Return what the model is asked."""
    assert asked.trace.result is not None
    parts = {"final": final_sentence(true_value(asked.trace.result)), "source": asked.trace.source.strip("\n")}
    before, _, rest = _prompt().partition("{final}")
    middle, _, behind = rest.partition("{source}")
    last, _, end = behind.partition("{account}")
    return "".join([before, parts["final"], middle, parts["source"], last, asked.account, end])
