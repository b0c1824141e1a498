"""IssueFixSettings: how much of a history is mined."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFixSettings:
    """So many of the newest `changes` (commits or releases) of each history are mined; none by itself, for each is an image.

    Of one change at most `tasks` are kept, found in at most `runs` runs of its tests, over at most `pieces` of its source.
    A commit may change at most `lines` lines of source, for it is taken whole. With `episodes` the run's policy plays the
    tasks: the built-in repairer gives them up, since their goals name no function and no test.
    """

    changes: int = 0
    tasks: int = 6
    pieces: int = 120
    runs: int = 150
    lines: int = 200
    test_seconds: float = 180
    episodes: bool = False

    def __post_init__(self) -> None:
        for name in ("tasks", "pieces", "runs", "lines", "test_seconds"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be at least 1")
        if self.changes < 0:
            raise ValueError(f"changes is {self.changes!r}: it must be 0 or more")
