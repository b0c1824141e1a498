"""Version 3: rows of tasks and of episodes as the third version of the schema stored them, as rows of today's."""

import re
from typing import Any

from trajectories.ends import cause_of

Row = dict[str, Any]

_HUNK = re.compile(r"@@ -(\S+) \+(\S+) @@")
# What episodes did not record then: no model wrote their messages, and faults ended their job.
_UNKNOWN_STEP: Row = {
    "output_digest": "",
    "output_bytes": 0,
    "tree_digest": "",
    "policy_seconds": 0.0,
    "model_calls": 0,
    "prompt_tokens": None,
    "completion_tokens": None,
}
_UNKNOWN: Row = {"reason": "", "reward_valid": True, "flags": [], "cost": None, "start_digest": ""}
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


def upgraded_episode(row: Row) -> Row:
    """Return the row in today's form; one that holds no episode is the same in both."""
    episode = row.get("episode")
    if not episode:
        return row
    ended_by = episode["ended_by"]
    cause = cause_of(
        ended_by, solved=episode["reward"] == 1.0, tamper=ended_by == "tamper", changed=bool(episode["patch"])
    )
    steps = [{**_UNKNOWN_STEP, **step} for step in episode["steps"]]
    return {**row, "episode": {**_UNKNOWN, **episode, "cause": str(cause), "steps": steps}}


def _turned_round(patch: str) -> str:
    """Return the patch of one file that leads from after to before."""
    head, *hunks = re.split(r"^(?=@@ )", patch, flags=re.MULTILINE)
    turned = [head]
    for hunk in hunks:
        first, *lines = hunk.splitlines(keepends=True)
        turned.append(_HUNK.sub(r"@@ -\2 +\1 @@", first))
        turned += [_OTHER_SIDE.get(line[0], line[0]) + line[1:] for line in lines]
    return "".join(turned)
