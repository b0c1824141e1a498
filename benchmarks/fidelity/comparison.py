"""Comparison: a trace's end beside what the interpreter gives, and a trace beside another of the same call."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from benchmarks.table import Claim
from trajectories.frame import FrameKind
from trajectories.trace_record import Trace

# What the tracer writes where it leaves something out (docs/trace-values.md).
_CUT = re.compile(
    r"<\.\.\. \d+ (?:more|items|characters) \.\.\.>|<(?:list|tuple|dict|set|frozenset) of \d+>|<int of \d+ bits>"
)
_MOST_MESSAGE = 500


@dataclass(slots=True, kw_only=True)
class Tally:
    """How many were compared and found the same, which differ, and why others cannot be compared."""

    same: int = 0
    other: list[str] = field(default_factory=list)
    apart: Counter[str] = field(default_factory=Counter)

    def take(self, name: str, reason: str | None, *, holds: bool) -> None:
        """Count one: apart when there is a reason."""
        if reason is not None:
            self.apart[reason] += 1
        elif holds:
            self.same += 1
        else:
            self.other.append(name)

    def claim(self, text: str) -> Claim:
        """Return the line: all that can be compared are the same, and some can."""
        value = f"{self.same:,} of {self.same + len(self.other):,}"
        left = "; ".join(f"{count:,} {reason}" for reason, count in self.apart.most_common())
        return Claim(
            claim=text,
            value=f"{value} (not compared: {left})" if left else value,
            bar="all",
            holds=self.same > 0 and not self.other,
        )


def compare_value(text: str, answer: dict[str, Any]) -> tuple[str | None, bool]:
    """Return why the text of a value cannot be compared with the interpreter's, or None, and whether it is the same."""
    wanted = answer["text"]
    if not answer["exact"]:
        return "hold what is of no known exact type", False
    if text == wanted:
        return None, True
    cut = _CUT.search(text)
    if cut is None and answer["end"] == "raised" and len(wanted) > _MOST_MESSAGE:
        cut = re.search("$", text)
    if cut is not None and wanted.startswith(text[: cut.start()]):
        return "shortened", False
    return None, False


def same_frames(one: Trace, other: Trace) -> bool:
    """Say whether two traces have the same frames, wherever their code stands."""
    shown = [
        [(f.kind, f.depth, f.source_line, list(f.locals.items()), f.value) for f in trace.frames]
        for trace in (one, other)
    ]
    return shown[0] == shown[1]


def end_of(trace: Trace) -> tuple[str, str] | None:
    """Return how the trace ended ("returned" or "raised") and the text of its last frame's value; None when it was cut."""
    end = trace.result
    if end is None or end.value is None:
        return None
    return ("returned" if end.kind is FrameKind.RETURN else "raised"), end.value
