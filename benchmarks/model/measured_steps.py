"""Training steps of ours and of the peer, interleaved, in CPU time of one thread."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks.model.peer import peer_loss, peer_model
from benchmarks.model.rows_of_documents import packed_row, useful_flops
from model.config import ModelConfig
from model.loss import weighted_loss
from model.transformer import Transformer

Step = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A row to train on."""

    tokens: int
    window: int
    documents: int

    def config(self) -> ModelConfig:
        """Return the shape of the trainer page's measurements: 10.5 M parameters."""
        return ModelConfig(
            vocabulary=8192, hidden=256, layers=8, heads=4, kv_heads=2, head_dim=64, ffn=768, window=self.window
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Best CPU seconds of a step, the largest relative difference of losses, and the useful operations of a step."""

    ours: float
    peer: float
    difference: float
    flops: int


def steps(shape: Shape) -> tuple[Step, Step]:
    """Return a training step of each side, which starts from equal weights; each call gives its loss."""
    config = shape.config()
    packed = packed_row(shape.tokens, shape.documents, vocabulary=config.vocabulary)
    model = Transformer(config)
    model.initialise(0)
    peer = peer_model(config, model)
    count = float(packed.weights_T.sum())
    return (
        _step(model, lambda: weighted_loss(model, packed)[0] / count),
        _step(peer, lambda: peer_loss(peer, packed) / count),
    )


def _step(model: Any, loss_of: Callable[[], torch.Tensor]) -> Step:
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.1, fused=True)

    def step() -> float:
        loss = loss_of()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return float(loss.detach())

    return step


def measure(shape: Shape, rounds: int) -> Measured:
    """Take steps of both sides in turn; the first of each warms up."""
    ours, peer = steps(shape)
    best, difference = [float("inf"), float("inf")], 0.0
    for number in range(rounds + 1):
        losses = []
        for side, step in enumerate((ours, peer)):
            began = time.process_time()
            losses.append(step())
            if number:
                best[side] = min(best[side], time.process_time() - began)
        difference = max(difference, abs(losses[0] / losses[1] - 1))
    packed = packed_row(shape.tokens, shape.documents, vocabulary=shape.config().vocabulary)
    return Measured(ours=best[0], peer=best[1], difference=difference, flops=useful_flops(shape.config(), packed))


def matmul_peak(size: int = 2048, rounds: int = 3) -> float:
    """Return operations a second of an fp32 matrix product on this thread."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        a @ b
        best = min(best, time.process_time() - began)
    return 2 * size**3 / best
