"""The Arrow schemas of the datasets, with their version.

History of the version:
1  first version.
2  a frame names its file and function and stores what changed in its scope (`changed`, null for a deleted name) where it
   stored every name with null for unchanged (`locals`); a trace names the engine and the interpreter that recorded it.
   The dataset of accounts came later, and changed no other.
3  an image has its recipe, attempts with their logs, Dockerfile, scripts, shared bytes; a test of it the share of runs in
   which it passed.
4  a task has any number of places, the patch to its solution and hidden files, and no copy of the file with the bug; an
   episode has its cause and reason, whether its reward is valid (null when not), its cost, digests of outputs and of the work
   tree, and what each message took. The datasets of faults, near-duplicates, goals and divergences came then.
"""

import pyarrow as pa

VERSION = 4

_NAMED_TEXT = pa.list_(pa.struct([("name", pa.string()), ("text", pa.string())]))

_FRAME = pa.struct(
    [
        ("kind", pa.string()),
        ("depth", pa.int32()),
        ("line_number", pa.int32()),
        ("source_line", pa.string()),
        ("file", pa.string()),
        ("function", pa.string()),
        # What the scope's state differs in from its last frame's, in binding order; a null text says: deleted.
        ("changed", _NAMED_TEXT),
        ("value", pa.string()),
    ]
)

_TRACE = pa.struct(
    [
        ("entry", pa.string()),
        ("source", pa.string()),
        ("cut", pa.string()),
        ("values_cut", pa.int32()),
        ("engine", pa.string()),
        ("python", pa.string()),
        ("frames", pa.list_(_FRAME)),
    ]
)

_STEP = pa.struct(
    [
        ("thought", pa.string()),
        ("tool", pa.string()),
        ("arguments", _NAMED_TEXT),
        ("observation", pa.string()),
        ("exit_code", pa.int32()),
        ("seconds", pa.float64()),
        ("output_digest", pa.string()),
        ("output_bytes", pa.int64()),
        ("tree_digest", pa.string()),
        ("policy_seconds", pa.float64()),
        ("model_calls", pa.int32()),
        ("prompt_tokens", pa.int64()),
        ("completion_tokens", pa.int64()),
    ]
)

_EPISODE = pa.struct(
    [
        ("task_id", pa.string()),
        ("policy", pa.string()),
        ("goal", pa.string()),
        ("ended_by", pa.string()),
        ("cause", pa.string()),
        ("reason", pa.string()),
        ("patch", pa.string()),
        ("judged", _NAMED_TEXT),
        ("reward", pa.float64()),
        ("reward_valid", pa.bool_()),
        ("flags", pa.list_(pa.string())),
        ("cost", pa.float64()),
        ("start_digest", pa.string()),
        ("steps", pa.list_(_STEP)),
    ]
)

_TEST = pa.struct(
    [("id", pa.string()), ("outcome", pa.string()), ("seconds", pa.float64()), ("pass_rate", pa.float64())]
)

_ATTEMPT = pa.struct(
    [("recipe", pa.string()), ("reason", pa.string()), ("seconds", pa.float64()), ("log", pa.string())]
)

_ORIGIN = [
    ("repository", pa.string()),
    ("source_digest", pa.string()),
    ("licence", pa.string()),
    ("image", pa.string()),
    ("python_version", pa.string()),
    ("collector", pa.string()),
    ("seed", pa.int64()),
    ("split", pa.string()),
]


def _versioned(fields: list[tuple[str, pa.DataType]]) -> pa.Schema:
    return pa.schema(fields, metadata={"worldline.schema": str(VERSION)})


TRAJECTORIES = _versioned(
    [
        ("id", pa.string()),
        ("kind", pa.string()),
        ("outcome", pa.string()),
        *_ORIGIN,
        ("trace", _TRACE),
        ("episode", _EPISODE),
    ]
)

