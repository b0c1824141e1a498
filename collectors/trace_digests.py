"""Trace digests: what tells that two traces, of one stream or of two, are equal."""

import hashlib
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from collectors.events import LINE, Stream


def trace_digests(stream: Stream, shown: Callable[[str], str]) -> list[str]:
    """Return for each trace 24 hexadecimal digits that depend on its content alone: equal for equal traces of any streams.

    `shown(file)` is the name of a file that counts. Where and why a trace was cut is content too.
    """
    events = stream.events
    code_N = _hashes([f"{shown(code.file)}\n{code.name}\n{code.first_line}" for code in stream.codes])
    columns = (events.kind_E, events.depth_E, code_N[events.code_E], events.line_E, events.count_E)
    rows_E = np.stack(columns, axis=1, dtype=np.int64, casting="unsafe")
    state_C = np.repeat(events.kind_E <= LINE, events.count_E)
    name_C = np.zeros(len(state_C), np.int64)
    name_C[state_C] = _hashes(stream.names)[events.name_C[state_C]]
    rows_C = np.stack((name_C, np.diff(events.offsets_C)), axis=1)
    changes_T = np.concatenate(([0], np.cumsum(events.count_E)))[events.starts_T]
    bounds = zip(events.starts_T.tolist(), changes_T.tolist(), events.offsets_C[changes_T].tolist(), strict=True)
    text, made = memoryview(events.text), []
    for trace, (firsts, ends) in zip(stream.traces, pairwise(bounds), strict=True):
        total = hashlib.blake2b(str(trace.cut).encode(), digest_size=12)
        total.update(rows_E[firsts[0] : ends[0]].tobytes())
        total.update(rows_C[firsts[1] : ends[1]].tobytes())
        total.update(text[firsts[2] : ends[2]])
        made.append(total.hexdigest())
    return made


def _hashes(texts: Sequence[str]) -> np.ndarray:
    made = [hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts]
    return np.frombuffer(b"".join(made), "<i8")
