"""Plays episodes with `transformers serve` as the endpoint: a real server, a tiny model of random weights.

    python -m benchmarks.endpoint --python PYTHON [--episodes N] [--json] [--quick]

PYTHON is an interpreter with torch and transformers[serving]. The model says nothing sensible: what is measured is that each
episode ends as the agent's own failure while the server lives, and as a fault of the model when it is killed.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

from benchmarks.table import Claim, print_claims
from collectors.forager import EpisodeLimits, play
from collectors.patches import unified_diff
from collectors.policy_endpoint import EndpointPolicy, EndpointSettings
from collectors.task import Task
from images.local_container import LocalContainer
from trajectories.ends import Cause
from trajectories.episode import Episode

_CLEAN = "def double(x):\n    return 2 * x\n"
_BUGGY = "def double(x):\n    return 3 * x\n"
_FILES = {"a.py": _CLEAN, "test_a.py": "import a\n\n\ndef test_double():\n    assert a.double(4) == 8\n"}
_TASK = Task(
    id="t",
    repository="a",
    split="train",
    image="",
    places=(),
    patch=unified_diff("a.py", _CLEAN, _BUGGY),
    oracle_patch=unified_diff("a.py", _BUGGY, _CLEAN),
    fail_to_pass=("test_a.py::test_double",),
    pass_to_pass=(),
    goal="double(4) gives 12, not 8.",
)
_SERVE = (
    "import sys; from transformers.cli.transformers import main; sys.argv = ['transformers', *sys.argv[1:]]; main()"
)
_PORT = 8123
_READY_SECONDS = 180.0


def main() -> int:
    """Play, kill the server, play on, print the claims; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--episodes", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    count = 2 if arguments.quick else arguments.episodes
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([arguments.python, str(Path(__file__).with_name("tiny_model.py")), folder], check=True)
        with _served(arguments.python) as server:
            alive = [_episode(folder, form, seed) for form in ("calls", "text") for seed in range(count)]
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
            dead = [_episode(folder, "calls", seed) for seed in range(count)]
    return print_claims(_claims(alive, dead), as_json=arguments.json)


@contextmanager
def _served(python: str) -> Iterator["subprocess.Popen[bytes]"]:
    command = [python, "-c", _SERVE, "serve", "--host", "127.0.0.1", "--port", str(_PORT), "--device", "cpu"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        _wait_until_ready(server)
        yield server
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _wait_until_ready(server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            requests.get(f"http://127.0.0.1:{_PORT}/health", timeout=5)
            return
        except requests.RequestException:
            time.sleep(0.5)
    raise SystemExit("transformers serve did not start: PYTHON needs torch and transformers[serving]")


def _episode(model: str, form: str, seed: int) -> Episode:
    settings = EndpointSettings(
        url=f"http://127.0.0.1:{_PORT}/v1", model=model, form=form, most_tokens=64, attempts=2, first_wait=0.1
    )
    files = {name: text.encode() for name, text in _FILES.items()}
    policy = EndpointPolicy(settings, seed=100 * seed)
    return play(_TASK, policy, lambda: LocalContainer(files), {"a.py": _CLEAN}, EpisodeLimits())


def _claims(alive: Sequence[Episode], dead: Sequence[Episode]) -> list[Claim]:
    own = sum(episode.cause in (Cause.GAVE_UP, Cause.BUDGET) and episode.reward == 0.0 for episode in alive)
    counted = sum(bool(step.prompt_tokens and step.completion_tokens) for e in alive for step in e.steps)
    steps = sum(len(episode.steps) for episode in alive)
    faults = sum(episode.cause is Cause.MODEL_FAULT and episode.reward is None for episode in dead)
    return [
        Claim(
            claim="while it lives, the agent's own end",
            value=f"{own} of {len(alive)}",
            bar="all",
            holds=own == len(alive),
        ),
        Claim(claim="steps with counted tokens", value=f"{counted} of {steps}", bar="all", holds=0 < counted == steps),
        Claim(claim="killed: a model fault", value=f"{faults} of {len(dead)}", bar="all", holds=faults == len(dead)),
    ]


if __name__ == "__main__":
    sys.exit(main())
