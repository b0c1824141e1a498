"""Programs played in the interpreters of this machine, untraced and under each engine that works there."""

import base64
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from collectors.native_engine import FILE, native_for_interpreter
from tests.interpreters import interpreters

DRIVER = Path(__file__).parent / "guest_driver.py"
GUEST = str(files("collectors.guest"))
VERSIONS = sorted(interpreters(), key=lambda version: int(version[2:]))


@dataclass(frozen=True, slots=True)
class Played:
    """What a program did: what it printed, how it ended, a digest of its streams, what broke the engine, the file's bytes."""

    printed: str
    end: str
    digest: str
    broken: str | None
    data: bytes


def extension(version: str) -> str:
    """Return the path of the compiled engine for an interpreter, or an empty string where it cannot be compiled."""
    folder = native_for_interpreter(interpreters()[version])
    return str(folder / FILE) if folder else ""


def engines(version: str) -> list[str]:
    """Return the engines that work on an interpreter, the reference first."""
    pure = ["settrace", "monitoring"] if int(version[2:]) >= 12 else ["settrace"]
    return pure + (["native"] if extension(version) else [])


def play(version: str, folder: Path, sources: Mapping[str, str]) -> dict[str, dict[str, Played]]:
    """Play the programs, all in one process; return for each what it did under each engine, and untraced as `none`."""
    for name, text in sources.items():
        (folder / f"{name}.py").write_text(text)
    words = [GUEST, extension(version), ",".join(["none", *engines(version)])]
    programs = [str(folder / f"{name}.py") for name in sources]
    command = [interpreters()[version], str(DRIVER), "KEEP", *words, *programs]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    results = [
        {engine: Played(*found[:4], base64.b64decode(found[4])) for engine, found in result.items()}
        for result in json.loads(done.stdout)
    ]
    return dict(zip(sources, results, strict=True))


def check_harmless(played: Mapping[str, Mapping[str, Played]]) -> None:
    """Assert that each program did under every engine what it does untraced, and that no engine broke."""
    for name, results in played.items():
        for engine, found in results.items():
            untraced = results["none"]
            assert (found.printed, found.end) == (untraced.printed, untraced.end), f"{name}, {engine}"
            assert found.broken is None, f"{name}, {engine}"
