"""Suites: real projects of different natures, each with an environment of its own in which its tests run.

What is left out, and why: `-k`, `--deselect` and the test files that are named say it beside each project.
"""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.interpreters import Interpreter, cache_folder, pinned_packages
from benchmarks.releases import Suite, unpack_release

# One test asks for annotations in a way that this interpreter answers otherwise.
_ATTRS = ("--deselect", "tests/test_converters.py::TestPipe::test_wrapped_annotation")
# These tests need the fixture of pytest-benchmark, or hold simulations against the clock.
_SIMPY = ("--ignore", "tests/test_benchmark.py", "--ignore", "tests/test_rt.py")
_HUMANIZE = ("--ignore", "tests/test_benchmarks.py")

# These tests say how many seconds parsing may take.
_SQLPARSE = ("-k", "not under_1s")

SUITES = (
    Suite(project="toolz", version="1.2.0", tests=("toolz",)),
    Suite(project="cachetools", version="8.0.2", tests=("tests",)),
    Suite(project="sqlparse", version="0.6.1", tests=("tests",), options=_SQLPARSE),
    Suite(project="tabulate", version="0.10.0", tests=("test",)),
    Suite(project="boltons", version="26.2.0", tests=("tests",)),
    Suite(project="more-itertools", version="11.2.1", tests=("tests",)),
    Suite(
        project="attrs",
        version="26.1.0",
        tests=("tests",),
        needs=("hypothesis", "cloudpickle"),
        built=True,
        options=_ATTRS,
    ),
    # Its own options leave 30,000 stress tests out too.
    Suite(project="click", version="8.5.1", tests=("tests",), built=True, options=("-m", "not stress")),
    Suite(project="jinja2", version="3.1.6", tests=("tests",), needs=("markupsafe", "trio")),
    Suite(project="markupsafe", version="3.0.4", tests=("tests",), built=True),
    Suite(project="wrapt", version="2.5.2", tests=("tests",), built=True),
    Suite(project="asyncstdlib", version="3.14.0", tests=("unittests",), needs=("typing-extensions",)),
    Suite(project="simpy", version="4.1.2", tests=("tests",), built=True, options=_SIMPY),
    Suite(project="marshmallow", version="4.4.0", tests=("tests",), needs=("simplejson",)),
    Suite(project="decorator", version="5.3.1", tests=("tests/test.py",)),
    Suite(project="h11", version="0.16.0", tests=("h11/tests",)),
    Suite(project="humanize", version="4.17.0", tests=("tests",), needs=("freezegun",), built=True, options=_HUMANIZE),
    Suite(project="idna", version="3.20", tests=("tests",), needs=("hypothesis",)),
    Suite(project="packaging", version="26.3", tests=("tests/test_markers.py", "tests/test_requirements.py")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A suite that can run: its interpreter, the folder to run in, what PYTHONPATH must name, the project's own files."""

    suite: Suite
    python: str
    folder: Path
    path: str
    files: tuple[str, ...]

    @property
    def packages(self) -> str:
        """Return the folder of the environment's installed packages."""
        return str(next(Path(self.python).parents[1].glob("lib/python3.*/site-packages")))

    def command(self, *more: str) -> list[str]:
        """Return the command that runs the tests."""
        options = ["-q", "-p", "no:cacheprovider", "-o", "addopts=", *self.suite.options, *more]
        return [self.python, "-m", "pytest", *options, *self.suite.tests]


def choose_suites(only: list[str] | None) -> tuple[Suite, ...]:
    """Return the suites of the named projects, all when none is named; raise `SystemExit` for a name that is not there."""
    known = [suite.project for suite in SUITES]
    for name in only or ():
        if name not in known:
            raise SystemExit(f"no suite of {name!r} is known: there are {', '.join(known)}")
    return tuple(suite for suite in SUITES if not only or suite.project in only)


def prepare(interpreter: Interpreter, suite: Suite) -> Prepared:
    """Return the suite with its environment, made once; raise `SystemExit` when that does not install."""
    held = unpack_release(suite)
    folder = cache_folder() / f"suite-{suite.project}-{suite.version}-py{interpreter.version}"
    python, state = folder / "bin" / "python", folder / "packages.json"
    wanted = [pin for pin in pinned_packages() if re.match("pytest==|coverage==", pin)] + list(suite.needs)
    installs = [wanted, *([["--no-deps", str(held.folder)]] if suite.built else [])]
    if not state.exists() or json.loads(state.read_text()) != installs:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([interpreter.python, "-m", "venv", str(folder)], check=True)
        for arguments in installs:
            _install(python, arguments)
        state.write_text(json.dumps(installs))
    prepared = Prepared(suite=suite, python=str(python), folder=held.folder, path=held.path, files=held.files)
    return _installed(prepared) if suite.built else prepared


def _install(python: Path, arguments: list[str]) -> None:
    command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, timeout=900)
    if run.returncode:
        raise SystemExit(f"{' '.join(arguments)} does not install: {(run.stderr.strip().splitlines() or ['?'])[-1]}")


def _installed(prepared: Prepared) -> Prepared:
    """Return the suite with the installed copies of its files, and without its sources on the path."""
    packages, source = Path(prepared.packages), prepared.folder / "src"
    own = (packages / Path(file).relative_to(source) for file in prepared.files if Path(file).is_relative_to(source))
    return Prepared(
        suite=prepared.suite,
        python=prepared.python,
        folder=prepared.folder,
        path="",
        files=tuple(str(path) for path in own if path.exists()),
    )
