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
    """One run of pytest: `complete` is false when it died before its end, whatever it printed.

    `stopped` says why a run was ended by our plugin before all tests had run, and is empty otherwise.
    """

    __test__ = False

    collected: tuple[str, ...]
    outcomes: dict[str, TestOutcome]
    collection_errors: dict[str, str]
    complete: bool
    completed: Completed
    stopped: str = ""

    def ids(self, outcome: str) -> list[str]:
        """Return the ids of the tests that ended so, in the order of running."""
        return [test.id for test in self.outcomes.values() if test.outcome == outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestSelection:
    """What to run: test files (all collected when empty), the ids to keep (all when None), and pytest plugins.

    With a `shuffle`, modules, their classes and their tests run in the order that this seed gives. `left_out` are ids that
    are not run. With a `share`, the run ends when it is known that fewer than this share of the tests pass.
    """

    __test__ = False

    paths: Sequence[str] = ()
    ids: Sequence[str] | None = None
    plugins: Sequence[str] = ()
    options: Sequence[str] = ()
    shuffle: int | None = None
    left_out: Sequence[str] = ()
    share: float | None = None
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
    outcomes = f"{folder}/outcomes.jsonl"
    guest, asked = _asked(selection, folder)
    container.put({**guest, f"{GUEST}/worldline_outcomes.py": _plugin("outcomes"), outcomes: b""})
    env = {"PYTHONPATH": GUEST, "WORLDLINE_OUTCOMES": outcomes, **asked, **selection.env}
    command = [container.python, "-m", "pytest", *pytest_arguments(container, selection)]
    completed = container.run(command, env=env, timeout_s=timeout_s)
    return read_outcomes(container.get([outcomes]).get(outcomes, b""), completed)


def pytest_arguments(container: Container, selection: TestSelection) -> list[str]:
    """Return what pytest is given to run the selected tests in the container: our options, the project's, paths."""
    own_plugins = ("worldline_outcomes", *(["worldline_early_end"] if selection.share is not None else []))
    plugins = [word for name in (*own_plugins, *selection.plugins) for word in ("-p", name)]
    paths = list(selection.paths) or (files_of_ids(selection.ids) if selection.ids else [])
    own = read_config(container.get(CONFIG_FILES)).options
    return [*_ALWAYS, *own, *plugins, *selection.options, *paths]


def _asked(selection: TestSelection, folder: str) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return the files and the environment that tell our plugins what is asked for."""
    guest, env = {}, {}
    for name, ids in (("SELECT", selection.ids), ("LEAVE_OUT", selection.left_out or None)):
        if ids is not None:
            env[f"WORLDLINE_{name}"] = f"{folder}/{name.lower()}.json"
            guest[env[f"WORLDLINE_{name}"]] = json.dumps(list(ids)).encode()
    if selection.shuffle is not None:
        env["WORLDLINE_SHUFFLE"] = str(selection.shuffle)
    if selection.share is not None:
        env["WORLDLINE_SHARE"] = str(selection.share)
        guest[f"{GUEST}/worldline_early_end.py"] = _plugin("early_end")
    return guest, env


def _plugin(name: str) -> bytes:
    return (files("images.guest") / f"{name}.py").read_bytes()


def read_outcomes(data: bytes, completed: Completed) -> TestRun:
    """Return the run that the outcomes plugin wrote of."""
    collected: tuple[str, ...] = ()
    stopped = ""
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
            elif kind == "stopped":
                stopped = str(fields[0])
            elif kind == "end":
                complete = True
        except (ValueError, TypeError, IndexError):
            break  # a torn last line of a run that was killed, or a line that the repository forged
    return TestRun(
        collected=collected,
        outcomes=outcomes,
        collection_errors=errors,
        complete=complete,
        completed=completed,
        stopped=stopped,
    )
