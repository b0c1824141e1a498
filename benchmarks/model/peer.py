"""transformers' `CwmForCausalLM` with our weights, called so that it keeps documents apart."""

from typing import Any

import torch
from torch.nn.functional import cross_entropy

from model.config import ModelConfig
from model.cwm_config import to_cwm_config
from model.packed import Packed
from model.transformer import Transformer


def peer_model(config: ModelConfig, model: Transformer) -> Any:
    """Return the peer with a copy of the model's weights."""
    import transformers

    table = to_cwm_config(config, positions=131_072, begin=0, ends=[1], pad=2, dtype="float32")
    peer = transformers.CwmForCausalLM(transformers.CwmConfig(**table, attn_implementation="sdpa"))
    peer.load_state_dict(model.state_dict())
    return peer


def peer_loss(peer: Any, packed: Packed) -> torch.Tensor:
    """Return the summed loss of the row; without a cache and a mask, positions alone tell documents apart there."""
    logits_TV = peer(input_ids=packed.tokens_T[None], position_ids=packed.positions_T()[None], use_cache=False).logits[
        0
    ]
    labels_T = torch.where(packed.weights_T > 0, packed.targets_T, -100)
    return cross_entropy(logits_TV.float(), labels_T, reduction="sum")
