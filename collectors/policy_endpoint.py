"""EndpointPolicy: a policy that asks a model behind an OpenAI-compatible chat endpoint."""

import hashlib
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from collectors.chat_client import ChatClient, ChatFailed, ChatSettings, Completion
from collectors.conversation import system_prompt
from collectors.episode_limits import CHARACTERS_PER_TOKEN
from collectors.policy import Message, PolicyFault, PolicySpent, Usage
from collectors.tool_calls import call_of, chat_messages, message_of, tool_definitions
from trajectories.ends import End

_FORMS = ("calls", "text")
_TOO_LONG = re.compile(
    r"context.{0,20}(length|window|size)|maximum.{0,40}tokens|max_model_len|too (long|large)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSettings(ChatSettings):
    """See `ChatSettings`; `form` is `calls` for a model with function calls, `text` for any.

    `total_tokens` bound what all questions and answers of an episode have together, `most_cost` what they cost by the two
    prices, which are of a million tokens; 0 is no bound.
    """

    most_tokens: int = 4096
    seconds: float = 180.0
    form: str = "calls"
    total_tokens: int = 2_000_000
    prompt_price: float = 0.0
    completion_price: float = 0.0
    most_cost: float = 0.0

    def __post_init__(self) -> None:
        ChatSettings.__post_init__(self)
        if self.form not in _FORMS:
            raise ValueError(f"form is {self.form!r}: it must be one of {', '.join(_FORMS)}")
        for name in ("total_tokens", "prompt_price", "completion_price", "most_cost"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must not be below 0")
        if self.most_cost and not (self.prompt_price or self.completion_price):
            raise ValueError(
                f"most_cost is {self.most_cost!r}, but no price is given: set prompt_price, completion_price"
            )


class EndpointPolicy:
    """See `Policy` and `Metered`; one for each episode."""

    def __init__(
        self, settings: EndpointSettings, *, key: str = "", seed: int = 0, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.name = policy_name(settings)
        self.usage = Usage()
        self._settings = settings
        self._seed = seed
        self._client = ChatClient(settings, key=key, patient=True, sleep=sleep)

    def reply(self, messages: Sequence[Message]) -> str:
        """See `Policy.reply`."""
        self._check_budget()
        calls = self._settings.form == "calls"
        question: dict[str, Any] = {"messages": chat_messages([_system(calls), *messages[1:]], calls=calls)}
        if calls:
            question["tools"] = tool_definitions()
        try:
            done = self._client.ask(question, seed=self._seed + len(messages))
        except ChatFailed as error:
            if error.answered and _TOO_LONG.search(str(error)):
                raise PolicySpent(End.TOKENS, f"the conversation is too long for the model: {error}") from error
            raise PolicyFault(
                f"{self._settings.model!r} gave no answer in {error.attempts} attempts: {error}"
            ) from error
        call = call_of(done.message) if calls else None
        text = message_of(done.text or "", *call) if call else done.text or ""
        self._count(done, sum(len(message.content) for message in messages), len(text))
        return text

    def _check_budget(self) -> None:
        used, settings = self.usage.prompt_tokens + self.usage.completion_tokens, self._settings
        if settings.total_tokens and used >= settings.total_tokens:
            raise PolicySpent(End.TOKENS, f"{used:,} tokens are used of {settings.total_tokens:,}")
        if settings.most_cost and (self.usage.cost or 0.0) >= settings.most_cost:
            raise PolicySpent(End.COST, f"{self.usage.cost:.4f} is spent of {settings.most_cost:.4f}")

    def _count(self, done: Completion, asked: int, answered: int) -> None:
        """Add the tokens as the endpoint counts them, else estimated from the characters."""
        prompt = _tokens(done.usage.get("prompt_tokens"), asked)
        completion = _tokens(done.usage.get("completion_tokens"), answered)
        prompts, completions = self.usage.prompt_tokens + prompt, self.usage.completion_tokens + completion
        prices = self._settings.prompt_price, self._settings.completion_price
        self.usage = Usage(
            calls=self.usage.calls + 1,
            prompt_tokens=prompts,
            completion_tokens=completions,
            conversation=prompt + completion,
            cost=(prompts * prices[0] + completions * prices[1]) / 1e6 if any(prices) else None,
        )


def _tokens(counted: Any, characters: int) -> int:
    known = isinstance(counted, int) and not isinstance(counted, bool) and counted >= 0
    return counted if known else characters // CHARACTERS_PER_TOKEN


def _system(calls: bool) -> Message:
    text = (files("collectors") / "forager_calls_prompt.md").read_text() if calls else system_prompt()
    return Message(role="system", content=text)


def policy_name(settings: EndpointSettings) -> str:
    """Return the model's name and a digest of what else decides its answers: form, temperature, prompt, tools."""
    calls = settings.form == "calls"
    decides = (settings.form, settings.temperature, settings.most_tokens, _system(calls).content)
    digest = hashlib.sha256(repr((*decides, tool_definitions() if calls else "")).encode()).hexdigest()
    return f"{settings.model} {settings.form}-{digest[:8]}"
