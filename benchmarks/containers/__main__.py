"""Containers: what a command and a container cost, and that thousands of them leave nothing behind.

    python -m benchmarks.containers [--containers 1000] [--commands 1000] [--only leaks] [--json] [--quick]

`--quick` opens 40 containers and runs 200 commands. A container counts from asking for it to its first command's answer.
`--only leaks --containers 10000` is the long run: what is left is said after each thousand. `--only starts` opens
containers from 1 to 16 processes side by side. Other work on the machine is part of the figures: its load is printed.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from benchmarks.containers.bombs import bounds
from benchmarks.containers.many import LIMITS, many
from benchmarks.containers.starts_at_once import starts_at_once
from benchmarks.table import Claim, print_claims
from images.base_image import ensure_base
from images.docker_container import DockerContainer
from images.engine import Engine
from images.shell import Shell

_HOLDER = (
    "import sys\nfrom images.docker_container import DockerContainer\nfrom images.engine import Engine\n"
    "c = DockerContainer(Engine(), sys.argv[1])\nprint(c.id, flush=True)\nc.run(['sleep', '100'], timeout_s=200)\n"
)
_AT_ONCE = (1, 2, 4, 8, 16)


def main() -> int:
    """Measure and print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--containers", type=int, default=1000)
    parser.add_argument("--commands", type=int, default=1000)
    parser.add_argument("--python", default="3.11")
    parser.add_argument("--only", choices=("commands", "bounds", "deaths", "leaks", "starts"))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    if arguments.containers < 1 or arguments.commands < 20:
        parser.error("at least one container and 20 commands are needed")
    count, commands = (40, 200) if arguments.quick else (arguments.containers, arguments.commands)
    load = os.getloadavg()[0]
    with Engine() as engine:
        base = ensure_base(engine, arguments.python)
        parts: dict[str, Callable[[], list[Claim]]] = {
            "commands": lambda: _commands(engine, base, commands),
            "bounds": lambda: bounds(engine, base),
            "deaths": lambda: _deaths(engine, base, 5 if arguments.quick else 20),
            "leaks": lambda: many(engine, base, count),
            "starts": lambda: starts_at_once(base, _AT_ONCE, 16 if arguments.quick else 64),
        }
        chosen = [part for name, part in parts.items() if arguments.only in (None, name)]
        claims = [claim for part in chosen for claim in part()]
    if not arguments.json:
        print(f"load of the machine: {load:.1f} before, {os.getloadavg()[0]:.1f} after, on {os.cpu_count()} cores")
    return print_claims(claims, as_json=arguments.json)


def _milliseconds(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Return median and 95th percentile of the work's milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken), sorted(taken)[int(0.95 * times)]


def _commands(engine: Engine, base: str, times: int) -> list[Claim]:
    with DockerContainer(engine, base, limits=LIMITS) as container:
        shell = Shell(container)
        middle, late = _milliseconds(lambda: container.run(["true"]), times)
        files = _milliseconds(lambda: _in_and_out(container), times // 4)
        agent = _milliseconds(lambda: shell.run("true"), times // 4)
        here = _milliseconds(lambda: subprocess.run(["true"], capture_output=True), times // 4)
    return [
        Claim(claim="a command, median", value=f"{middle:.1f} ms", bar="<= 8 ms", holds=middle <= 8),
        Claim(claim="a command, 95 %", value=f"{late:.1f} ms", bar="<= 15 ms", holds=late <= 15),
        Claim(claim="a process of this machine beside it, median; 95 %", value=_two(here), bar="-", holds=True),
        Claim(claim="a file in and out, median; 95 %", value=_two(files), bar="-", holds=True),
        Claim(claim="a shell's command, median; 95 %", value=_two(agent), bar="-", holds=True),
    ]


def _in_and_out(container: DockerContainer) -> None:
    container.put({"a": b"x" * 1000})
    assert len(container.get(["a"])["a"]) == 1000


def _two(times: tuple[float, float]) -> str:
    return f"{times[0]:.1f}; {times[1]:.1f} ms"


def _deaths(engine: Engine, base: str, times: int) -> list[Claim]:
    gone = []
    for _ in range(times):
        holder = subprocess.Popen([sys.executable, "-c", _HOLDER, base], stdout=subprocess.PIPE, text=True)
        assert holder.stdout is not None
        name = holder.stdout.readline().strip()
        began = time.perf_counter()
        holder.kill()
        holder.communicate()
        while engine.is_running(name) and time.perf_counter() - began < 60:
            time.sleep(0.02)
        gone.append(time.perf_counter() - began)
    soon = sum(seconds <= 5 for seconds in gone)
    value = f"{soon} of {times}, at most {max(gone):.2f} s"
    return [
        Claim(claim="client killed: container gone in 5 s", value=value, bar=f"{times} of {times}", holds=soon == times)
    ]


if __name__ == "__main__":
    sys.exit(main())
