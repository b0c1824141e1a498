"""The same weights in transformers' `CwmForCausalLM`, document by document: logits, losses and gradients."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from torch.nn.functional import cross_entropy

from model.config import GLOBAL, LOCAL, ModelConfig
from model.cwm_config import to_cwm_config
from model.export import export_weights
from model.loss import weighted_loss
from model.packed import Document, pack
from model.tokenizer import train_tokenizer
from model.transformer import Transformer

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A shape and the lengths of documents that it is tried with."""

    config: ModelConfig
    lengths: tuple[int, ...]


def _config(**options: Any) -> ModelConfig:
    usual = {
        "vocabulary": 97,
        "hidden": 32,
        "layers": 4,
        "heads": 4,
        "kv_heads": 2,
        "head_dim": 8,
        "ffn": 40,
        "init_std": 0.2,
    }
    return ModelConfig(**{**usual, **options})


# Windows shorter than, as long as and longer than the documents; plain and scaled RoPE; documents of one token.
SHAPES = {
    "short window": Shape(config=_config(window=3, rope_scaling=True), lengths=(17, 1, 9, 4)),
    "window as long": Shape(config=_config(window=9, heads=4, kv_heads=1), lengths=(9, 9, 1)),
    "long window": Shape(config=_config(window=64, kv_heads=4, head_dim=16, rope_scaling=True), lengths=(30, 2)),
    "one token": Shape(config=_config(window=1, layers=2, layer_types=(LOCAL, GLOBAL)), lengths=(1, 1, 7)),
    "small original length": Shape(
        config=_config(window=5, rope_scaling=True, rope_original=16, rope_factor=4.0, rope_theta=1e3, layers=5),
        lengths=(25, 13, 1, 6),
    ),
}


def _peer(config: ModelConfig, model: Transformer) -> Any:
    table = to_cwm_config(config, positions=16384, begin=0, ends=[1], pad=2, dtype="float32")
    peer = transformers.CwmForCausalLM(transformers.CwmConfig(**table))
    peer.load_state_dict(model.state_dict())
    return peer


def _pair(shape: Shape, seed: int) -> tuple[Transformer, Any, list[list[int]]]:
    model = Transformer(shape.config)
    model.initialise(seed)
    draw = torch.Generator().manual_seed(seed)
    # Above 2, which is padding for transformers, whose embedding is never learnt there.
    texts = [torch.randint(3, shape.config.vocabulary, (n,), generator=draw).tolist() for n in shape.lengths]
    return model, _peer(shape.config, model), texts


@pytest.mark.parametrize("name", SHAPES)
def test_logits_losses_and_gradients_equal_those_of_transformers(name: str) -> None:
    model, peer, texts = _pair(SHAPES[name], seed=sum(map(ord, name)))
    packed = pack([Document(tokens=tuple(t), weights=(1.0,) * len(t)) for t in texts])
    logits = torch.cat([peer(input_ids=torch.tensor([t]), use_cache=False).logits[0] for t in texts])
    ours = model(packed) @ model.lm_head.weight.T
    torch.testing.assert_close(ours, logits, rtol=1e-4, atol=1e-5)
    learnt = packed.weights_T > 0
    theirs = cross_entropy(logits[learnt], packed.targets_T[learnt], reduction="sum")
    loss, weights = weighted_loss(model, packed)
    assert float(weights) == sum(len(t) - 1 for t in texts)
    assert float(loss.detach()) == pytest.approx(float(theirs.detach()), rel=1e-6)
    theirs.backward()
    loss.backward()
    expected = {key: parameter.grad for key, parameter in peer.named_parameters()}
    whole = float(torch.stack([gradient.norm() for gradient in expected.values()]).norm())
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None
        difference = float((parameter.grad - expected[key]).norm())
        # A window of one token leaves queries and keys without a gradient, but for rounding.
        assert difference <= 1e-5 * float(expected[key].norm()) + 1e-7 * whole, key


def test_an_exported_folder_loads_in_transformers_and_gives_the_same_logits(tmp_path: Path) -> None:
    tokenizer = train_tokenizer(["def f(x):\n    return x + 1\n"], merges=300)
    config = _config(vocabulary=tokenizer.size, window=4, rope_scaling=True)
    model = Transformer(config)
    model.initialise(3)
    export_weights(tmp_path, config, model.state_dict(), tokenizer, shard_bytes=20_000)
    peer = transformers.AutoModelForCausalLM.from_pretrained(tmp_path)
    assert type(peer).__name__ == "CwmForCausalLM"
    assert all(torch.equal(weight, model.state_dict()[name]) for name, weight in peer.state_dict().items())
    ids = tokenizer.encode_text("def f(y):\n    return y\n")
    with torch.no_grad():
        theirs = peer(input_ids=torch.tensor([ids]), use_cache=False).logits[0]
        ours = model(pack([Document(tokens=tuple(ids), weights=(0.0,) * len(ids))])) @ model.lm_head.weight.T
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


def test_the_exported_tokenizer_gives_the_same_ids(tmp_path: Path) -> None:
    tokenizer = train_tokenizer(["def f(x):\n    return x + 1\n"], merges=300)
    export_weights(tmp_path, _config(vocabulary=tokenizer.size), {}, tokenizer)
    loaded = transformers.AutoTokenizer.from_pretrained(tmp_path)
    text = "def g(é):\n\treturn 12345  # <b>"
    assert loaded(text, add_special_tokens=False).input_ids == tokenizer.encode_text(text)
    assert loaded.convert_tokens_to_ids("<|frame_sep|>") == tokenizer.control("frame_sep")
    assert (loaded.eos_token_id, len(loaded)) == (tokenizer.control("eot_id"), tokenizer.size)
