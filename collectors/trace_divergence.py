"""Trace divergence: two runs of one test, on a buggy and on a fixed tree, laid side by side: the first frame where they part."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collectors.line_places import LinePlaces

Frame = Mapping[str, Any]
_LEAVING = ("return", "exception")
# An address differs from run to run and says nothing.
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The frames of one test, as rows of the schema, all its traces one after another; `cut` says what ended them early."""

    frames: Sequence[Frame]
    cut: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """The innermost call that is open where the runs part and ends otherwise in each (empty: it does not), with its arguments."""

    function: str
    file: str
    arguments: Mapping[str, str]
    actual: str
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """Where a buggy run parts from the fixed one; numbers are places of frames in the buggy run, -1 for none.

    `status` is `parted`; `same` when every frame is alike; `unsteady` when two runs of the fixed tree part there or before;
    `cut` when a recording ends before they part; `missing` when there is no recording. `differs` says in what: `path` (the
    frame is another), `state` (names have other values: `changed`, with both texts), `value` (what leaves a scope), `end`.
    `reached` is the first frame on a line that the fix changes, `failing` the frame in which the error that ends the test is
    raised; `distance` counts the frames from where they part to there.
    """

    status: str
    parted: int = -1
    differs: str = ""
    changed: Sequence[tuple[str, str | None, str | None]] = ()
    reached: int = -1
    failing: int = -1
    call: CallFacts | None = None

    @property
    def distance(self) -> int:
        """Return how many frames lie between where the runs part and the failure, -1 where one of them is missing."""
        return self.failing - self.parted if self.failing >= self.parted >= 0 else -1

    @property
    def on_path(self) -> bool:
        """Say whether the run reaches a line that the fix changes, not after the frame where it parts."""
        return 0 <= self.reached <= self.parted if self.parted >= 0 else self.reached >= 0


def places_of(buggy: Mapping[str, str], fixed: Mapping[str, str]) -> dict[str, LinePlaces]:
    """Return the places of the lines of each file in which the states differ."""
    paths = {path for path in {*buggy, *fixed} if buggy.get(path, "") != fixed.get(path, "")}
    return {path: LinePlaces(buggy.get(path, ""), fixed.get(path, "")) for path in sorted(paths)}


def diverge(
    buggy: Recording, fixed: Recording, places: Mapping[str, LinePlaces], *, again: Recording | None = None
) -> Divergence:
    """Return where the runs part; `again` is another recording of the fixed tree."""
    if not buggy.frames or not fixed.frames:
        return Divergence(status="missing")
    ours = [_key(frame, places, fixed=False) for frame in buggy.frames]
    theirs = [_key(frame, places, fixed=True) for frame in fixed.frames]
    parted = _first_difference(ours, theirs)
    failing, reached = failing_frame(buggy.frames), _reached(buggy.frames, fixed.frames, parted, places)
    if parted is None:
        return Divergence(status="cut" if buggy.cut or fixed.cut else "same", failing=failing, reached=reached)
    steady = _first_difference(theirs, [_key(frame, places, fixed=True) for frame in again.frames]) if again else None
    if steady is not None and steady <= parted:
        return Divergence(status="unsteady", failing=failing, reached=reached)
    at_end = parted >= min(len(ours), len(theirs))
    if at_end and (buggy.cut or fixed.cut):
        return Divergence(status="cut", failing=failing, reached=reached)
    one, other = (frames[parted] if parted < len(frames) else {} for frames in (buggy.frames, fixed.frames))
    changed = _changes(one, other)
    same_place = bool(one and other) and ours[parted][:5] == theirs[parted][:5]
    differs = "end" if at_end else "path" if not same_place else "value" if not changed else "state"
    return Divergence(
        status="parted",
        parted=parted,
        differs=differs,
        changed=changed if differs == "state" else (),
        reached=reached,
        failing=failing,
        call=_open_call(buggy.frames, fixed.frames, parted),
    )


def _key(frame: Frame, places: Mapping[str, LinePlaces], *, fixed: bool) -> tuple[Any, ...]:
    """Return what makes a frame the same in both runs; the text of its line does not count, nor an address."""
    lines, number = places.get(frame["file"]), frame["line_number"]
    place = number if lines is None else lines.fixed(number) if fixed else lines.buggy(number)
    changed = tuple((change["name"], _steady(change["text"])) for change in frame["changed"])
    return frame["kind"], frame["depth"], frame["file"], frame["function"], place, changed, _steady(frame["value"])


def _steady(text: str | None) -> str | None:
    return _ADDRESS.sub("0x", text) if text is not None and "0x" in text else text


def _first_difference(one: Sequence[object], other: Sequence[object]) -> int | None:
    found = next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    return min(len(one), len(other)) if found is None and len(one) != len(other) else found


def _changes(one: Frame, other: Frame) -> list[tuple[str, str | None, str | None]]:
    mine, yours = ({c["name"]: c["text"] for c in frame.get("changed") or ()} for frame in (one, other))
    names = list(dict.fromkeys([*mine, *yours]))
    return [(n, mine.get(n), yours.get(n)) for n in names if _steady(mine.get(n)) != _steady(yours.get(n))]


def _reached(
    buggy: Sequence[Frame], fixed: Sequence[Frame], parted: int | None, places: Mapping[str, LinePlaces]
) -> int:
    """Return the first frame on a changed line; up to where the runs part, a line of either state counts."""
    shared = len(buggy) if parted is None else parted + 1
    for number, frame in enumerate(buggy):
        lines = places.get(frame["file"])
        if lines and frame["line_number"] in lines.changed_buggy:
            return number
        other = fixed[number] if number < min(shared, len(fixed)) else None
        lines = places.get(other["file"]) if other else None
        if other and lines and other["line_number"] in lines.changed_fixed:
            return number
    return -1


def failing_frame(frames: Sequence[Frame]) -> int:
    """Return the frame in which the exception is raised that ends the test, -1 when none does.

    It is the first of the frames by which one exception leaves a scope after another, the last of them the test's own.
    """
    ends = [n for n, frame in enumerate(frames) if frame["kind"] == "exception" and frame["depth"] == 0]
    if not ends:
        return -1
    first = ends[-1]
    while (
        first and frames[first - 1]["kind"] == "exception" and frames[first - 1]["depth"] == frames[first]["depth"] + 1
    ):
        first -= 1
    return first


def _open_call(buggy: Sequence[Frame], fixed: Sequence[Frame], parted: int) -> CallFacts | None:
    """Return the innermost call that was open where the runs parted and ends otherwise in each; the test itself is none."""
    opened: list[Frame] = []
    for frame in buggy[: parted + (parted < len(buggy))]:
        del opened[frame["depth"] + (frame["kind"] != "call") :]
        if frame["kind"] == "call":
            opened.append(frame)
    for call in opened[:0:-1]:
        actual, expected = (_end_of(frames, parted, call["depth"]) for frames in (buggy, fixed))
        if actual != expected:
            arguments = {change["name"]: change["text"] or "" for change in call["changed"]}
            named = {"function": call["function"], "file": call["file"]}
            return CallFacts(**named, arguments=arguments, actual=actual, expected=expected)
    return None


def _end_of(frames: Sequence[Frame], first: int, depth: int) -> str:
    ends = _ends(frames, first, depth)
    return next(ends, "")


def _ends(frames: Sequence[Frame], first: int, depth: int) -> Iterator[str]:
    for frame in frames[first:]:
        if frame["kind"] in _LEAVING and frame["depth"] == depth:
            yield frame["value"] if frame["kind"] == "return" else f"raises {frame['value']}"
