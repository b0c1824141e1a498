"""Ship: puts the guest's files into a container and fetches what the guest wrote."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from typing import Any

from collectors.stream_blocks import MAGIC, joined
from images.container import Container
from images.health import GUEST, TestRun, TestSelection, run_tests

_MOST_WORKERS = 64


def guest_files() -> dict[str, bytes]:
    """Return the guest's modules by their absolute path inside a container."""
    folder = files("collectors.guest")
    return {f"{GUEST}/{f.name}": f.read_bytes() for f in folder.iterdir() if f.name.startswith("worldline_")}


def run_with_guest(
    container: Container, plugin: str, settings: Mapping[str, Any], *, chosen: TestSelection, timeout_s: float
) -> tuple[TestRun, bytes]:
    """Run the chosen tests with a guest plugin; return the run and the bytes that the plugin wrote.

    The plugin reads its settings from the file that WORLDLINE_<NAME> names. Where pytest-xdist runs the tests, what its
    workers wrote into files of their own is joined: streams as streams, lines as lines.
    """
    folder = f"{GUEST}/runs/{secrets.token_hex(8)}"
    output, config = f"{folder}/output", f"{folder}/settings.json"
    inside = getattr(container, "path_inside", str)
    complete = {**settings, "output": inside(output)}
    container.put({**guest_files(), output: b"", config: json.dumps(complete).encode()})
    variable = "WORLDLINE_" + plugin.removeprefix("worldline_").removesuffix("_plugin").upper()
    selection = replace(chosen, plugins=(plugin,), env={**chosen.env, variable: config})
    run = run_tests(container, selection, timeout_s=timeout_s)
    written = container.get([output, *(f"{output}.gw{number}" for number in range(_MOST_WORKERS))])
    files = [written.get(output, b""), *(data for path, data in written.items() if path != output)]
    return run, joined(files) if files[0].startswith(MAGIC) else b"".join(files)


def read_lines(data: bytes) -> list[Any]:
    """Return the JSON values of the lines, up to the first that is torn."""
    values = []
    for line in data.decode("utf-8", "replace").splitlines():
        try:
            values.append(json.loads(line))
        except ValueError:
            break
    return values
