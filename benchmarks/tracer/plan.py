"""Plan: the workloads, the tools, and which tools are slow enough to be given the short size."""

from benchmarks.releases import Suite, unpack_release
from benchmarks.tracer.measurement import HERE, UNTRACED, Cell, Workload

NATIVE, MONITORING, SETTRACE = "ours, native", "ours, monitoring", "ours, settrace"
ENGINES = (SETTRACE, MONITORING, NATIVE)
PLAIN, COVERAGE, HUNTER = "plain settrace with repr", "coverage.py, C tracer", "hunter, variables"
FLOORS = ("empty C callback on sys.monitoring", "empty C trace function")
_FAST = (*FLOORS, "empty Python trace function", "coverage.py, sys.monitoring", COVERAGE, NATIVE)
_PURE = (MONITORING, SETTRACE)
_SLOW = (PLAIN, "the same, texts thrown away", "viztracer, log_var", "hunter, calls", HUNTER, "PySnooper", "snoop")
# These have no way to be told a project's files.
_PROGRAMS_ONLY = ("PySnooper", "snoop", "viztracer, log_var")
TOOLS = (UNTRACED, *_FAST, *_PURE, *_SLOW)

_E = (
    *("cacheutils", "debugutils_trace", "dictutils", "ecoutils", "fileutils", "formatutils"),
    *("funcutils", "funcutils_fb", "funcutils_fb_py3"),
)
_PROGRAMS = {"a": ("arithmetic", 3), "b": ("containers", 3), "c": ("interpreter", 3)}
PROGRAMS = tuple(_PROGRAMS)
# d is the whole suite; e the files a to f of one that has 519 tests; f those of its tests that grow lists of 100,000.
SUITES = {
    "d": Suite(project="toolz", version="1.2.0", tests=("toolz",), short=("toolz/tests/test_dicttoolz.py",)),
    "e": Suite(
        project="boltons",
        version="26.2.0",
        tests=tuple(f"tests/test_{name}.py" for name in _E),
        short=("tests/test_dictutils.py",),
    ),
    "f": Suite(
        project="boltons",
        version="26.2.0",
        tests=("tests/test_listutils.py", "tests/test_setutils.py"),
        short=("tests/test_setutils.py",),
    ),
}
BARRED_SUITES = ("d", "e")


def program_workloads() -> list[Workload]:
    """Return the programs of ours; the short size is one round."""
    found = []
    for name, (file, rounds) in _PROGRAMS.items():
        path = str(HERE / "workloads" / f"{file}.py")
        sizes = [{"program": path, "rounds": n} for n in (rounds, 1)]
        found.append(Workload(name=name, files=(path,), full=sizes[0], short=sizes[1]))
    return found


def suite_workloads() -> list[Workload]:
    """Return the test-suites of real projects, downloaded at first; the short size is a slice of the slice."""
    found = []
    for name, suite in SUITES.items():
        held = unpack_release(suite)
        sizes = [{"pytest": [*suite.options, *tests]} for tests in (suite.tests, suite.short)]
        found.append(
            Workload(name=name, files=held.files, full=sizes[0], short=sizes[1], cwd=str(held.folder), path=held.path)
        )
    return found


def plan_cells(workloads: list[Workload], *, quick: bool) -> list[Cell]:
    """Return what is measured: slow tools get the short programs; quick gives everything the short size."""
    cells = []
    for workload in workloads:
        program = workload.name in PROGRAMS
        for tool in TOOLS:
            if _is_measured(workload.name, tool):
                slow = tool in _SLOW or tool in _PURE
                short = quick or (program and tool in _SLOW)
                cells.append(Cell(workload=workload.name, tool=tool, short=short, slow=slow))
        cells.append(Cell(workload=workload.name, tool=UNTRACED, short=True))
    return list(dict.fromkeys(cells))


def _is_measured(workload: str, tool: str) -> bool:
    if workload in PROGRAMS:
        return True
    return tool not in _PROGRAMS_ONLY and (workload in BARRED_SUITES or tool in (UNTRACED, *_FAST))
