"""Resume: a collection that is killed at random moments ends with the ids of an undisturbed one.

    python -m benchmarks.resume RECIPE [--kills 5] [--seed 0] [--reference FOLDER] [--json] [--quick]

The undisturbed run is made first unless its folder is given; `--quick` kills once.
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


def _start(recipe: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "pipelines.collect", str(recipe)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def _recipe_for(recipe: Path, folder: Path) -> Path:
    text = re.sub(r"^run_folder = .*$", f'run_folder = "{folder}"', recipe.read_text(), flags=re.MULTILINE)
    changed = folder.with_suffix(".toml")
    changed.write_text(text)
    return changed


def main() -> int:
    """Run, kill, run again, compare; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="worldline-resume-"))
    began = time.monotonic()
    reference = arguments.reference or work / "whole"
    if not arguments.reference:
        _start(_recipe_for(arguments.recipe, reference)).wait()
    whole = time.monotonic() - began if not arguments.reference else 300.0
    draw, recipe, kills = random.Random(arguments.seed), _recipe_for(arguments.recipe, work / "killed"), 0
    for _ in range(1 if arguments.quick else arguments.kills):
        process = _start(recipe)
        try:
            process.wait(draw.uniform(0.1, 0.4) * whole)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
    code = _start(recipe).wait()
    expected, found = ids_of(reference), ids_of(work / "killed")
    claims = [
        Claim(claim="the last run ends well", value=f"exit {code} after {kills} kills", bar="exit 0", holds=code == 0)
    ]
    for name in DATASETS:
        lost, new = expected[name] - found[name], found[name] - expected[name]
        text = f"{len(found[name])} ids, {len(lost)} lost, {len(new)} new"
        claims.append(Claim(claim=f"{name}: same ids", value=text, bar="0 lost, 0 new", holds=not lost and not new))
    return print_claims(claims, as_json=arguments.json)


if __name__ == "__main__":
    sys.exit(main())
