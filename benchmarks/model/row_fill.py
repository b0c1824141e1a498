"""How full best-fit packing makes rows, on the trainer page's four shapes of lengths (lognormal, seeded)."""

import random

from model.packing import pack_rows

# Mean tokens of a document, and tokens of a row.
_SHAPES = {
    "code, 8k": (900, 8192),
    "traces, 8k": (3000, 8192),
    "traces, 131k": (6000, 131_072),
    "episodes, 131k": (35_000, 131_072),
    "chats, 8k": (2000, 8192),
}


def fills(documents: int) -> dict[str, float]:
    """Return the share of positions used, of all rows but the last few that a stream's end leaves open."""
    found = {}
    for name, (mean, row) in _SHAPES.items():
        draw = random.Random(name)
        lengths = [max(1, int(draw.lognormvariate(0, 0.8) * mean / 1.377)) for _ in range(documents)]
        rows = pack_rows(lengths, row, seed=0, epoch=0)
        packed = [number for held in rows for number in held]
        assert sorted(packed) == [n for n, length in enumerate(lengths) if length <= row]
        sizes = sorted((sum(lengths[n] for n in held) for held in rows), reverse=True)
        closed = sizes[: max(1, int(len(sizes) * 0.98))]
        found[name] = sum(closed) / (row * len(closed))
    return found
