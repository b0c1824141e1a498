"""Resume: a run that is killed at random moments ends with the ids of an undisturbed one.

    python -m benchmarks.resume RECIPE [--kills 5] [--seed 0] [--reference FOLDER] [--seconds 300] [--json] [--quick]
    python -m benchmarks.resume --make CLONE --reference FOLDER ...

The first form kills the collection of a recipe, the second the whole of `make demo` in a clone of the project. The
undisturbed run is made first unless its folder is given, with about how many seconds it took; `--quick` kills once.
"""

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.table import Claim, print_claims
from trajectories.schema import DATASETS
from trajectories.store import Store


def ids_of(folder: Path) -> dict[str, set[str]]:
    """Return the ids of a run by dataset; datasets without ids by their units."""
    found = {}
    for name in DATASETS:
        store = Store(folder, name)
        rows = {str(row["id"]) for row in store.rows(["id"])} if name in ("tasks", "traces", "episodes") else set()
        found[name] = rows or set(store.units())
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is started, killed and started again: a command in a folder, and the run's folder that it fills."""

    command: tuple[str, ...]
    cwd: Path
    run_folder: Path

    def start(self) -> "subprocess.Popen[bytes]":
        """Start it as the leader of a session of its own, so that all of it can be killed at once."""
        quiet = subprocess.DEVNULL
        return subprocess.Popen(self.command, cwd=self.cwd, stdout=quiet, stderr=quiet, start_new_session=True)


def _collection(recipe: Path, folder: Path) -> Work:
    text = re.sub(r"^run_folder = .*$", f'run_folder = "{folder}"', recipe.read_text(), flags=re.MULTILINE)
    changed = folder.with_suffix(".toml")
    changed.write_text(text)
    command = (sys.executable, "-m", "pipelines.collect", str(changed))
    return Work(command=command, cwd=Path.cwd(), run_folder=folder)


def kill_at_random(work: Work, *, kills: int, seed: int, seconds: float) -> int:
    """Start and kill the work `kills` times, each after 5 to 30 % of `seconds`; return how often it still ran."""
    draw, done = random.Random(seed), 0
    for _ in range(kills):
        process = work.start()
        try:
            process.wait(draw.uniform(0.05, 0.3) * seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            done += 1
    return done


def main() -> int:
    """Run, kill, run again, compare; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path, nargs="?")
    parser.add_argument("--make", type=Path, metavar="CLONE")
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    if (arguments.make is None) == (arguments.recipe is None) or (arguments.make and not arguments.reference):
        parser.error("give either a recipe, or --make with --reference")
    folder = Path(tempfile.mkdtemp(prefix="worldline-resume-"))
    reference, seconds = arguments.reference or folder / "whole", arguments.seconds
    if not arguments.reference:
        began = time.monotonic()
        _collection(arguments.recipe, reference).start().wait()
        seconds = time.monotonic() - began
    if arguments.make:
        work = Work(command=("make", "demo"), cwd=arguments.make, run_folder=arguments.make / "runs" / "demo")
    else:
        work = _collection(arguments.recipe, folder / "killed")
    wanted = 1 if arguments.quick else arguments.kills
    kills = kill_at_random(work, kills=wanted, seed=arguments.seed, seconds=seconds)
    code = work.start().wait()
    return print_claims(_claims(reference, work.run_folder, code, kills, wanted), as_json=arguments.json)


def _claims(reference: Path, killed: Path, code: int, kills: int, wanted: int) -> list[Claim]:
    good = code == 0 and kills == wanted
    claims = [Claim(claim="the last run ends well", value=f"exit {code} after {kills} kills", bar="exit 0", holds=good)]
    expected, found = ids_of(reference), ids_of(killed)
    for name in DATASETS:
        lost, new = expected[name] - found[name], found[name] - expected[name]
        text = f"{len(found[name])} ids, {len(lost)} lost, {len(new)} new"
        holds = bool(found[name]) and not lost and not new
        claims.append(Claim(claim=f"{name}: same ids", value=text, bar="0 lost, 0 new", holds=holds))
    return claims


if __name__ == "__main__":
    sys.exit(main())
