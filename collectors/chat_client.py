"""ChatClient: asks a model behind an OpenAI-compatible chat endpoint, tries again what may pass, and bounds every wait."""

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from collectors.errors import CollectorError

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


class ChatFailed(CollectorError):
    """No completion came: `answered` says that the question itself was heard and refused, `attempts` how often it was asked."""

    def __init__(self, reason: str, *, attempts: int, answered: bool) -> None:
        super().__init__(reason)
        self.attempts = attempts
        self.answered = answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A model's message as the endpoint gave it, why it ended, the tokens that it counted, and the attempts it took."""

    message: Mapping[str, Any]
    finish: str
    usage: Mapping[str, Any]
    attempts: int

    @property
    def text(self) -> str | None:
        """Return the message's text without the model's reasoning, or None when it has none."""
        content = self.message.get("content")
        if isinstance(content, list):
            texts = [part.get("text") for part in content if isinstance(part, dict)]
            content = "".join(text for text in texts if isinstance(text, str))
        if not isinstance(content, str):
            return None
        reasoning, mark, rest = content.partition("</think>")
        return (rest if mark and reasoning.lstrip().startswith("<think>") else content).strip()


class _Again(Exception):
    """An attempt that failed in a way that may pass; `wait` is what the server asked for, in seconds."""

    def __init__(self, reason: str, *, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class _Refused(Exception):
    """An attempt that would fail again; `answered` is what `ChatFailed` means by it."""

    def __init__(self, reason: str, *, answered: bool = True) -> None:
        super().__init__(reason)
        self.answered = answered


class _Nonsense(_Refused):
    """An answer that is no chat completion."""


class ChatClient:
    """`key` is sent as a bearer token and kept nowhere else; a `patient` client asks again after an answer that is nonsense."""

    def __init__(
        self,
        settings: ChatSettings,
        *,
        key: str = "",
        patient: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._key = key
        self._patient = patient
        self._sleep = sleep

    def ask(self, question: Mapping[str, Any], *, seed: int) -> Completion:
        """Return the completion of the fields `question`, beside which model, temperature, seed and most tokens are sent.

        Raises `ChatFailed`.
        """
        draw, settings, reason = random.Random(seed), self._settings, ""
        for attempt in range(1, settings.attempts + 1):
            wait = 0.0
            try:
                return self._completion(self._post({**self._always(seed), **question}), attempt)
            except _Refused as error:
                if not (self._patient and isinstance(error, _Nonsense)):
                    raise ChatFailed(str(error), attempts=attempt, answered=error.answered) from error
                reason = str(error)
            except _Again as error:
                reason, wait = str(error), error.wait
            if attempt < settings.attempts:
                own = settings.first_wait * 2 ** (attempt - 1) * (0.5 + draw.random() / 2)
                self._sleep(min(max(own, wait), settings.longest_wait))
        raise ChatFailed(reason, attempts=settings.attempts, answered=False)

    def _always(self, seed: int) -> dict[str, Any]:
        return {
            "model": self._settings.model,
            "temperature": self._settings.temperature,
            "seed": seed,
            "max_tokens": self._settings.most_tokens,
        }

    def _post(self, body: Mapping[str, Any]) -> bytes:
        """Return what comes back with status 200 from one attempt."""
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
            raise _Again(f"status {response.status_code}", wait=float(wait) if wait.isdigit() else 0.0)
        if response.status_code != 200:
            reason = f"status {response.status_code}: {self._shown(data)!r}"
            raise _Refused(reason, answered=response.status_code in _ITS_OWN)
        return data

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

    def _completion(self, data: bytes, attempts: int) -> Completion:
        try:
            answer: Any = json.loads(data)
            choice = answer["choices"][0]
            message, finish, usage = choice["message"], choice.get("finish_reason"), answer.get("usage")
            message.get("content")
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
            raise _Nonsense(f"no chat completion came back: {self._shown(data)!r}") from error
        counted = usage if isinstance(usage, dict) else {}
        return Completion(message=message, finish=str(finish or ""), usage=counted, attempts=attempts)

    def _shown(self, data: bytes) -> str:
        """Return the beginning of an answer for a reason, which is stored: some servers repeat the key that they refuse."""
        text = data.decode("utf-8", "replace")
        return (text.replace(self._key, "KEY") if self._key else text)[:200]
