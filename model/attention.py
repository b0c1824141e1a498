"""Document-causal attention over a packed row, computed document by document.

On the CPU an explicit mask costs 3 to 11 times more than these slices (trainer page, section 3).
Shapes: T tokens, H query heads, K key heads, D head dimension.
"""

import itertools

import torch
from torch.nn.functional import scaled_dot_product_attention as sdpa


def attend(
    q_THD: torch.Tensor, k_TKD: torch.Tensor, v_TKD: torch.Tensor, bounds: tuple[int, ...], window: int | None
) -> torch.Tensor:
    """Return the attention of each token over its own document's tokens up to itself, at most `window` of them."""
    outputs = []
    for start, end in itertools.pairwise(bounds):
        q, k, v = (x[start:end].transpose(0, 1)[None] for x in (q_THD, k_TKD, v_TKD))
        if window is None or end - start <= window:
            out = sdpa(q, k, v, is_causal=True, enable_gqa=True)
        else:
            out = _windowed(q, k, v, window)
        outputs.append(out[0].transpose(0, 1))
    return torch.cat(outputs)


def _windowed(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, window: int) -> torch.Tensor:
    """Attend in chunks of half a window, each over the keys that it can reach."""
    length, chunk = q.shape[2], max(1, window // 2)
    pieces = []
    for start in range(0, length, chunk):
        end, first = min(start + chunk, length), max(0, start - window + 1)
        rows = torch.arange(start, end, device=q.device)[:, None]
        columns = torch.arange(first, end, device=q.device)[None, :]
        mask = (columns <= rows) & (rows - columns < window)
        pieces.append(sdpa(q[:, :, start:end], k[:, :, first:end], v[:, :, first:end], attn_mask=mask, enable_gqa=True))
    return torch.cat(pieces, 2)
