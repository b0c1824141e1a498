"""Tokens a second of our sampler and of transformers' `generate`, for the same model and prompt."""

import time

import torch

from benchmarks.model.measured_steps import Shape
from benchmarks.model.peer import peer_model
from benchmarks.model.rows_of_documents import packed_row
from model.sample import Sampling, sample
from model.transformer import Transformer

_SAMPLES, _PROMPT = 32, 256


def sampling_rates(*, tokens: int, rounds: int) -> tuple[float, float]:
    """Return tokens per CPU second of ours and of the peer, the best of rounds in turn; prefill counts for both."""
    config = Shape(tokens=_PROMPT, window=512, documents=1).config()
    model = Transformer(config)
    model.initialise(0)
    peer = peer_model(config, model).eval()
    prompt = packed_row(_PROMPT, 1, vocabulary=config.vocabulary).tokens_T
    _check(model, peer, prompt)
    best = [float("inf"), float("inf")]
    for number in range(rounds + 1):
        began = time.process_time()
        sample(model, [prompt.tolist()], Sampling(longest=tokens), seeds=[number], samples=_SAMPLES)
        between = time.process_time()
        _generate(peer, prompt, tokens, do_sample=True, num_return_sequences=_SAMPLES)
        if number:
            best = [min(best[0], between - began), min(best[1], time.process_time() - between)]
    return _SAMPLES * tokens / best[0], _SAMPLES * tokens / best[1]


def _generate(peer: object, prompt: torch.Tensor, tokens: int, **options: object) -> torch.Tensor:
    from transformers import GenerationConfig

    asked = GenerationConfig(
        max_new_tokens=tokens, min_new_tokens=tokens, eos_token_id=None, pad_token_id=2, top_k=0, **options
    )
    mask = torch.ones_like(prompt)[None]
    with torch.no_grad():
        made: torch.Tensor = peer.generate(prompt[None], generation_config=asked, attention_mask=mask)  # type: ignore[attr-defined]
    return made[:, len(prompt) :]


def _check(model: Transformer, peer: object, prompt: torch.Tensor) -> None:
    """Raise when the greedy continuations of both differ."""
    ((drawn,),) = sample(model, [prompt.tolist()], Sampling(longest=8, temperature=0.0), seeds=[0])
    theirs = _generate(peer, prompt, 8, do_sample=False)[0].tolist()
    assert list(drawn.tokens) == theirs, (drawn.tokens, theirs)
