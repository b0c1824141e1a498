"""ChatEndpoint: a rewriter that asks a model behind an OpenAI-compatible chat endpoint."""

import hashlib
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from collectors.accounts.final_value import final_sentence, true_value
from collectors.accounts.rewriter import Answer, Asked

_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504, 529})
# What is wrong with this question, where 401 or 404 would be the answer to any.
_ITS_OWN = frozenset({400, 413, 422})
_CONNECT_SECONDS = 10.0
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSettings:
    """Where a model is asked and how: `url` is the base below which `/chat/completions` lies.

    `key_variable` names the environment variable with the key; empty for an endpoint that wants none. `seconds` bound one
    attempt, `first_wait` and `longest_wait` the waiting before the next one, which doubles each time.
    """

    url: str
    model: str
    key_variable: str = ""
    temperature: float = 0.7
    most_tokens: int = 2048
    most_bytes: int = 1_000_000
    seconds: float = 120.0
    attempts: int = 4
    first_wait: float = 1.0
    longest_wait: float = 30.0
    concurrency: int = 8

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"url is {self.url!r}: it must begin with http:// or https:// and name a host")
        if parts.username or parts.password or parts.query:
            raise ValueError("url holds a user, a password or a query: a key belongs into the variable of key_variable")
        if not self.model:
            raise ValueError("model is empty: name one that the endpoint has")
        for name in ("most_tokens", "most_bytes", "seconds", "attempts", "concurrency"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be above 0")


class _Again(Exception):
    """An attempt that failed in a way that may pass; `wait` is what the server asked for, in seconds."""

    def __init__(self, reason: str, *, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class _Refused(Exception):
    """An attempt that would fail again; `answered` is what `Answer` means by it."""

    def __init__(self, reason: str, *, answered: bool = True) -> None:
        super().__init__(reason)
        self.answered = answered


class ChatEndpoint:
    """See `Rewriter`; `key` is sent as a bearer token and kept nowhere else."""

    def __init__(self, settings: ChatSettings, *, key: str = "", sleep: Callable[[float], None] = time.sleep) -> None:
        self.name = settings.model
        self.method = f"rewrite-{hashlib.sha256(_prompt().encode()).hexdigest()[:8]}"
        self.concurrency = settings.concurrency
        self._settings = settings
        self._key = key
        self._sleep = sleep

    def rewrite(self, asked: Asked) -> Answer:
        """See `Rewriter.rewrite`."""
        draw, reason = random.Random(asked.seed), ""
        for attempt in range(1, self._settings.attempts + 1):
            try:
                return Answer(text=self._ask(asked), attempts=attempt)
            except _Refused as error:
                return Answer(reason=str(error), attempts=attempt, answered=error.answered)
            except _Again as error:
                reason = str(error)
                if attempt < self._settings.attempts:
                    wait = self._settings.first_wait * 2 ** (attempt - 1) * (0.5 + draw.random() / 2)
                    self._sleep(min(max(wait, error.wait), self._settings.longest_wait))
        return Answer(reason=reason, attempts=self._settings.attempts, answered=False)

    def _ask(self, asked: Asked) -> str:
        """Return the model's text from one attempt."""
        body: dict[str, Any] = {
            "model": self._settings.model,
            "messages": [{"role": "user", "content": prompt(asked)}],
            "temperature": self._settings.temperature,
            "seed": asked.seed,
            "max_tokens": self._settings.most_tokens,
        }
        deadline = time.monotonic() + self._settings.seconds
        try:
            with requests.post(
                f"{self._settings.url.rstrip('/')}/chat/completions",
                json=body,
                auth=self._authorised,
                timeout=(_CONNECT_SECONDS, self._settings.seconds),
                allow_redirects=False,
                stream=True,
            ) as response:
                data = self._read(response, deadline)
        except (requests.Timeout, urllib3.exceptions.ReadTimeoutError) as error:
            raise _Again(f"no answer in {self._settings.seconds:g} seconds") from error
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise _Again(f"the connection failed: {type(error).__name__}") from error
        if response.status_code in _AGAIN:
            wait = response.headers.get("Retry-After", "")
            seconds = float(wait) if wait.isdigit() else 0.0
            raise _Again(f"status {response.status_code}", wait=seconds)
        if response.status_code != 200:
            reason = f"status {response.status_code}: {data[:200].decode('utf-8', 'replace')!r}"
            raise _Refused(reason, answered=response.status_code in _ITS_OWN)
        return _text_of(data)

    def _authorised(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        # Given as `auth`, so that requests does not put a password of a .netrc file in its place.
        if self._key:
            request.headers["Authorization"] = f"Bearer {self._key}"
        return request

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        """Return the body; one that is too long is refused, one that comes too slowly is asked for again."""
        data = bytearray()
        while piece := response.raw.read1(_PIECE, decode_content=True):
            data += piece
            if len(data) > self._settings.most_bytes:
                raise _Refused(f"the answer has more than {self._settings.most_bytes:,} bytes")
            if time.monotonic() > deadline:
                raise _Again(f"no whole answer in {self._settings.seconds:g} seconds")
        return bytes(data)


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


def _text_of(data: bytes) -> str:
    """Return the text of a chat completion without the model's reasoning; refuse what is none, and one that was cut."""
    try:
        choice: Any = json.loads(data)["choices"][0]
        text, finish = choice["message"]["content"], choice.get("finish_reason")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise _Refused(f"no chat completion came back: {data[:200].decode('utf-8', 'replace')!r}") from error
    if finish == "length":
        raise _Refused("the answer was cut at its most tokens")
    if not isinstance(text, str) or not text.strip():
        raise _Refused("the answer has no text")
    reasoning, mark, rest = text.partition("</think>")
    return (rest if mark and reasoning.lstrip().startswith("<think>") else text).strip()
