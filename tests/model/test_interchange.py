"""Folders that are exported and imported, and folders that are refused."""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from model.config import GLOBAL, LOCAL, ModelConfig
from model.cwm_config import from_cwm_config, to_cwm_config
from model.errors import InterchangeError
from model.export import export_weights
from model.imported import import_weights
from model.tokenizer import train_tokenizer
from model.transformer import Transformer

TOKENIZER = train_tokenizer(["def f(x):\n    return x + 1\n"], merges=300)
SHAPE = ModelConfig(
    vocabulary=TOKENIZER.size, hidden=32, layers=3, heads=4, kv_heads=2, head_dim=8, ffn=48, window=5,
    layer_types=(LOCAL, GLOBAL, LOCAL), rope_scaling=True, init_std=0.3,
)  # fmt: skip


def _exported(folder: Path, **options: object) -> dict[str, torch.Tensor]:
    model = Transformer(SHAPE)
    model.initialise(0)
    export_weights(folder, SHAPE, model.state_dict(), TOKENIZER, **options)  # type: ignore[arg-type]
    return model.state_dict()


@pytest.mark.parametrize("shard_bytes", [5_000_000_000, 20_000])
def test_export_and_import_are_bit_equal(tmp_path: Path, shard_bytes: int) -> None:
    weights = _exported(tmp_path, shard_bytes=shard_bytes)
    imported = import_weights(tmp_path)
    kept = {name: value for name, value in asdict(SHAPE).items() if not name.startswith("init_")}
    assert {name: getattr(imported.config, name) for name in kept} == kept
    assert set(imported.weights) == set(weights)
    assert all(torch.equal(imported.weights[name], weight) for name, weight in weights.items())
    assert (len(list(tmp_path.glob("*.safetensors"))) > 1) == (shard_bytes == 20_000)


def test_weights_can_be_stored_as_bfloat16(tmp_path: Path) -> None:
    weights = _exported(tmp_path, dtype="bfloat16")
    imported = import_weights(tmp_path).weights
    assert all(torch.equal(imported[name], weight.bfloat16()) for name, weight in weights.items())
    assert json.loads((tmp_path / "config.json").read_text())["dtype"] == "bfloat16"


def test_metas_layout_turns_neighbouring_pairs(tmp_path: Path) -> None:
    weights = _exported(tmp_path)
    back = {
        "model.embed_tokens": "tok_embeddings", "model.norm": "norm", "lm_head": "output", "model.layers": "layers",
        "input_layernorm": "attention_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attention.wq",
        "self_attn.k_proj": "attention.wk", "self_attn.v_proj": "attention.wv", "self_attn.o_proj": "attention.wo",
        "mlp.gate_proj": "feed_forward.w1", "mlp.up_proj": "feed_forward.w3", "mlp.down_proj": "feed_forward.w2",
    }  # fmt: skip
    pattern = re.compile("|".join(re.escape(name) for name in back))
    theirs = {}
    for name, weight in weights.items():
        if "q_proj" in name or "k_proj" in name:
            # HF to Meta, as the facts have it: rows (half, i) become (i, half).
            weight = weight.view(-1, 2, 4, 32).transpose(1, 2).reshape(weight.shape)
        theirs[pattern.sub(lambda found: back[found[0]], name)] = weight.contiguous()
    assert "layers.0.attention.wq.weight" in theirs and "tok_embeddings.weight" in theirs
    save_file(theirs, tmp_path / "model.safetensors")
    imported = import_weights(tmp_path).weights
    assert all(torch.equal(imported[name], weight) for name, weight in weights.items())


def test_the_shape_survives_both_forms_of_rope() -> None:
    for scaling in (True, False):
        config = replace(SHAPE, rope_scaling=scaling, rope_theta=5e5)
        table = to_cwm_config(config, positions=64, begin=0, ends=[1], pad=2, dtype="float32")
        assert from_cwm_config(table).rope_scaling == scaling
        rope = table.pop("rope_parameters")
        older = {"rope_theta": rope.pop("rope_theta"), "rope_scaling": rope if scaling else None}
        assert from_cwm_config({**table, **older}) == from_cwm_config(
            {**table, "rope_parameters": {**rope, "rope_theta": 5e5}}
        )


def test_a_config_without_layer_types_has_every_fourth_layer_global() -> None:
    table = to_cwm_config(SHAPE, positions=64, begin=0, ends=[1], pad=2, dtype="float32")
    assert from_cwm_config({**table, "layer_types": None}).layer_types == (GLOBAL, LOCAL, LOCAL)


WRONG = {
    "another architecture": ("config.json", {"model_type": "llama"}, "model_type is 'llama'"),
    "biases": ("config.json", {"mlp_bias": True}, "mlp_bias is True"),
    "a tied head": ("config.json", {"tie_word_embeddings": True}, "tie_word_embeddings is True"),
    "another rope": ("config.json", {"rope_parameters": {"rope_type": "yarn"}}, "rope_type is 'yarn'"),
    "another blend": (
        "config.json", {"rope_parameters": {"rope_type": "llama3", "low_freq_factor": 2.0}}, "low_freq_factor is 2.0",
    ),
    "another shape": ("config.json", {"intermediate_size": 64}, "has the shape"),
    "fewer layers": ("config.json", {"num_hidden_layers": 2, "layer_types": None}, "which this architecture has not"),
    "more layers": ("config.json", {"num_hidden_layers": 4, "layer_types": None}, "lacks 9 tensors"),
    "nonsense": ("config.json", {"num_attention_heads": 3}, "describes no model"),
    "a way out": ("model.safetensors.index.json", {"weight_map": {"a": "../model.safetensors"}}, "of its own folder"),
    "no file": ("model.safetensors.index.json", {"weight_map": {"a": "b.safetensors"}}, "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_folder_that_is_not_whole_is_refused(tmp_path: Path, case: str) -> None:
    _exported(tmp_path)
    file, change, sentence = WRONG[case]
    path = tmp_path / file
    path.write_text(json.dumps({**(json.loads(path.read_text()) if path.exists() else {}), **change}))
    with pytest.raises(InterchangeError, match=re.escape(sentence)):
        import_weights(tmp_path)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    _exported(tmp_path)
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InterchangeError, match=r"model\.safetensors' cannot be read"):
        import_weights(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(InterchangeError, match="is not JSON"):
        import_weights(tmp_path)


def test_a_tensor_more_is_refused(tmp_path: Path) -> None:
    _exported(tmp_path)
    path = tmp_path / "model.safetensors"
    save_file({**load_file(path), "model.layers.0.self_attn.q_norm.weight": torch.ones(8)}, path)
    with pytest.raises(InterchangeError, match="q_norm"):
        import_weights(tmp_path)
