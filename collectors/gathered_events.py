"""Gathered events: events in another order and in other traces, with their changes and texts, all in columns."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from collectors.events import Events, Stream

# What guest/worldline_snapshot.py writes in the place of what it leaves out.
_MARKS = r"<\.\.\. \d+ (more|characters|items) \.\.\.>|<(list|tuple|dict|set|frozenset) of \d+>|<int of \d+ bits>"


def gathered(events: Events, order_E: np.ndarray, starts_T: np.ndarray) -> Events:
    """Return the events of `order_E` in traces that begin at `starts_T`; a trace's first event has depth 0.

    Of each scope all events up to some event are taken, or none: what has changed is told from the scope's last event on.
    """
    count_E = events.count_E[order_E]
    first_E = (np.cumsum(events.count_E) - events.count_E)[order_E]
    change_C = runs(first_E, count_E)
    offsets, text = _texts(events, change_C)
    depth_E = events.depth_E[order_E]
    return Events(
        starts_T=starts_T,
        kind_E=events.kind_E[order_E],
        code_E=events.code_E[order_E],
        line_E=events.line_E[order_E],
        count_E=count_E,
        depth_E=depth_E - np.repeat(depth_E[starts_T[:-1]], np.diff(starts_T)),
        name_C=events.name_C[change_C],
        offsets_C=offsets,
        text=text,
    )


def only(stream: Stream, numbers: Sequence[int]) -> Stream:
    """Return the stream with these traces alone, in this order."""
    events, chosen = stream.events, np.array(numbers, np.int64)
    lengths = np.diff(events.starts_T)[chosen]
    order = runs(events.starts_T[:-1][chosen], lengths)
    starts = np.concatenate(([0], np.cumsum(lengths)))
    traces = [stream.traces[number] for number in numbers]
    return Stream(traces=traces, codes=stream.codes, names=stream.names, events=gathered(events, order, starts))


def runs(firsts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return the numbers from each first on, as many as its length says, one run after another."""
    ends = np.cumsum(lengths)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(firsts - (ends - lengths), lengths)


def _texts(events: Events, change_C: np.ndarray) -> tuple[np.ndarray, bytes]:
    """Return the offsets and the text of these changes."""
    if not len(change_C):
        return np.zeros(1, np.int64), b""
    _, offsets, text = _strings(events).take(pa.array(change_C)).buffers()
    return np.frombuffer(offsets, np.int64, len(change_C) + 1), text.to_pybytes()


def _strings(events: Events) -> pa.LargeStringArray:
    """Return the texts of all changes, which are not copied."""
    texts = pa.py_buffer(events.offsets_C), pa.py_buffer(events.text)
    return pa.LargeStringArray.from_buffers(len(events.offsets_C) - 1, *texts)


def shortened(stream: Stream) -> list[int]:
    """Return for each trace how many texts bear the guest's marks of what it left out; none where its recording has none."""
    starts, count_E = stream.events.starts_T, stream.events.count_E
    changes_T = np.concatenate(([0], np.cumsum(count_E)))[starts]
    marked = pc.match_substring_regex(_strings(stream.events), _MARKS).to_numpy(zero_copy_only=False)
    sums = np.concatenate(([0], np.cumsum(marked)))[changes_T]
    return [int(n) if seen.values_cut else 0 for n, seen in zip(np.diff(sums), stream.traces, strict=True)]
