"""Export: weights, shape and tokenizer as the folder that transformers loads as `CwmForCausalLM`, and so vLLM."""

import json
from collections.abc import Mapping
from pathlib import Path

import tokenizers
import torch
from safetensors.torch import save_file

from model.config import ModelConfig
from model.cwm_config import to_cwm_config
from model.tokenizer import Tokenizer
from model.vocabulary import reserved_names

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
_SHARD = 5_000_000_000
_ENDS = ("end_of_text", "eom_id", "eot_id")


def export_weights(
    folder: Path,
    config: ModelConfig,
    weights: Mapping[str, torch.Tensor],
    tokenizer: Tokenizer,
    *,
    dtype: str = "float32",
    shard_bytes: int = _SHARD,
) -> None:
    """Write the folder, which must be empty; weights are stored as `dtype` in files of at most `shard_bytes` or one tensor."""
    table = to_cwm_config(
        config,
        positions=config.rope_original * 16 if config.rope_scaling else config.rope_original,
        begin=tokenizer.control("begin_of_text"),
        ends=[tokenizer.control(name) for name in _ENDS],
        pad=tokenizer.control("pad"),
        dtype=dtype,
    )
    (folder / "config.json").write_text(json.dumps(table, indent=2) + "\n")
    _write_tokenizer(folder, tokenizer, table["max_position_embeddings"])
    _write_shards(folder, weights, DTYPES[dtype], shard_bytes)


def _write_shards(folder: Path, weights: Mapping[str, torch.Tensor], dtype: torch.dtype, most: int) -> None:
    shards: list[list[str]] = [[]]
    held, total = 0, 0
    for name, weight in weights.items():
        size = weight.numel() * dtype.itemsize
        if shards[-1] and held + size > most:
            shards.append([])
            held = 0
        shards[-1].append(name)
        held, total = held + size, total + size
    places = {}
    for number, names in enumerate(shards, 1):
        file = f"model-{number:05}-of-{len(shards):05}.safetensors" if len(shards) > 1 else "model.safetensors"
        # One shard at a time is converted, so that a large model is never held twice.
        part = {name: weights[name].detach().to("cpu", dtype).contiguous() for name in names}
        save_file(part, folder / file, metadata={"format": "pt"})
        places.update(dict.fromkeys(names, file))
    if len(shards) > 1:
        index = {"metadata": {"total_size": total}, "weight_map": places}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")


def _write_tokenizer(folder: Path, tokenizer: Tokenizer, longest: int) -> None:
    """Write the merges with the 256 reserved slots behind them as special tokens, as `PreTrainedTokenizerFast` reads it."""
    whole = tokenizers.Tokenizer.from_str(tokenizer.to_json())
    whole.add_special_tokens([f"<|{name}|>" for name in reserved_names()])
    assert whole.get_vocab_size() == tokenizer.size
    whole.save(str(folder / "tokenizer.json"))
    facts = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<|begin_of_text|>",
        "eos_token": "<|eot_id|>",
        "pad_token": "<|pad|>",
        "clean_up_tokenization_spaces": False,
        "model_max_length": longest,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(facts, indent=2) + "\n")
