"""The training step, attention, packing and the sampler beside transformers' CwmForCausalLM: python -m benchmarks.model

One thread, CPU time, both sides in turn in one process, equal weights and equal losses first
(bars: C1 to C13 of the trainer page).
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import argparse

import torch

from benchmarks.model.attention_alone import attention_times
from benchmarks.model.isolation import leaked
from benchmarks.model.measured_steps import Shape, matmul_peak, measure
from benchmarks.model.memory import added_memory
from benchmarks.model.row_fill import fills
from benchmarks.model.sampling import sampling_rates
from benchmarks.table import Claim, print_claims

_STEPS = {
    "C1": (Shape(tokens=2048, window=512, documents=5), 1.8, 2.3),
    "C2": (Shape(tokens=4096, window=512, documents=7), 3.2, 4.2),
    "C3": (Shape(tokens=8192, window=1024, documents=9), 3.5, 5.0),
}
_ALL = ("C1", "C2", "C3", "C4", "C5", "C6", "C8", "C9", "C13")


def main() -> int:
    """Measure what is asked for and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.model", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=_ALL, default=_ALL)
    parser.add_argument("--quick", action="store_true", help="smaller rows and fewer rounds of the same code")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rounds = 2 if arguments.quick else 5
    claims: list[Claim] = []
    for name, (shape, must, goal) in _STEPS.items():
        if name in arguments.only or (name == "C1" and "C4" in arguments.only):
            claims += _steps(name, shape, must, goal, rounds=rounds)
    rest = {"C5": _attention, "C6": _memory, "C8": _isolation, "C9": _fill, "C13": _sampling}
    for name, claim in rest.items():
        if name in arguments.only:
            claims.append(claim(arguments.quick))
    return print_claims(claims, as_json=arguments.json)


def _steps(name: str, shape: Shape, must: float, goal: float, *, rounds: int) -> list[Claim]:
    peak = matmul_peak()
    measured = measure(shape, rounds)
    times = measured.peer / measured.ours
    rate = shape.tokens / measured.ours
    said = f"{times:.2f} times, {rate:,.0f} tokens/s, losses differ by {measured.difference:.0e}"
    equal = measured.difference <= 1e-6
    claims = [
        Claim(
            claim=f"{name}: training step, {shape.tokens} tokens, window {shape.window}, {shape.documents} documents",
            value=said,
            bar=f">= {must} (goal {goal}), losses within 1e-6",
            holds=times >= must and equal,
        )
    ]
    if name == "C1":
        share = measured.flops / measured.ours / peak
        said = f"{share:.0%} of {peak / 1e9:.0f} GFLOP/s"
        claims.append(
            Claim(
                claim="C4: useful share of the matrix peak", value=said, bar=">= 60 % (goal 75 %)", holds=share >= 0.6
            )
        )
    return claims


def _attention(quick: bool) -> Claim:
    ours, dense = attention_times(2048 if quick else 8192, 512, rounds=2 if quick else 3)
    return Claim(
        claim=f"C5: attention alone, {2048 if quick else 8192} tokens, window 512, over a dense mask",
        value=f"{dense / ours:.1f} times",
        bar=">= 8 (goal 11)",
        holds=dense / ours >= 8,
    )


def _memory(quick: bool) -> Claim:
    shape = _STEPS["C1" if quick else "C3"][0]
    ours, peer = (added_memory(side, shape) for side in ("ours", "peer"))
    return Claim(
        claim=f"C6: memory that a step of {shape.tokens} tokens adds, of transformers'",
        value=f"{ours / peer:.2f} ({ours / 1e9:.2f} GB of {peer / 1e9:.2f} GB)",
        bar="<= 0.40 (goal 0.30)",
        holds=ours / peer <= 0.4,
    )


def _isolation(quick: bool) -> Claim:
    worst = leaked(shapes=2 if quick else 10)
    return Claim(
        claim="C8: logits of a document that another one's tokens change", value=f"{worst}", bar="0", holds=worst == 0
    )


def _fill(quick: bool) -> Claim:
    found = fills(2_000 if quick else 20_000)
    said = ", ".join(f"{name} {fill:.2%}" for name, fill in found.items())
    worst = min(found.values())
    return Claim(claim="C9: rows filled, no document cut", value=said, bar=">= 99 % (goal 99.5 %)", holds=worst >= 0.99)


def _sampling(quick: bool) -> Claim:
    ours, peer = sampling_rates(tokens=16 if quick else 64, rounds=1 if quick else 3)
    return Claim(
        claim="C13: sampler, 32 samples of a prompt of 256 tokens, over generate",
        value=f"{ours / peer:.1f} times, {ours:,.0f} tokens/s",
        bar=">= 2 (goal 3)",
        holds=ours / peer >= 2,
    )


if __name__ == "__main__":
    raise SystemExit(main())
