"""Version 3: rows of tasks as the third version of the schema stored them, as rows of today's."""

import re
from typing import Any

Row = dict[str, Any]

_HUNK = re.compile(r"@@ -(\S+) \+(\S+) @@")
_OTHER_SIDE = {"-": "+", "+": "-"}


def upgraded_task(row: Row) -> Row:
    """Return the row in today's form; one of another dataset is the same in both.

    A task had one place then and held the text with the bug; the patch that leads back is the planting one, turned round.
    """
    if "buggy_source" not in row:
        return row
    place = {name: row[name] for name in ("path", "function", "line_number", "operator")}
    kept = {name: value for name, value in row.items() if name not in place and name != "buggy_source"}
    back = _turned_round(row["patch"])
    return {**kept, "kind": "mutate-fix", "places": [place], "oracle_patch": back, "hidden_files": [], "gates": []}


def _turned_round(patch: str) -> str:
    """Return the patch of one file that leads from after to before."""
    head, *hunks = re.split(r"^(?=@@ )", patch, flags=re.MULTILINE)
    turned = [head]
    for hunk in hunks:
        first, *lines = hunk.splitlines(keepends=True)
        turned.append(_HUNK.sub(r"@@ -\2 +\1 @@", first))
        turned += [_OTHER_SIDE.get(line[0], line[0]) + line[1:] for line in lines]
    return "".join(turned)
