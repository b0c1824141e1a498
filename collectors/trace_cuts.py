"""Trace cuts: recordings of whole tests cut up into traces of functions, in columns, with no Python object for an event.

A call is inlined in the trace of its caller, or has a trace of its own, and its caller's steps over it (CWM, section 2.2).
So every event is in one trace. Which it is depends on a seed and on the call's place in its recording alone.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from collectors.call_tree import Calls, calls_of, chances, roots
from collectors.events import EXCEPTION, LINE, RETURN, UNWIND, CodeSeen, Events, Stream, TraceSeen
from collectors.gathered_events import gathered
from collectors.stream_frames import stable_order

_FEWEST_LINES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CutRule:
    """How recordings are cut: `step_in` is the probability that a call is inlined, unless it would be nested over `depth`.

    A trace ends where its frames or the bytes of their texts would exceed `events` or `size`, and says so.
    """

    step_in: float
    depth: int
    events: int
    size: int
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CutTraces:
    """Traces cut out of recordings: T of them in `stream`, each from a recording and from which of its calls on.

    `stepped_over` has the codes of the calls that have traces of their own. `refused` counts, by reason, what is no trace.
    """

    stream: Stream
    recording_T: np.ndarray
    place_T: np.ndarray
    stepped_over: list[list[CodeSeen]]
    refused: "Counter[str]"


def cut_up(stream: Stream, keys: Sequence[str], rule: CutRule, is_function: Callable[[CodeSeen], bool]) -> CutTraces:
    """Return the traces of the stream's recordings, each of which has a key of its own, in the order of their first calls.

    Code that is no function (a comprehension, a lambda, a class body) stays with its caller, whatever the depth. A trace
    that is not of a function, or that has fewer than two lines, is refused.
    """
    events, calls = stream.events, calls_of(stream.events)
    function_K = np.array([is_function(code) for code in stream.codes], bool)[events.code_E[calls.event_K]]
    root_K = roots(calls, function_K, chances(calls, keys, rule.seed) < rule.step_in, rule.depth)
    order_E, bounds = _within_bounds(events, root_K[calls.call_E], rule)
    root_E = root_K[calls.call_E[order_E]]
    lines_K = np.bincount(root_E[events.kind_E[order_E] == LINE], minlength=len(root_K))
    begins_K = root_K == np.arange(len(root_K))
    kept_K = begins_K & function_K & (lines_K >= _FEWEST_LINES)
    chosen = np.flatnonzero(kept_K)
    taken_E = kept_K[root_E]
    starts = np.searchsorted(root_E[taken_E], np.append(chosen, len(root_K)))
    made = gathered(events, order_E[taken_E], starts)
    recording_T = calls.recording_K[chosen]
    cuts = [bounds.get(root, end) for root, end in zip(chosen.tolist(), _ends(made), strict=True)]
    refused = {"no function": begins_K & ~function_K, "under two lines": begins_K & function_K & ~kept_K}
    return CutTraces(
        stream=Stream(
            traces=list(_seen(stream, recording_T.tolist(), cuts)), codes=stream.codes, names=stream.names, events=made
        ),
        recording_T=recording_T,
        place_T=calls.place_K[chosen],
        stepped_over=_stepped_over(stream, calls, root_K, chosen),
        refused=Counter({reason: int(what.sum()) for reason, what in refused.items()}),
    )


def _within_bounds(events: Events, root_E: np.ndarray, rule: CutRule) -> tuple[np.ndarray, dict[int, str]]:
    """Return the events trace by trace, up to where each meets a bound, and the bound by the call that begins the trace."""
    order_E = stable_order(root_E)
    root_E = root_E[order_E]
    first_E = np.searchsorted(root_E, root_E)
    ends_E = np.cumsum(events.count_E)
    size_E = (events.offsets_C[ends_E] - events.offsets_C[ends_E - events.count_E])[order_E]
    many_E = _up_to((events.kind_E[order_E] != UNWIND).astype(np.int64), first_E) > rule.events
    over_E = many_E | (_up_to(size_E, first_E) > rule.size)
    met = np.flatnonzero(over_E)
    found, firsts = np.unique(root_E[met], return_index=True)
    reasons = np.where(many_E[met[firsts]], "events", "bytes")
    return order_E[~over_E], dict(zip(found.tolist(), reasons.tolist(), strict=True))


def _up_to(values_E: np.ndarray, first_E: np.ndarray) -> np.ndarray:
    """Return the sum of the values from the first event of each event's trace up to it."""
    total_E = np.cumsum(values_E)
    return total_E - (total_E - values_E)[first_E]


# How a trace ends that meets no bound: with its entry function's last frame, without it, or before it.
_WHOLE, _UNWOUND, _OPEN = None, "unwound", ""


def _ends(events: Events) -> list[str | None]:
    """Return for each trace whether its entry function has ended, and with a frame that says so.

    An exception that goes on after a `finally` or a `with` leaves the function without another frame.
    """
    last_T = events.starts_T[1:] - 1
    kind_T, outermost_T = events.kind_E[last_T], events.depth_E[last_T] == 0
    raised_T = (events.kind_E[last_T - 1] == EXCEPTION) & (events.depth_E[last_T - 1] == 0)
    whole_T = outermost_T & ((kind_T == RETURN) | ((kind_T == UNWIND) & raised_T))
    unwound_T = outermost_T & (kind_T == UNWIND)
    ended = zip(whole_T.tolist(), unwound_T.tolist(), strict=True)
    return [_WHOLE if whole else _UNWOUND if unwound else _OPEN for whole, unwound in ended]


def _seen(stream: Stream, recordings: Sequence[int], cuts: Sequence[str | None]) -> Iterator[TraceSeen]:
    """Yield what is known of each trace: what is open where its recording ends was cut as that was."""
    for recording, cut in zip(recordings, cuts, strict=True):
        seen = stream.traces[recording]
        yield replace(seen, cut=(seen.cut or "killed") if cut == _OPEN else cut)


def _stepped_over(stream: Stream, calls: Calls, root_K: np.ndarray, chosen: np.ndarray) -> list[list[CodeSeen]]:
    """Return for each trace the codes of the calls in it that are not inlined, in the order of their first calls."""
    codes = len(stream.codes)
    apart = np.flatnonzero((root_K == np.arange(len(root_K))) & (calls.caller_K >= 0))
    code_A = stream.events.code_E[calls.event_K[apart]]
    pairs, firsts = np.unique(root_K[calls.caller_K[apart]] * codes + code_A, return_index=True)
    found: dict[int, list[CodeSeen]] = {root: [] for root in chosen.tolist()}
    for pair in pairs[np.argsort(firsts, kind="stable")].tolist():
        if pair // codes in found:
            found[pair // codes].append(stream.codes[pair % codes])
    return list(found.values())
