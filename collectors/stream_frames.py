"""Stream frames: the events of a stream as columns of frames, which the schema takes as they are."""

from collections.abc import Callable, Sequence

import numpy as np

from collectors.errors import GuestStreamError
from collectors.events import CALL, LINE, UNWIND, CodeSeen, Stream
from trajectories.frame_columns import FrameColumns

# A table of marks is quicker than sorting while it is not much longer than what is sorted.
_TABLE = 65536


def frame_columns(stream: Stream, source_line: Callable[[str, int], str], shown: Callable[[str], str]) -> FrameColumns:
    """Return the frames of all traces; unwinding, which is no frame, is left out.

    `source_line(file, number)` gives a line with its newline, `shown(file)` the name under which a file is stored. Raises
    `GuestStreamError` where a change is of no name, or deletes or binds a name that cannot be.
    """
    events = stream.events
    frame_E = events.kind_E != UNWIND
    names, renamed_N = _merged(stream.names)
    source_lines, source_F = _source_lines(stream.codes, events.code_E[frame_E], events.line_E[frame_E], source_line)
    kind_F, count_F, depth_F = events.kind_E[frame_E], events.count_E[frame_E], events.depth_E[frame_E]
    state_C = np.repeat(kind_F <= LINE, count_F)
    name_S = events.name_C[state_C]
    if name_S.max(initial=-1) >= len(stream.names):
        raise GuestStreamError(f"change of name {name_S.max()}, expected one of the {len(stream.names)} announced")
    name_S = renamed_N[name_S]
    frame_S = np.repeat(np.arange(len(kind_F)), np.where(kind_F <= LINE, count_F, 0))
    return FrameColumns(
        starts_T=np.concatenate(([0], np.cumsum(frame_E)))[events.starts_T],
        kind_F=kind_F,
        depth_F=depth_F,
        line_F=events.line_E[frame_E],
        source_F=source_F,
        code_F=events.code_E[frame_E],
        count_F=count_F,
        name_S=name_S,
        order_S=_order(frame_S, scopes(kind_F, depth_F)[frame_S], name_S, np.diff(events.offsets_C)[state_C] == 0),
        offsets_C=events.offsets_C,
        text=events.text,
        names=names,
        source_lines=source_lines,
        codes=[(shown(code.file), code.name) for code in stream.codes],
    )


def codes_of(stream: Stream) -> list[list[CodeSeen]]:
    """Return for each trace the codes that it ran, in the order of their first calls."""
    events, codes = stream.events, len(stream.codes)
    trace_E = np.repeat(np.arange(len(stream.traces)), np.diff(events.starts_T))
    pairs, place_E = distinct(trace_E * codes + events.code_E, len(stream.traces) * codes)
    first = _firsts(place_E, len(pairs))
    ran: list[dict[CodeSeen, None]] = [{} for _ in stream.traces]
    for pair in pairs[np.argsort(first)].tolist():
        ran[pair // codes][stream.codes[pair % codes]] = None
    return [list(found) for found in ran]


def distinct(keys: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct keys, sorted, and for each key its place among them; all keys are 0 to size - 1."""
    if size > 4 * len(keys) + _TABLE:
        found, place = np.unique(keys, return_inverse=True)
        return found, place
    seen = np.zeros(size, bool)
    seen[keys] = True
    found = np.flatnonzero(seen)
    place = np.zeros(size, np.int64)
    place[found] = np.arange(len(found))
    return found, place[keys]


def scopes(kind_F: np.ndarray, depth_F: np.ndarray) -> np.ndarray:
    """Return the number of each frame's scope, which is that of the last call of its depth."""
    order = stable_order(depth_F)
    number_F = np.empty(len(kind_F), np.int64)
    number_F[order] = np.cumsum(kind_F[order] == CALL)
    return number_F


def _firsts(place_E: np.ndarray, size: int) -> np.ndarray:
    # Of several values assigned to one place, NumPy keeps the last (documentation, "assigning values to indexed arrays").
    first = np.zeros(size, np.int64)
    first[place_E[::-1]] = np.arange(len(place_E))[::-1]
    return first


def _merged(names: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Return the names without repetition, and for each number of the stream its place among them."""
    places: dict[str, int] = {}
    numbers = [places.setdefault(name, len(places)) for name in names]
    return list(places), np.array(numbers, np.int64)


def _source_lines(
    codes: Sequence[CodeSeen], code_F: np.ndarray, line_F: np.ndarray, source_line: Callable[[str, int], str]
) -> tuple[list[str], np.ndarray]:
    """Return the distinct source lines, and for each frame the place of its line among them."""
    width = int(line_F.max(initial=0)) + 1
    pairs, place_F = distinct(code_F * width + line_F, len(codes) * width)
    texts = [source_line(codes[pair // width].file, pair % width) for pair in pairs.tolist()]
    merged, places = _merged(texts)
    return merged, places[place_F]


def stable_order(*keys: np.ndarray) -> np.ndarray:
    """Return the order that sorts by the last key, then the one before it, and so on, and else keeps the order."""
    order = np.arange(len(keys[0]))
    for key in keys:
        # NumPy sorts 16-bit integers by radix, in linear time.
        narrow = key.astype(np.uint16) if key.max(initial=0) < 1 << 16 else key
        order = order[np.argsort(narrow[order], kind="stable")]
    return order


def _order(frame_S: np.ndarray, scope_S: np.ndarray, name_S: np.ndarray, gone_S: np.ndarray) -> np.ndarray | None:
    """Return the order in which changes are stored, or None when it is theirs.

    Within a frame the rebound names come in binding order, then the new ones, then the deleted ones: the order that can
    be told from the frames' states alone. The guest writes them in the order of the function's slots.
    """
    by = stable_order(name_S, scope_S)
    scope, name, gone, frame = scope_S[by], name_S[by], gone_S[by], frame_S[by]
    again = np.zeros(len(by), bool)
    again[1:] = (scope[1:] == scope[:-1]) & (name[1:] == name[:-1])
    bound = again.copy()
    bound[1:] &= ~gone[:-1]
    if (gone & ~bound).any():
        raise GuestStreamError("change that deletes a name which is not bound")
    if (again[1:] & (frame[1:] == frame[:-1])).any():
        raise GuestStreamError("event that changes a name twice")
    born = np.maximum.accumulate(np.where(bound, 0, np.arange(len(by))))
    rank_S = np.empty(len(by), np.int64)
    rank_S[by] = by[born] + gone * len(by)
    wrong = (frame_S[1:] == frame_S[:-1]) & (rank_S[1:] < rank_S[:-1])
    if not wrong.any():
        return None
    moved = np.flatnonzero(np.isin(frame_S, frame_S[1:][wrong]))
    order = np.arange(len(by))
    order[moved] = moved[np.lexsort((rank_S[moved], frame_S[moved]))]
    return order
