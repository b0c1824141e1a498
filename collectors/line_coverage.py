"""The coverage map: which test reaches which lines of which function."""

from collections.abc import Mapping
from dataclasses import dataclass

from collectors.entry_points import Function, functions_of, innermost
from collectors.errors import GuestStreamError
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
    """Run the tests once and return what each reaches in the sources (path relative to the root -> text).

    What a test runs outside of functions, when it is the first to import a module, is left out: that depends on the order
    of the tests. Raises `GuestStreamError` when coverage.py did not work in the container.
    """
    paths = {f"{container.root}/{path}": path for path in sources}
    settings = {"files": list(paths), "package": package}
    chosen = TestSelection(ids=tests)
    run, output = run_with_guest(container, "worldline_coverage_plugin", settings, chosen=chosen, timeout_s=timeout_s)
    if tests and not output:
        raise GuestStreamError(f"the coverage of no test was measured: {run.completed.text.strip()[-300:]}")
    functions = {path: functions_of(path, text) for path, text in sources.items()}
    found: dict[tuple[str, str, Function], set[int]] = {}
    for kind, test, *fields in read_lines(output):
        if kind == "broken":
            raise GuestStreamError(f"the coverage of {test!r} could not be measured: {fields[0]}")
        core, by_file, entered = fields
        for file, numbers in by_file.items():
            for number in numbers:
                function = innermost(functions[paths[file]], number, entered.get(file, ()))
                if function is not None:
                    found.setdefault((test, core, function), set()).add(number)
    outcomes = {test.id: test.outcome for test in run.outcomes.values()}
    return [
        Reach(
            test=test, outcome=outcomes.get(test, "missing"), core=core, function=function, lines=tuple(sorted(lines))
        )
        for (test, core, function), lines in found.items()
    ]
