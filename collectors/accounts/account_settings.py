"""AccountSettings: what a run makes of its traces in English."""

from dataclasses import dataclass

from collectors.chat_client import ChatSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """The most characters of an account; with `rewriter`, a model tells each in its own words too, `at_once` to a unit."""

    longest: int = 6000
    at_once: int = 64
    rewriter: ChatSettings | None = None

    def __post_init__(self) -> None:
        for name in ("longest", "at_once"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be at least 1")
