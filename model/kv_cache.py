"""Keys and values of what was read so far, for sequences of different lengths side by side.

Shapes: N sequences, S slots, T tokens, K key heads, D head dimension. A local layer has as many slots as its window and writes
the newest token over the oldest: keys carry their position, so that their order in the slots says nothing.
"""

from collections.abc import Sequence

import torch

from model.config import LOCAL, ModelConfig


class LayerCache:
    """One layer's keys and values."""

    def __init__(self, sequences: int, slots: int, heads: int, like: torch.Tensor) -> None:
        shape = (sequences, heads, slots, like.shape[-1])
        self.k_NKSD, self.v_NKSD = like.new_zeros(shape), like.new_zeros(shape)

    def fill(self, rows: slice, k_TKD: torch.Tensor, v_TKD: torch.Tensor) -> None:
        """Put a prompt's keys and values into each of the rows."""
        tokens, slots = len(k_TKD), self.k_NKSD.shape[2]
        kept = torch.arange(max(0, tokens - slots), tokens, device=k_TKD.device)
        for held_NKSD, new_TKD in ((self.k_NKSD, k_TKD), (self.v_NKSD, v_TKD)):
            held_NKSD[rows, :, kept % slots] = new_TKD[kept].transpose(0, 1)

    def extend(self, positions_N: torch.Tensor, k_NKD: torch.Tensor, v_NKD: torch.Tensor) -> None:
        """Put the token at each sequence's position, over the one that has left the window."""
        slots_N = positions_N % self.k_NKSD.shape[2]
        rows_N = torch.arange(len(positions_N), device=positions_N.device)
        self.k_NKSD[rows_N, :, slots_N] = k_NKD
        self.v_NKSD[rows_N, :, slots_N] = v_NKD

    def keep(self, rows_N: torch.Tensor) -> None:
        """Go on with these rows alone."""
        self.k_NKSD, self.v_NKSD = self.k_NKSD[rows_N], self.v_NKSD[rows_N]


def layer_caches(config: ModelConfig, sequences: int, longest: int, like: torch.Tensor) -> list[LayerCache]:
    """Return an empty cache for each layer that holds `longest` tokens, or the window where that is less."""
    slots = [min(config.window, longest) if kind == LOCAL else longest for kind in config.layer_types]
    return [LayerCache(sequences, number, config.kv_heads, like) for number in slots]


def written(positions_N: torch.Tensor, slots: int) -> tuple[int, torch.Tensor | None]:
    """Return how many slots hold something in any sequence, and which do in each [N, 1, 1, slots]; None: all of these."""
    used = min(slots, int(positions_N.max()) + 1)
    if int(positions_N.min()) + 1 >= used:
        return used, None
    at_S = torch.arange(used, device=positions_N.device)
    return used, (at_S <= positions_N[:, None])[:, None, None]


def rows_of(samples: int, prompts: Sequence[Sequence[int]]) -> list[slice]:
    """Return the rows of each prompt's samples."""
    return [slice(number * samples, (number + 1) * samples) for number in range(len(prompts))]
