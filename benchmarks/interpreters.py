"""Interpreters: the CPythons on this machine, each with a virtual environment of pinned packages, kept in a cache."""

import argparse
import json
import os
import re
import shutil
import subprocess
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import images.cache_folder

_ROOT = Path(__file__).parents[1]
GUEST = _ROOT / "collectors" / "guest"
NEWEST = ("3.11", "3.12", "3.13", "3.14")
_ABOUT = "import platform; print(platform.python_version())"


def read_arguments(description: str | None, *, only: str) -> argparse.Namespace:
    """Return the arguments of a benchmark that runs on several interpreters; `only` is what `--only` chooses among."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", nargs="+", default=[], metavar="VERSION")
    parser.add_argument("--processes", type=int, default=5)
    parser.add_argument("--only", nargs="+", metavar=only)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    return parser.parse_args()


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """One CPython: its version, the command of its virtual environment, and why a package is absent from it."""

    version: str
    python: str
    absent: dict[str, str] = field(default_factory=dict)

    @property
    def minor(self) -> tuple[int, int]:
        """Return (3, 12) for 3.12.1."""
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)

    @property
    def label(self) -> str:
        """Return `3.12` for 3.12.1."""
        return "{}.{}".format(*self.minor)


def cache_folder() -> Path:
    """Return where environments, extensions and releases are kept between runs."""
    return images.cache_folder.cache_folder() / "benchmarks"


def find_interpreters(wanted: list[str]) -> list[Interpreter]:
    """Return the interpreters that are named by path or version; of none named, those from 3.11 on that are found.

    Raises `SystemExit` for a named one that is not there.
    """
    found = []
    for name in wanted or NEWEST:
        interpreter = next(filter(None, map(_look, _places(name))), None)
        if interpreter is not None:
            found.append(interpreter)
        elif wanted:
            raise SystemExit(
                f"no interpreter {name!r} was found: give a path, or a version on PATH or in pyenv's folder"
            )
    return found


def _places(name: str) -> list[str]:
    if os.sep in name:
        return [name]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    held = sorted((p for p in pyenv.glob(f"{name}*/bin/python") if _is_release(p, name)), reverse=True)
    on_path = shutil.which(f"python{name}")
    return [str(p) for p in held] + ([on_path] if on_path else [])


def _is_release(path: Path, name: str) -> bool:
    return re.fullmatch(re.escape(name) + r"(\.\d+)?", path.parents[1].name) is not None


def _look(command: str) -> Interpreter | None:
    try:
        run = subprocess.run([command, "-c", _ABOUT], capture_output=True, text=True, timeout=30)
    except OSError:
        return None
    if run.returncode != 0:
        return None
    return Interpreter(version=run.stdout.strip(), python=command)


def pinned_packages() -> list[str]:
    """Return the requirements of the extra `benchmarks` in pyproject.toml."""
    return tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["benchmarks"]


def with_packages(interpreter: Interpreter) -> Interpreter:
    """Return the interpreter of a virtual environment that holds the pinned packages; made once, then taken as it is.

    A package that does not install is noted in `absent` with the last line of what pip said.
    """
    pins = pinned_packages()
    folder = cache_folder() / f"venv-{interpreter.version}"
    python, state = folder / "bin" / "python", folder / "packages.json"
    known = json.loads(state.read_text()) if state.exists() else {}
    if known.get("pins") != pins:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([interpreter.python, "-m", "venv", str(folder)], check=True)
        reasons = {re.split("[=<>]", pin)[0]: reason for pin in pins if (reason := _install(python, pin))}
        known = {"pins": pins, "absent": reasons}
        state.write_text(json.dumps(known, indent=2))
    return Interpreter(version=interpreter.version, python=str(python), absent=known["absent"])


def _install(python: Path, pin: str) -> str | None:
    command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", pin]
    run = subprocess.run(command, capture_output=True, text=True, timeout=600)
    lines = [line for line in run.stderr.splitlines() if line.startswith("ERROR")] or ["pip failed"]
    return None if run.returncode == 0 else lines[-1]
