"""Renew the gold texts from what settrace records: python -m tests.gold.renew [--write] [FEATURE...]

Shows the difference to the files as they are; `--write` replaces them, after which every changed frame is to be read. Of an
item that wrong.toml names for settrace another engine's text is taken, and the text that is there where it names all.
Every CPython from 3.8 to 3.13 must be present.
"""

import argparse
import difflib
import sys
from itertools import groupby

from tests.gold.gold_traces import FOLDER, VERSIONS, Item, engines, gold, programs, recorded, wrong_items
from tests.interpreters import interpreters


def renewed() -> dict[str, str]:
    """Return file name to text: an item that is the same everywhere stands in its feature's file, else in a range's."""
    by_item: dict[Item, dict[str, str]] = {}
    for version in VERSIONS:
        for item in recorded(version, "settrace"):
            by_item.setdefault(item, {})[version] = _right(item, version)
    made: dict[str, list[str]] = {}
    for (feature, _), texts in by_item.items():
        spans = [list(group) for _, group in groupby(texts, key=lambda version: texts[version])]
        for span in spans:
            ends = "-".join(dict.fromkeys((span[0], span[-1])))
            name = f"{feature}.txt" if len(spans) == 1 else f"{feature}.{ends}.txt"
            made.setdefault(name, []).append(texts[span[0]])
    return {name: "\n".join(parts) for name, parts in made.items()}


def _right(item: Item, version: str) -> str:
    good = next((engine for engine in engines(version) if item not in wrong_items(version, engine)), None)
    return recorded(version, good)[item][0] if good else gold(version)[item]


def main() -> int:
    """Show what would change, and write it when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("feature", nargs="*", help="only these")
    arguments = parser.parse_args()
    absent = [version for version in VERSIONS if version not in interpreters()]
    known = {path.stem for version in VERSIONS for path in programs(version)}
    unknown = [name for name in arguments.feature if name not in known]
    if absent or unknown:
        print(f"no CPython {absent[0]} is here" if absent else f"no feature {unknown[0]!r}: see {FOLDER / 'programs'}")
        return 2
    texts, made = FOLDER / "texts", renewed()
    texts.mkdir(exist_ok=True)
    old = {path.name: path.read_text() for path in texts.glob("*.txt")}
    for name in sorted({*old, *made}):
        before, after = old.get(name, ""), made.get(name, "")
        if before == after or (arguments.feature and name.partition(".")[0] not in arguments.feature):
            continue
        lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), name, name)
        sys.stdout.writelines(lines)
        if arguments.write and after:
            (texts / name).write_text(after)
        elif arguments.write:
            (texts / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
