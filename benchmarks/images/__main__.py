"""The image builder on a fixed list of projects: python -m benchmarks.images [--list one|two] [--quick] [--cold]

Every row comes from a real build. A run that was killed goes on where it was: delete its folder to start anew.
"""

import argparse
import hashlib
import shutil
import statistics
import tomllib
from collections import Counter
from importlib.resources import files
from pathlib import Path

from benchmarks.images.measurement import Measurement, Row
from benchmarks.table import Claim, print_claims
from images.build_settings import BuildSettings
from images.cache_folder import cache_folder
from images.engine import Engine
from images.layers import KIND_LABEL

_QUICK = 6
_SAMPLE = 6
_BAR_BYTES = 60_000_000
_UNFIT = ("no-tests",)


def main() -> int:
    """Build the list and print what is claimed of it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.images", description=__doc__)
    parser.add_argument("--list", choices=("one", "two"), default="one")
    parser.add_argument("--quick", action="store_true", help=f"the first {_QUICK} of each kind of project")
    parser.add_argument("--cold", action="store_true", help="first remove our shared layers and kept downloads")
    parser.add_argument("--workers", type=int, default=1, help="of the first builds")
    parser.add_argument("--folder", type=Path, help="of rows, logs and records; runs/images-LIST when not given")
    parser.add_argument(
        "--only", choices=("first", "again", "later", "two-workers"), help="measure this, claim the rest"
    )
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    folder = arguments.folder or Path("runs") / f"images-{arguments.list}{'-quick' if arguments.quick else ''}"
    with Engine() as engine:
        if arguments.cold and not (folder / "rows.jsonl").exists():
            _forget(engine)
        measurement = Measurement(engine, folder, BuildSettings())
        _measure(measurement, _specs(arguments.list, arguments.quick), arguments.workers, arguments.only)
    return print_claims(claims(measurement.rows()), as_json=arguments.json)


def _specs(name: str, quick: bool) -> list[str]:
    table = tomllib.loads((files("benchmarks.images") / f"list_{name}.toml").read_text())
    chosen = [spec for kind in ("compiled", "pure") for spec in table[kind][: _QUICK if quick else None]]
    # In an order that says nothing of the projects: the rows of a run that is not at its end are a fair sample.
    return sorted(chosen, key=lambda spec: hashlib.sha256(spec.encode()).hexdigest())


def _forget(engine: Engine) -> None:
    for kind in ("repository", "dependencies", "system"):
        for image in engine.images(label=f"{KIND_LABEL}={kind}"):
            for name in image.names:
                engine.remove_image(name)
    shutil.rmtree(cache_folder() / "packages", ignore_errors=True)


def _measure(measurement: Measurement, specs: list[str], workers: int, only: str | None) -> None:
    def show(kind: str, chosen: list[str], number: int = 1) -> None:
        if only in (None, kind.removesuffix("-1")):
            for row in measurement.run(kind, chosen, workers=number):
                said = row["reason"] or ", ".join(f"{n} {outcome}" for outcome, n in row["tests"].items())
                print(f"{kind}: {row['spec']}: {row['status']}, {row['seconds']:.1f} s, {said[:160]}", flush=True)

    show("first", specs, workers)
    good = [row for row in measurement.rows() if row["kind"] == "first" and row["status"] == "executable"]
    # The quickest, since each of them is built twice more.
    sample = [row["spec"] for row in sorted(good, key=lambda row: row["seconds"])][:_SAMPLE]
    show("again", sample)
    show("later", sample)
    show("two-workers", sample, 2)


def claims(rows: list[Row]) -> list[Claim]:
    """Return what the rows say."""
    first = [row for row in rows if row["kind"] == "first"]
    classes = {row["spec"]: _class(row) for row in first}
    fit = [row for row in first if classes[row["spec"]] not in _UNFIT]
    good = [row for row in fit if row["status"] == "executable"]
    share = len(good) / len(fit) if fit else 0.0
    failed = Counter(classes[row["spec"]] for row in first if row["status"] != "executable")
    said = ", ".join(f"{number} {name}" for name, number in failed.most_common()) or "none"
    added = statistics.median([row["added_bytes"] for row in good] or [0])
    again = [row["seconds"] for row in rows if row["kind"] == "again"]
    return [
        Claim(
            claim="executable, of those that ship tests",
            value=f"{len(good)} of {len(fit)} ({share:.1%}); {len(first) - len(fit)} ship none",
            bar=">= 75 %",
            holds=share >= 0.75,
        ),
        Claim(claim="failures by class", value=said, bar="counted", holds=True),
        _seconds("first build", [row["seconds"] for row in good]),
        _seconds("later build (shared layers there)", [row["seconds"] for row in rows if row["kind"] == "later"]),
        Claim(
            claim="median added beyond shared layers",
            value=f"{added / 1e6:.1f} MB, at most {max((row['added_bytes'] for row in good), default=0) / 1e6:.1f} MB",
            bar="<= 60 MB",
            holds=added <= _BAR_BYTES,
        ),
        Claim(
            claim="median of shared layers and of downloads, a repository",
            value=f"{_median(good, 'shared_bytes') / 1e6:.1f} MB, {_median(good, 'fetched_bytes') / 1e6:.2f} MB",
            bar="reported",
            holds=True,
        ),
        Claim(
            claim="rebuild when nothing has changed",
            value=f"median {statistics.median(again):.2f} s, at most {max(again):.2f} s" if again else "not measured",
            bar="< 2 s",
            holds=bool(again) and max(again) < 2,
        ),
        _faster(rows),
    ]


def _class(row: Row) -> str:
    return "" if row["status"] == "executable" else row["reason"].partition(":")[0]


def _median(rows: list[Row], name: str) -> float:
    return float(statistics.median([row[name] for row in rows] or [0]))


def _seconds(claim: str, values: list[float]) -> Claim:
    said = f"median {statistics.median(values):.1f} s of {len(values)}" if values else "not measured"
    return Claim(claim=f"{claim}, tests included", value=said, bar="reported", holds=True)


def _faster(rows: list[Row]) -> Claim:
    """Compare the same builds with warm layers, one after the other and two at once, by the time from start to end."""
    spans = {}
    for kind in ("later", "two-workers"):
        chosen = [row for row in rows if row["kind"] == kind]
        if not chosen:
            return Claim(claim="2 workers over 1", value="not measured", bar=">= 1.6", holds=False)
        ended = max(row["started"] + row["seconds"] for row in chosen)
        spans[kind] = (ended - min(row["started"] for row in chosen)) / len(chosen)
    times = spans["later"] / spans["two-workers"]
    return Claim(
        claim="repositories an hour, 2 workers over 1", value=f"{times:.2f} times", bar=">= 1.6", holds=times >= 1.6
    )


if __name__ == "__main__":
    raise SystemExit(main())
