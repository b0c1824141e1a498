"""Again: has calls made again in a container, untraced or as programs of their own."""

import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from collectors.function_calls import streams_of
from collectors.ship import guest_files
from collectors.tracing import TraceLimits
from images.container import Container
from images.health import GUEST

_GUEST_FILE = Path(__file__).parent / "guest" / "worldline_call_again.py"


def make_again(
    container: Container,
    calls: Sequence[Sequence[Any]],
    *,
    shown: Sequence[str] = (),
    limits: TraceLimits | None = None,
    native: str | None = None,
) -> dict[int, bytes]:
    """Return what worldline_call_again.py writes of each call, by number; those that died are missing."""
    limits = limits or TraceLimits()
    folder = f"{GUEST}/runs/{secrets.token_hex(8)}"
    inside = getattr(container, "path_inside", str)
    settings = {
        "output": inside(f"{folder}/output"),
        "shown": list(shown),
        "limits": {"events": limits.events, "size": limits.size, "depth": limits.depth},
        "native": native,
        "seconds": 5.0,
        "calls": [list(call) for call in calls],
    }
    script = f"{GUEST}/{_GUEST_FILE.name}"
    files = {f"{folder}/settings.json": json.dumps(settings).encode(), f"{folder}/output": b""}
    container.put({**guest_files(), script: _GUEST_FILE.read_bytes(), **files})
    command = [container.python, script, f"{folder}/settings.json"]
    container.run(command, env={"PYTHONPATH": GUEST}, timeout_s=60 + 6 * len(calls))
    return dict(streams_of(container.get([f"{folder}/output"]).get(f"{folder}/output", b"")))
