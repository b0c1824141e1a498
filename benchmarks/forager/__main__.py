"""ForagerAgent's planting and repair on real projects: python -m benchmarks.forager [--only NAME ...] [--quick]

Images are built of releases from the package index, or found. A run that was killed goes on where it was: delete its folder
to start anew.
"""

import argparse
import tomllib
from importlib.resources import files
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.forager.claims import claims, operator_table
from benchmarks.forager.measurement import Lazy, Row, Rows, Sizes, plant, repair
from benchmarks.table import print_claims
from collectors.task import task_from_row
from images.engine import Engine
from images.record_shelf import RecordShelf

_QUICK = Sizes(candidates=48, tasks=24, joined=3, fresh=3, episodes=6)


def main() -> int:
    """Measure the projects and print what is claimed of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forager", description=__doc__)
    parser.add_argument("--only", nargs="*", help="the projects of these names; all when not given")
    parser.add_argument("--quick", action="store_true", help="fewer candidates and episodes of each project")
    parser.add_argument("--folder", type=Path, help="of the rows; runs/forager when not given")
    parser.add_argument("--records", type=Path, help="a folder of image records to look in too")
    parser.add_argument("--stage", choices=("planting", "repair"), default="repair", help="the last one to measure")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    folder = arguments.folder or Path("runs") / f"forager{'-quick' if arguments.quick else ''}"
    shelves = [RecordShelf(), *([RecordShelf(arguments.records)] if arguments.records else [])]
    sizes = _QUICK if arguments.quick else Sizes()
    kept = Rows(folder)
    with Engine() as engine:
        rows = [_row(arguments.stage, kept, Lazy(engine, spec, shelves), sizes) for spec in _specs(arguments.only)]
    if not arguments.json:
        _print_operators(rows)
    return print_claims(claims(rows), as_json=arguments.json)


def _row(stage: str, kept: Rows, project: Lazy, sizes: Sizes) -> Row:
    """Return what is known of a project after these stages were measured."""
    planted = kept.get(project.spec, "planting", lambda: plant(project(), sizes, say=_say))
    if stage == "planting":
        return {**planted, "episodes": []}
    tasks = [task_from_row(row) for row in planted["tasks"] if row["status"] == "valid"]
    return {**planted, **kept.get(project.spec, "repair", lambda: repair(project(), tasks, sizes, say=_say))}


def _say(line: str) -> None:
    print(line, flush=True)


def _specs(only: list[str] | None) -> list[str]:
    table = tomllib.loads((files("benchmarks.forager") / "projects.toml").read_text())
    specs: list[str] = [*table["large"], *table["small"]]
    names = {spec.partition(":")[2].partition("==")[0]: spec for spec in specs}
    for name in only or ():
        if name not in names:
            raise SystemExit(f"no project {name!r} is known: there are {', '.join(names)}")
    return [spec for name, spec in names.items() if not only or name in only]


def _print_operators(rows: list[Row]) -> None:
    table = Table("operator", "candidates", "tasks", "yield", "episodes", "solved")
    for name, tried, valid, played, solved in operator_table(rows):
        table.add_row(name, str(tried), str(valid), f"{valid / max(1, tried):.0%}", str(played), str(solved))
    Console().print(table)


if __name__ == "__main__":
    raise SystemExit(main())
