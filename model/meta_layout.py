"""Weights in the layout of Meta's own CWM code: other names, and queries and keys that turn neighbouring pairs.

Meta rotates the pairs (2i, 2i + 1) of a head, transformers and we rotate its halves, so that rows of the query and key matrices
change places (facts: facebookresearch/cwm, `cwm/fastgen/kernels/rope.py`). Shapes: K heads of D rows each, C columns.
"""

import re

import torch

_NAMES = {
    "tok_embeddings.weight": "model.embed_tokens.weight",
    "norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
_LAYER_NAMES = {
    "attention_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
    "attention.wq": "self_attn.q_proj", "attention.wk": "self_attn.k_proj", "attention.wv": "self_attn.v_proj",
    "attention.wo": "self_attn.o_proj", "feed_forward.w1": "mlp.gate_proj", "feed_forward.w3": "mlp.up_proj",
    "feed_forward.w2": "mlp.down_proj",
}  # fmt: skip
_LAYER = re.compile(r"layers\.(\d+)\.(.+)\.weight")


def our_name(name: str) -> str:
    """Return our name of a tensor that may have Meta's; an unknown name comes back as it is."""
    layer = _LAYER.fullmatch(name)
    if layer and layer[2] in _LAYER_NAMES:
        return f"model.layers.{layer[1]}.{_LAYER_NAMES[layer[2]]}.weight"
    return _NAMES.get(name, name)


def from_meta(name: str, weight: torch.Tensor, head_dim: int) -> torch.Tensor:
    """Return our form of the tensor that Meta calls `name`: only queries and keys differ."""
    return _halves(weight, head_dim) if name.endswith((".wq.weight", ".wk.weight")) else weight


def _halves(weight_RC: torch.Tensor, head_dim: int) -> torch.Tensor:
    pairs = weight_RC.unflatten(0, (-1, head_dim // 2, 2))
    return pairs.transpose(1, 2).reshape(weight_RC.shape)
