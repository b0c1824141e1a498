"""Trace bounds: how much of one run of the user's own code is recorded."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceBounds:
    """Most steps of a trace, deepest call that is stepped into, and seconds: of the program's CPU time, or of recording."""

    events: int = 5000
    depth: int = 50
    seconds: float = 30.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be above 0")
