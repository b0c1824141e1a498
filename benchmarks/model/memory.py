"""The memory that one training step adds, each side in a process of its own: python -m benchmarks.model.memory SIDE T W N"""

import os
import resource
import subprocess
import sys

from benchmarks.model.measured_steps import Shape


def added_memory(side: str, shape: Shape) -> float:
    """Return the bytes that the second step's peak lies above what was held before the first."""
    numbers = (str(shape.tokens), str(shape.window), str(shape.documents))
    command = [sys.executable, "-m", "benchmarks.model.memory", side, *numbers]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
    return float(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)


def _main(side: str, tokens: str, window: str, documents: str) -> None:
    import torch

    from benchmarks.model.measured_steps import steps

    torch.set_num_threads(1)
    ours, peer = steps(Shape(tokens=int(tokens), window=int(window), documents=int(documents)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(2):
        (ours if side == "ours" else peer)()
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)


if __name__ == "__main__":
    _main(*sys.argv[1:])
