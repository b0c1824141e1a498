"""EpisodeLimits: the budgets of one episode, and the count of what it has used."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from trajectories.ends import End
from trajectories.episode import Step

# Where no policy counts: English text and code have about four characters a token.
CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeLimits:
    """The most that one episode may use.

    `tokens` are those of the conversation, which only grows: as the policy counts them, else a quarter of its characters.
    `bytes` are what messages and commands write, shown or not. A command ends after `command_seconds`; of an observation
    `shown` characters are shown. After `malformed` messages in a row without a well-formed call the episode ends.
    """

    steps: int = 100
    tokens: int = 131_072
    seconds: float = 300.0
    bytes: int = 64 << 20
    command_seconds: float = 60.0
    shown: int = 16_000
    malformed: int = 5

    def __post_init__(self) -> None:
        for name in ("steps", "tokens", "seconds", "bytes", "command_seconds", "malformed"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be above 0")
        if self.shown < 200:
            raise ValueError(f"shown is {self.shown!r}: an observation needs at least 200 characters")


class Budget:
    """What an episode has used of its limits; the clock begins when it is made."""

    def __init__(self, limits: EpisodeLimits, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._began = clock()
        self.steps = 0
        self.tokens = 0
        self.bytes = 0
        self.malformed = 0

    def spent(self) -> End | None:
        """Return which limit is reached, or None."""
        used = {
            End.STEPS: (self.steps, self._limits.steps),
            End.TOKENS: (self.tokens, self._limits.tokens),
            End.SECONDS: (self._clock() - self._began, self._limits.seconds),
            End.BYTES: (self.bytes, self._limits.bytes),
            End.MALFORMED: (self.malformed, self._limits.malformed),
        }
        return next((end for end, (now, most) in used.items() if now >= most), None)

    def count(self, step: Step, message: str, *, tokens: int) -> None:
        """Add a step with its message; `tokens` are those of the conversation so far."""
        self.steps += 1
        self.tokens = tokens
        self.bytes += len(message.encode()) + step.output_bytes
        self.malformed = 0 if step.tool else self.malformed + 1

    def command_seconds(self) -> float:
        """Return how long the next command may take: never much longer than the episode."""
        left = self._limits.seconds - (self._clock() - self._began)
        return max(1.0, min(self._limits.command_seconds, left))
