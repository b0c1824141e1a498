"""Advantages of a group: the return minus the group's length-weighted mean, not divided by a deviation (CWM, section 5.2)."""

from collections.abc import Sequence


def advantages(rewards: Sequence[float], lengths: Sequence[int]) -> list[float]:
    """Return the advantage of each answer of a group; all are 0 when the rewards are equal."""
    if len(rewards) != len(lengths) or not rewards:
        raise ValueError(f"{len(rewards)} rewards and {len(lengths)} lengths do not make a group")
    mean = sum(r * n for r, n in zip(rewards, lengths, strict=True)) / sum(lengths)
    return [0.0 if min(rewards) == max(rewards) else reward - mean for reward in rewards]