IMAGES = _versioned(
    [
        ("repository", pa.string()),
        ("spec", pa.string()),
        ("image", pa.string()),
        ("image_id", pa.string()),
        ("base", pa.string()),
        ("source_digest", pa.string()),
        ("licence", pa.string()),
        ("python_version", pa.string()),
        ("worldline_version", pa.string()),
        ("as_of", pa.string()),
        ("split", pa.string()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("recipe", pa.string()),
        ("recipe_digest", pa.string()),
        ("system_packages", pa.list_(pa.string())),
        ("install_commands", pa.list_(pa.string())),
        ("test_command", pa.list_(pa.string())),
        ("restore_command", pa.list_(pa.string())),
        ("evaluation_script", pa.string()),
        ("dockerfile", pa.string()),
        ("source_files", pa.list_(pa.string())),
        ("test_files", pa.list_(pa.string())),
        ("packages", pa.list_(pa.string())),
        ("tests", pa.list_(_TEST)),
        ("collection_errors", pa.int32()),
        ("attempts", pa.list_(_ATTEMPT)),
        ("added_bytes", pa.int64()),
        ("shared_bytes", pa.int64()),
        ("fetched_bytes", pa.int64()),
        ("seconds", pa.float64()),
    ]
)

COVERAGE = _versioned(
    [
        ("repository", pa.string()),
        ("test", pa.string()),
        ("outcome", pa.string()),
        ("core", pa.string()),
        ("path", pa.string()),
        ("function", pa.string()),
        ("first_line", pa.int32()),
        ("lines", pa.list_(pa.int32())),
    ]
)

_PLACE = pa.struct(
    [("path", pa.string()), ("function", pa.string()), ("line_number", pa.int32()), ("operator", pa.string())]
)

TASKS = _versioned(
    [
        ("id", pa.string()),
        ("kind", pa.string()),
        ("repository", pa.string()),
        ("split", pa.string()),
        ("image", pa.string()),
        ("places", pa.list_(_PLACE)),
        ("patch", pa.string()),
        ("oracle_patch", pa.string()),
        ("hidden_files", _NAMED_TEXT),
        ("fail_to_pass", pa.list_(pa.string())),
        ("pass_to_pass", pa.list_(pa.string())),
        ("goal", pa.string()),
        ("gates", _NAMED_TEXT),
        ("status", pa.string()),
        ("reason", pa.string()),
    ]
)

# Goal texts of tasks, several styles of each, refused ones with their reason; `writer` is `template` or a model's name.
GOALS = _versioned(
    [
        ("id", pa.string()),
        ("task_id", pa.string()),
        ("repository", pa.string()),
        ("split", pa.string()),
        ("style", pa.string()),
        ("writer", pa.string()),
        ("method", pa.string()),
        ("seed", pa.int64()),
        ("text", pa.string()),
        ("reason", pa.string()),
    ]
)

_WORDS = [(name, pa.string()) for name in ("function", "file", "actual", "expected")]
_CALL = pa.struct([*_WORDS[:2], ("arguments", _NAMED_TEXT), *_WORDS[2:]])

# Where a failing test of a task parts from its run on the solution: one row for the task's state (step -1), and one for each
# state behind an edit of an episode. Numbers are places of frames in `buggy`, -1 for none.
DIVERGENCES = _versioned(
    [
        ("id", pa.string()),
        ("task_id", pa.string()),
        ("episode_id", pa.string()),
        ("step", pa.int32()),
        ("repository", pa.string()),
        ("split", pa.string()),
        ("collector", pa.string()),
        ("test", pa.string()),
        ("outcome", pa.string()),
        ("status", pa.string()),
        ("buggy_frames", pa.int32()),
        ("fixed_frames", pa.int32()),
        ("parted", pa.int32()),
        ("differs", pa.string()),
        ("changed", pa.list_(pa.struct([(name, pa.string()) for name in ("name", "buggy", "fixed")]))),
        ("reached", pa.int32()),
        ("failing", pa.int32()),
        ("distance", pa.int32()),
        ("on_path", pa.bool_()),
        ("call", _CALL),
        ("buggy", pa.list_(_FRAME)),
        ("fixed", pa.list_(_FRAME)),
    ]
)

ACCOUNTS = _versioned(
    [
        ("id", pa.string()),
        ("trace_id", pa.string()),
        ("repository", pa.string()),
        ("split", pa.string()),
        ("writer", pa.string()),
        ("method", pa.string()),
        ("seed", pa.int64()),
        ("verdict", pa.string()),
        ("reason", pa.string()),
        ("text", pa.string()),
        ("attempts", pa.int32()),
    ]
)

# Runs of whole programs that were to be traced: what was kept, and why the others were not. `id` is that of the trace.
PROGRAMS = _versioned(
    [
        ("id", pa.string()),
        ("repository", pa.string()),
        ("split", pa.string()),
        ("problem", pa.string()),
        ("program", pa.string()),
        ("test", pa.int32()),
        ("verdict", pa.string()),
        ("status", pa.string()),
        ("reason", pa.string()),
    ]
)

# Episodes of one repository whose actions are close: `kept` are those that are left when no two `among` so many are alike.
NEAR_DUPLICATES = _versioned(
    [
        ("id", pa.string()),
        ("repository", pa.string()),
        ("split", pa.string()),
        ("method", pa.string()),
        ("among", pa.int32()),
        ("kept", pa.bool_()),
        ("like", pa.string()),
        ("similarity", pa.float64()),
    ]
)

DATASETS = {
    "images": IMAGES,
    "coverage": COVERAGE,
    "programs": PROGRAMS,
    "tasks": TASKS,
    "goals": GOALS,
    "divergences": DIVERGENCES,
    "traces": TRAJECTORIES,
    "accounts": ACCOUNTS,
    "episodes": TRAJECTORIES,
    "faults": TRAJECTORIES,
    "near_duplicates": NEAR_DUPLICATES,
}
