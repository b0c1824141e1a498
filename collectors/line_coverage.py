"""The coverage map: which test reaches which lines of which function."""

from collections.abc import Mapping
from dataclasses import dataclass

from collectors.entry_points import Function, functions_of, innermost
from collectors.ship import read_lines, run_with_guest
from images.base_image import COVERAGE_FOLDER
from images.container import Container
from images.health import TestSelection


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The lines of one function that one test runs; `core` is the coverage core that measured it."""

    test: str
    outcome: str
    core: str
    function: Function
    lines: tuple[int, ...]


def map_coverage(
    container: Container,
    tests: list[str],
    sources: Mapping[str, str],
    *,
    package: str = COVERAGE_FOLDER,
    timeout_s: float = 600,
) -> list[Reach]:
    """Run the tests once and return what each reaches in the sources (path relative to the root -> text)."""
    settings = {"root": container.root, "package": package}
    chosen = TestSelection(ids=tests)
    run, output = run_with_guest(container, "worldline_coverage_plugin", settings, chosen=chosen, timeout_s=timeout_s)
    functions = {path: functions_of(path, text) for path, text in sources.items()}
    reached = []
    for _, test, core, by_file in read_lines(output):
        outcome = run.outcomes[test].outcome if test in run.outcomes else "missing"
        for file, numbers in by_file.items():
            path = file.removeprefix(container.root).lstrip("/")
            for function, held in _by_function(functions.get(path, []), numbers).items():
                reached.append(Reach(test=test, outcome=outcome, core=core, function=function, lines=tuple(held)))
    return reached


def _by_function(functions: list[Function], numbers: list[int]) -> dict[Function, list[int]]:
    found: dict[Function, list[int]] = {}
    for number in numbers:
        function = innermost(functions, number)
        if function is not None:
            found.setdefault(function, []).append(number)
    return found
