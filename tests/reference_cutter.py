"""The plain cutter: one object for each event and each scope; what the cutter in columns must equal."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.reference_decoder import reference_events
from trajectories.frame import Frame, FrameKind

_ALL = (1 << 64) - 1


@dataclass(slots=True, kw_only=True)
class Piece:
    """A trace under way: its place among the calls of its recording, its frames, how it ended, what it stepped over."""

    place: int
    function: str
    frames: list[Frame] = field(default_factory=list)
    size: int = 0
    cut: str | None = "open"
    over: list[str] = field(default_factory=list)

    def take(self, frame: Frame, size: int, most: tuple[int, int]) -> None:
        """Add a frame, unless a bound was met or is met now."""
        if self.cut in ("events", "bytes"):
            return
        self.size += size
        if len(self.frames) >= most[0] or self.size > most[1]:
            self.cut = "events" if len(self.frames) >= most[0] else "bytes"
        else:
            self.frames.append(frame)


def reference_pieces(
    data: bytes, keys: list[str], rule: Any, is_function: Callable[[str], bool]
) -> list[tuple[int, Piece]]:
    """Return the traces of all recordings with the numbers of these, in the order of their first calls; none is refused."""
    made: list[tuple[int, Piece]] = []
    for number, (key, events) in enumerate(zip(keys, reference_events(data), strict=True)):
        made += [(number, piece) for piece in _pieces(key, events, rule, is_function)]
    return made


def _pieces(key: str, events: list[Any], rule: Any, is_function: Callable[[str], bool]) -> list[Piece]:
    pieces: list[Piece] = []
    # Of each open scope: its piece, its depth there, and how many functions are nested in it.
    scopes: list[tuple[Piece, int, int]] = []
    places = 0
    for kind, frame, size in events:
        if kind == "call":
            scopes.append(
                _scope(pieces, scopes, places, _chance(rule.seed, key, places) < rule.step_in, frame, rule, is_function)
            )
            places += 1
        piece, depth, _ = scopes[-1]
        if kind == "unwind":
            if depth == 0 and piece.cut == "open":
                last = piece.frames[-1]
                piece.cut = None if last.kind is FrameKind.EXCEPTION and last.depth == 0 else "unwound"
        else:
            moved = {name: getattr(frame, name) for name in Frame.__slots__}
            piece.take(Frame(**{**moved, "depth": depth}), size, (rule.events, rule.size))
            if kind == "return" and depth == 0 and piece.cut == "open":
                piece.cut = None
        if kind in ("return", "unwind"):
            scopes.pop()
    return pieces


def _scope(
    pieces: list[Piece],
    scopes: list[Any],
    place: int,
    inside: bool,
    frame: Frame,
    rule: Any,
    is_function: Callable[[str], bool],
) -> tuple[Piece, int, int]:
    function = is_function(frame.function)
    if scopes:
        piece, depth, nested = scopes[-1]
        nested += function
        if not function or (inside and nested <= rule.depth):
            return piece, depth + 1, nested
        if frame.function not in piece.over:
            piece.over.append(frame.function)
    pieces.append(Piece(place=place, function=frame.function))
    return pieces[-1], 0, 0


def _chance(seed: int, key: str, place: int) -> float:
    start = int.from_bytes(hashlib.blake2b(f"{seed} {key}".encode(), digest_size=8).digest(), "little")
    mixed = (start + (place + 1) * 0x9E3779B97F4A7C15) & _ALL
    mixed = ((mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9) & _ALL
    mixed = ((mixed ^ mixed >> 27) * 0x94D049BB133111EB) & _ALL
    return ((mixed ^ mixed >> 31) >> 11) / 2.0**53
