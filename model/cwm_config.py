"""The config.json of transformers' `CwmForCausalLM`, from and to a ModelConfig (fields: transformers 5.23, `CwmConfig`)."""

from typing import Any

from model.config import GLOBAL, LOCAL, ModelConfig
from model.errors import InterchangeError

Table = dict[str, Any]

# What our Transformer has no form of: a file that says otherwise is refused.
_FIXED = {"hidden_act": "silu", "mlp_bias": False, "attention_bias": False, "tie_word_embeddings": False}
_DEFAULT_ROPE: Table = {
    "rope_type": "llama3", "rope_theta": 1e6, "factor": 16.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}  # fmt: skip


def to_cwm_config(config: ModelConfig, *, positions: int, begin: int, ends: list[int], pad: int, dtype: str) -> Table:
    """Return the file's table; `positions` is the longest context, the ids are those of the exported tokenizer."""
    rope: Table = {"rope_type": "default", "rope_theta": config.rope_theta}
    if config.rope_scaling:
        rope = {
            **_DEFAULT_ROPE,
            "rope_theta": config.rope_theta,
            "factor": config.rope_factor,
            "original_max_position_embeddings": config.rope_original,
        }
    return {
        "architectures": ["CwmForCausalLM"],
        "model_type": "cwm",
        "vocab_size": config.vocabulary,
        "hidden_size": config.hidden,
        "intermediate_size": config.ffn,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.kv_heads,
        "head_dim": config.head_dim,
        "rms_norm_eps": config.norm_eps,
        "initializer_range": config.init_std,
        "sliding_window": config.window,
        "layer_types": list(config.layer_types),
        "rope_parameters": rope,
        "max_position_embeddings": positions,
        "bos_token_id": begin,
        "eos_token_id": ends,
        "pad_token_id": pad,
        "attention_dropout": 0.0,
        "use_cache": True,
        "dtype": dtype,
        **_FIXED,
    }


def from_cwm_config(table: Table) -> ModelConfig:
    """Return the shape that the table says; `layer_types` is read and only made up where the table has none.

    Raises `InterchangeError` for another architecture and for what our Transformer has no form of.
    """
    if table.get("model_type") != "cwm":
        raise InterchangeError(f"model_type is {table.get('model_type')!r}: only 'cwm' can be imported")
    for name, value in _FIXED.items():
        if table.get(name, value) != value:
            raise InterchangeError(f"{name} is {table[name]!r}: only {value!r} can be imported")
    rope = _rope(table)
    try:
        return ModelConfig(
            vocabulary=table["vocab_size"],
            hidden=table["hidden_size"],
            layers=table["num_hidden_layers"],
            heads=table["num_attention_heads"],
            kv_heads=table["num_key_value_heads"],
            head_dim=table.get("head_dim") or table["hidden_size"] // table["num_attention_heads"],
            ffn=table["intermediate_size"],
            window=table.get("sliding_window") or table["max_position_embeddings"],
            layer_types=tuple(table.get("layer_types") or _alternating(table["num_hidden_layers"])),
            norm_eps=table.get("rms_norm_eps", 1e-5),
            init_std=table.get("initializer_range", 0.02),
            rope_theta=float(rope["rope_theta"]),
            rope_scaling=rope["rope_type"] == "llama3",
            rope_factor=float(rope.get("factor") or 16.0),
            rope_original=rope.get("original_max_position_embeddings", 8192),
        )
    except KeyError as error:
        raise InterchangeError(f"config.json lacks {error.args[0]!r}: it is not whole") from error
    except (TypeError, ValueError) as error:
        raise InterchangeError(f"config.json describes no model: {error}") from error


def _alternating(layers: int) -> list[str]:
    return [GLOBAL if i % 4 == 0 else LOCAL for i in range(layers)]


def _rope(table: Table) -> Table:
    """Return the rope fields in transformers 5's form; 4.57 wrote `rope_theta` and `rope_scaling`."""
    rope = table.get("rope_parameters")
    if rope is None and ("rope_theta" in table or "rope_scaling" in table):
        rope = {"rope_type": "default", **(table.get("rope_scaling") or {}), "rope_theta": table.get("rope_theta", 1e6)}
    known: Table = {"rope_type": "default", "rope_theta": 1e6, **(_DEFAULT_ROPE if rope is None else rope)}
    kind = known["rope_type"]
    if kind not in ("default", "llama3"):
        raise InterchangeError(f"rope_type is {kind!r}: only 'default' and 'llama3' can be imported")
    for name in ("low_freq_factor", "high_freq_factor"):
        if known.get(name, _DEFAULT_ROPE[name]) != _DEFAULT_ROPE[name]:
            raise InterchangeError(f"{name} is {known[name]!r}: only {_DEFAULT_ROPE[name]!r} can be imported")
    return known
