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
    lengths = [end - start for start, end in itertools.pairwise(bounds)]
    # Split once: a slice of a document costs a row of zeros in the backward pass.
    split = [x.transpose(0, 1)[None].split(lengths, 2) for x in (q_THD, k_TKD, v_TKD)]
    outputs = []
    for length, q, k, v in zip(lengths, *split, strict=True):
        if window is None or length <= window:
            outputs.append(sdpa(q, k, v, is_causal=True, enable_gqa=True))
        else:
            outputs.append(_windowed(q, k, v, window))
    return torch.cat(outputs, 2)[0].transpose(0, 1)


def _windowed(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, window: int) -> torch.Tensor:
    """Attend in chunks of a quarter of the window, each over the keys that it can reach."""
    length, chunk = q.shape[2], max(1, window // 4)
    pieces = []
    for start in range(0, length, chunk):
        end, first = min(start + chunk, length), max(0, start - window + 1)
        rows = torch.arange(start, end, device=q.device)[:, None]
        columns = torch.arange(first, end, device=q.device)[None, :]
        mask = (columns <= rows) & (rows - columns < window)
        pieces.append(sdpa(q[:, :, start:end], k[:, :, first:end], v[:, :, first:end], attn_mask=mask, enable_gqa=True))
    return torch.cat(pieces, 2)
