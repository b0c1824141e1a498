"""Screening: many changed trees tested in one container, each in a process forked from one that has imported pytest."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from collectors.ship import guest_files, read_lines
from images.container import Completed, Container
from images.health import GUEST, TestRun, TestSelection, pytest_arguments, read_outcomes

# The control run before and after, and what a deadline allows beyond the sum of the jobs' own.
_SLACK_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenJob:
    """One changed tree: texts by path, and the tests of each stage; a stage follows when none before it has a failure."""

    id: str
    files: Mapping[str, str]
    stages: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenSettings:
    """A run is ended after `factor` times what the clean run took for the same tests and `grace_seconds` more.

    `seconds` is the most of any run, `clean_seconds` that of the clean run of all tests.
    """

    factor: float = 10
    grace_seconds: float = 2
    seconds: float = 30
    clean_seconds: float = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """What the stages of each job gave, by the job's id: none when no test of it passes by itself; a job that was not
    reached is missing.

    `clean` is the run of all tests before; `sound` is false when the clean tree's tests did not run to their end, or did not
    pass again afterwards, so that no result of this screening can be trusted.
    """

    clean: TestRun | None
    runs: Mapping[str, tuple[TestRun, ...]]
    sound: bool


def screen(container: Container, jobs: Sequence[ScreenJob], settings: ScreenSettings) -> Screened:
    """Run the jobs one after the other; the tree is clean again afterwards, unless the container ended the whole."""
    folder = f"{GUEST}/runs/{secrets.token_hex(8)}"
    config, output = f"{folder}/settings.json", f"{folder}/output"
    plugin = {f"{GUEST}/worldline_outcomes.py": (files("images.guest") / "outcomes.py").read_bytes()}
    written = _settings(container, jobs, settings, folder)
    container.put({**guest_files(), **plugin, output: b"", config: json.dumps(written).encode()})
    env = {"PYTHONPATH": GUEST, "WORLDLINE_SCREEN": config, "WORLDLINE_OUTCOMES": "", "WORLDLINE_SELECT": ""}
    command = [container.python, f"{GUEST}/worldline_screen.py"]
    most = settings.clean_seconds + settings.seconds * (1 + sum(len(job.stages) for job in jobs))
    done = container.run(command, env=env, timeout_s=most + _SLACK_SECONDS)
    return _read(container.get([output]).get(output, b""), done)


def _settings(
    container: Container, jobs: Sequence[ScreenJob], settings: ScreenSettings, folder: str
) -> dict[str, object]:
    inside = getattr(container, "path_inside", str)
    return {
        "output": inside(f"{folder}/output"),
        "folder": inside(folder),
        "bytecode": inside(f"{GUEST}/bytecode"),
        "arguments": pytest_arguments(container, TestSelection()),
        "factor": settings.factor,
        "grace": settings.grace_seconds,
        "seconds": settings.seconds,
        "clean_seconds": settings.clean_seconds,
        "jobs": [
            {
                "id": job.id,
                "files": dict(job.files),
                "stages": [
                    {"tests": list(tests), "options": ["-x"] if number else []}
                    for number, tests in enumerate(job.stages)
                ],
            }
            for job in jobs
        ],
    }


def _read(data: bytes, done: Completed) -> Screened:
    runs: dict[str, tuple[TestRun, ...]] = {}
    for _, name, _, ended, seconds, status, lines in read_lines(data):
        end = Completed(
            exit_code=124 if status is None else status,
            output=done.output[-2000:],
            seconds=seconds,
            timed_out=ended == "late",
        )
        more = () if ended == "nothing" else (read_outcomes(lines.encode(), end),)
        runs[name] = (*runs.get(name, ()), *more)
    clean, again = runs.pop("clean", ()), runs.pop("again", ())
    sound = bool(clean) and clean[0].complete and _passed(again)
    return Screened(clean=clean[0] if clean else None, runs=runs, sound=sound)


def _passed(again: tuple[TestRun, ...]) -> bool:
    """Say whether tests that passed on the clean tree before do so afterwards; without any, nothing can be said of it."""
    return all(run.complete and len(run.ids("passed")) == len(run.outcomes) > 0 for run in again)
