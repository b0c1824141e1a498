"""Call tree: who called whom in recordings, and which calls begin traces of their own, in columns.

E events, K calls, R recordings. A generator that goes on is a call like any other: it has no way to tell who it was.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from collectors.events import CALL, Events
from collectors.stream_frames import stable_order

_ODD = np.uint64(0x9E3779B97F4A7C15)
_MIXERS = ((np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)), (np.uint64(27), np.uint64(0x94D049BB133111EB)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """Calls by number: their events, depths, recordings, and callers (-1 for none); `call_E` made the scope of each event."""

    event_K: np.ndarray
    depth_K: np.ndarray
    recording_K: np.ndarray
    caller_K: np.ndarray
    call_E: np.ndarray

    @property
    def place_K(self) -> np.ndarray:
        """Return how many calls of the same recording came before each."""
        return np.arange(len(self.event_K)) - np.searchsorted(self.recording_K, self.recording_K)


def calls_of(events: Events) -> Calls:
    """Return the calls of all recordings."""
    event_K = np.flatnonzero(events.kind_E == CALL)
    depth_K = events.depth_E[event_K]
    caller_K = np.full(len(event_K), -1)
    levels = _levels(depth_K)
    for above, here in pairwise(levels):
        # The caller is the last call that was made one level above: later ones there would have ended it.
        caller_K[here] = above[np.searchsorted(above, here) - 1]
    order = stable_order(events.depth_E)
    # Nothing stands at a depth before the first call that leads there.
    at = np.maximum.accumulate(np.where(events.kind_E[order] == CALL, np.arange(len(order)), 0))
    call_E = np.empty(len(order), np.int64)
    call_E[order] = (np.cumsum(events.kind_E == CALL) - 1)[order[at]]
    return Calls(
        event_K=event_K,
        depth_K=depth_K,
        recording_K=np.searchsorted(events.starts_T, event_K, side="right") - 1,
        caller_K=caller_K,
        call_E=call_E,
    )


def roots(calls: Calls, function_K: np.ndarray, inside_K: np.ndarray, most: int) -> np.ndarray:
    """Return for each call the one that begins its trace: itself where it is not inlined.

    A call of a function is inlined where `inside_K` says so and no more than `most` calls of functions are then open in
    its trace beside the first; a call of other code always is.
    """
    root_K, nested_K = np.arange(len(function_K)), np.zeros(len(function_K), np.int64)
    for here in _levels(calls.depth_K)[1:]:
        caller = calls.caller_K[here]
        nested = nested_K[caller] + function_K[here]
        inlined = ~function_K[here] | (inside_K[here] & (nested <= most))
        root_K[here] = np.where(inlined, root_K[caller], here)
        nested_K[here] = np.where(inlined, nested, 0)
    return root_K


def chances(calls: Calls, keys: Sequence[str], seed: int) -> np.ndarray:
    """Return for each call a number from 0 to 1 that depends on seed, key of its recording and place in it alone."""
    made = [hashlib.blake2b(f"{seed} {key}".encode(), digest_size=8).digest() for key in keys]
    key_R = np.frombuffer(b"".join(made), "<u8")
    # SplitMix64: its state is counted up, so that any place of the sequence is at hand (Steele et al., OOPSLA 2014).
    mixed = key_R[calls.recording_K] + (calls.place_K.astype(np.uint64) + np.uint64(1)) * _ODD
    for shift, factor in _MIXERS:
        mixed = (mixed ^ (mixed >> shift)) * factor
    return ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) / 2.0**53


def _levels(depth_K: np.ndarray) -> list[np.ndarray]:
    """Return the numbers of the calls of each depth, in order."""
    order = stable_order(depth_K)
    ends = np.searchsorted(depth_K[order], np.arange(depth_K.max(initial=-1) + 2))
    return [order[first:end] for first, end in pairwise(ends)]
