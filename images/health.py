"""Health: runs a repository's tests in a container and reads the outcomes through a channel of our own.

Outcomes never come from printed lines: a pytest plugin writes them to a file that is fetched afterwards.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files

from images.container import Completed, Container
from images.pytest_config import CONFIG_FILES, read_config

GUEST = "/opt/worldline"
_REPLACED = ("-p", "no:cacheprovider", "-o", "addopts=", "-o", "required_plugins=")
_ALWAYS = (*_REPLACED, "-q", "--tb=short", "--continue-on-collection-errors")


@dataclass(frozen=True, slots=True, kw_only=True)
class TestOutcome:
    """How one test ended: `passed`, `failed`, `error`, `skipped`, `xfailed` or `xpassed`; seconds; failure text.

    Of several runs: `flaky` when they differ, the mean of the seconds, and the share of runs in which it passed.
    """

    __test__ = False

    id: str
    outcome: str
    seconds: float
    message: str = ""
    pass_rate: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRun:
    """One run of pytest: `complete` is false when it died before its end, whatever it printed."""

    __test__ = False

    collected: tuple[str, ...]
    outcomes: dict[str, TestOutcome]
    collection_errors: dict[str, str]
    complete: bool
    completed: Completed

    def ids(self, outcome: str) -> list[str]:
        """Return the ids of the tests that ended so, in the order of running."""
        return [test.id for test in self.outcomes.values() if test.outcome == outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestSelection:
    """What to run: test files (all collected when empty), the ids to keep (all when None), and pytest plugins.

    With a `shuffle`, modules, their classes and their tests run in the order that this seed gives.
    """

    __test__ = False

    paths: Sequence[str] = ()
    ids: Sequence[str] | None = None
    plugins: Sequence[str] = ()
    options: Sequence[str] = ()
    shuffle: int | None = None
    env: Mapping[str, str] = field(default_factory=dict)


def command_of(options: Sequence[str], paths: Sequence[str]) -> tuple[str, ...]:
    """Return the command that a person types to run the same tests: `options` are what is kept of the project's own."""
    return ("python", "-m", "pytest", *_REPLACED, *options, *paths)


def files_of_ids(ids: Sequence[str]) -> list[str]:
    """Return the test files that the ids name, sorted."""
    return sorted({test.split("::", 1)[0] for test in ids})


def run_tests(container: Container, selection: TestSelection, *, timeout_s: float = 600) -> TestRun:
    """Run the selected tests in the container, as the project's own options select them; return what the plugin wrote."""
    folder = f"{GUEST}/runs/{secrets.token_hex(8)}"
    outcomes, select = f"{folder}/outcomes.jsonl", f"{folder}/select.json"
    guest = {f"{GUEST}/worldline_outcomes.py": (files("images.guest") / "outcomes.py").read_bytes(), outcomes: b""}
    env = {"PYTHONPATH": GUEST, "WORLDLINE_OUTCOMES": outcomes, **selection.env}
    if selection.ids is not None:
        guest[select] = json.dumps(list(selection.ids)).encode()
        env["WORLDLINE_SELECT"] = select
    if selection.shuffle is not None:
        env["WORLDLINE_SHUFFLE"] = str(selection.shuffle)
    container.put(guest)
    command = [container.python, "-m", "pytest", *pytest_arguments(container, selection)]
    completed = container.run(command, env=env, timeout_s=timeout_s)
    return read_outcomes(container.get([outcomes]).get(outcomes, b""), completed)


def pytest_arguments(container: Container, selection: TestSelection) -> list[str]:
    """Return what pytest is given to run the selected tests in the container: our options, the project's, paths."""
    plugins = [word for name in ("worldline_outcomes", *selection.plugins) for word in ("-p", name)]
    paths = list(selection.paths) or (files_of_ids(selection.ids) if selection.ids else [])
    own = read_config(container.get(CONFIG_FILES)).options
    return [*_ALWAYS, *own, *plugins, *selection.options, *paths]


def read_outcomes(data: bytes, completed: Completed) -> TestRun:
    """Return the run that the outcomes plugin wrote of."""
    collected: tuple[str, ...] = ()
    outcomes: dict[str, TestOutcome] = {}
    errors: dict[str, str] = {}
    complete = False
    for line in data.decode("utf-8", "replace").splitlines():
        try:
            kind, *fields = json.loads(line)
            if kind == "collected":
                collected = tuple(map(str, fields[0]))
            elif kind == "test":
                name, outcome, seconds, message = fields
                outcomes[str(name)] = TestOutcome(
                    id=str(name), outcome=str(outcome), seconds=float(seconds), message=str(message)
                )
            elif kind == "error":
                errors[str(fields[0])] = str(fields[1])
            elif kind == "end":
                complete = True
        except (ValueError, TypeError, IndexError):
            break  # a torn last line of a run that was killed, or a line that the repository forged
    return TestRun(
        collected=collected, outcomes=outcomes, collection_errors=errors, complete=complete, completed=completed
    )
