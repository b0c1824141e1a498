"""Best-fit packing of documents into rows, in an order that depends on seed and epoch alone."""

import bisect
import random
from collections.abc import Sequence

_BUFFER = 256


def pack_rows(lengths: Sequence[int], row: int, *, seed: int, epoch: int) -> list[list[int]]:
    """Return rows of document numbers, each of at most `row` tokens in all; no document is cut.

    Documents longer than a row are left out: the caller splits or refuses them. Each window of 256 documents is packed
    longest first into the fullest row that still takes it; every window ends with its rows written out but the
    emptiest, which go on into the next.
    """
    order = [n for n in range(len(lengths)) if 0 < lengths[n] <= row]
    random.Random(f"{seed} {epoch}").shuffle(order)
    done: list[list[int]] = []
    open_rows: list[tuple[int, int, list[int]]] = []
    for start in range(0, len(order), _BUFFER):
        for number in sorted(order[start : start + _BUFFER], key=lambda n: -lengths[n]):
            place = bisect.bisect_left(open_rows, (lengths[number], -1, []))
            room, key, held = open_rows.pop(place) if place < len(open_rows) else (row, number, [])
            bisect.insort(open_rows, (room - lengths[number], key, [*held, number]))
        nearly_full = row // 16
        done += [held for room, _, held in open_rows if room <= nearly_full]
        open_rows = [entry for entry in open_rows if entry[0] > nearly_full]
    rows = done + [held for _, _, held in open_rows]
    random.Random(f"{seed} {epoch} rows").shuffle(rows)
    return rows
