"""The Transformer: CWM's architecture with Llama's tensor names, over one flat row of T tokens."""

import torch
from torch import nn

from model.attention import attend
from model.config import LOCAL, ModelConfig
from model.gated import gated
from model.joined_linear import joined_linear
from model.packed import Packed
from model.rope import Turn, frequencies, rotate, turning


class Attention(nn.Module):
    """Grouped-query attention of one layer; a local layer sees `window` tokens, a global one its whole document."""

    def __init__(self, config: ModelConfig, kind: str) -> None:
        super().__init__()
        self.config = config
        self.window = config.window if kind == LOCAL else None
        heads, kv = config.heads * config.head_dim, config.kv_heads * config.head_dim
        self.q_proj = nn.Linear(config.hidden, heads, bias=False)
        self.k_proj = nn.Linear(config.hidden, kv, bias=False)
        self.v_proj = nn.Linear(config.hidden, kv, bias=False)
        self.o_proj = nn.Linear(heads, config.hidden, bias=False)

    def forward(self, x_TC: torch.Tensor, packed: Packed, turn: Turn) -> torch.Tensor:
        """Return the attended states; `turn` is that of `turning`."""
        return self.attended(*self.project(x_TC, turn), packed)

    def attended(self, q_THD: torch.Tensor, k_TKD: torch.Tensor, v_TKD: torch.Tensor, packed: Packed) -> torch.Tensor:
        """Return what a row's tokens gather of their documents."""
        return self.o_proj(attend(q_THD, k_TKD, v_TKD, packed.bounds, self.window).flatten(-2))

    def project(self, x_TC: torch.Tensor, turn: Turn) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return queries, keys and values by head, the first two rotated to their positions."""
        heads, kv = self.config.heads, self.config.kv_heads
        all_TZD = joined_linear(x_TC, self.q_proj, self.k_proj, self.v_proj).unflatten(-1, (-1, self.config.head_dim))
        turned_TZD, v_TKD = all_TZD.split([heads + kv, kv], 1)
        q_THD, k_TKD = rotate(turned_TZD, turn).split([heads, kv], 1)
        return q_THD, k_TKD, v_TKD


class FeedForward(nn.Module):
    """SwiGLU."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden, config.ffn, bias=False)
        self.up_proj = nn.Linear(config.hidden, config.ffn, bias=False)
        self.down_proj = nn.Linear(config.ffn, config.hidden, bias=False)

    def forward(self, x_TC: torch.Tensor) -> torch.Tensor:
        """Return the transformed states."""
        return self.down_proj(gated(joined_linear(x_TC, self.gate_proj, self.up_proj)))


class Block(nn.Module):
    """One pre-norm layer."""

    def __init__(self, config: ModelConfig, kind: str) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(config.hidden, eps=config.norm_eps)
        self.self_attn = Attention(config, kind)
        self.post_attention_layernorm = nn.RMSNorm(config.hidden, eps=config.norm_eps)
        self.mlp = FeedForward(config)

    def forward(self, x_TC: torch.Tensor, packed: Packed, turn: Turn) -> torch.Tensor:
        """Return the states after attention and feed-forward."""
        x_TC = x_TC + self.self_attn(self.input_layernorm(x_TC), packed, turn)
        return x_TC + self.mlp(self.post_attention_layernorm(x_TC))


class Body(nn.Module):
    """Embedding, layers and final norm: what transformers calls `model`."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocabulary, config.hidden)
        self.layers = nn.ModuleList(Block(config, kind) for kind in config.layer_types)
        self.norm = nn.RMSNorm(config.hidden, eps=config.norm_eps)


class Transformer(nn.Module):
    """A language model; `forward` gives hidden states, because logits of a whole row are never held (see loss)."""

    frequencies_D: torch.Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.model = Body(config)
        self.lm_head = nn.Linear(config.hidden, config.vocabulary, bias=False)
        self.register_buffer("frequencies_D", frequencies(config), persistent=False)

    def initialise(self, seed: int) -> None:
        """Draw all matrices from a normal distribution as the config says, and set all norms to 1."""
        config, generator = self.config, torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if parameter.dim() > 1:
                    parameter.normal_(0, config.init_std, generator=generator)
                else:
                    parameter.fill_(1.0)
                if name.endswith(("o_proj.weight", "down_proj.weight")):
                    parameter.mul_(config.init_branch_scale)
            if config.init_head_as_embedding:
                self.lm_head.weight.copy_(self.model.embed_tokens.weight)
            self.model.embed_tokens.weight.mul_(config.init_embedding_std / config.init_std)

    def forward(self, packed: Packed) -> torch.Tensor:
        """Return the final states [T, hidden]."""
        x_TC = self.model.embed_tokens(packed.tokens_T)
        turn = turning(packed.positions_T(), self.frequencies_D)
        for layer in self.model.layers:
            x_TC = layer(x_TC, packed, turn)
        return self.model.norm(x_TC)
