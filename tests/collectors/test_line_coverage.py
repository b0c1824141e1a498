"""The coverage map: the same lines as a fresh measurement for each test gives, and the right function for each line."""

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from collectors.actions import Action
from collectors.errors import GuestStreamError
from collectors.line_coverage import map_coverage
from collectors.ship import read_lines, run_with_guest
from collectors.tools import perform
from images.base_image import COVERAGE_FOLDER, ensure_base
from images.container import Container
from images.docker_container import DockerContainer
from images.engine import Engine
from images.health import GUEST, TestSelection
from images.local_container import LocalContainer

SHAPES = """
def wrap(function):
    def wrapper(*a):
        return function(*a)
    return wrapper

class Square:
    def __init__(self, side): self.side = side
    @property
    def area(self):
        return self.side ** 2
    @area.setter
    def area(self, value):
        self.side = value ** 0.5
    def name(self):
        return "square"

class Round:
    def name(self):
        def inner(): return 1
        if self:
            def inner(): return 2
        return inner()

if True:
    def chosen(n):
        return n
else:
    def chosen(n):
        return -n

@wrap
def decorated(n,
              more=(lambda: 3)()): return n

def makers():
    def used(n): return n
    def unused(n): return n
    class Local:
        def method(self): return 1
    return used(1)

def count(n):
    for i in range(n):
        yield i

def fails(n):
    if n > 1:
        raise ValueError(n)
    return n
"""
LATE = "VALUE = 1\ndef late():\n    return VALUE\n"
TESTS = """
import sys, threading, unittest, warnings
import pytest
import shapes

@pytest.fixture(scope="session")
def counting():
    made = shapes.count(9)
    next(made)
    return made
@pytest.fixture(scope="module", autouse=True)
def square():
    yield shapes.Square(2)
    shapes.fails(1)
def test_fixture(square, counting):
    assert square.area == 4 and next(counting) == 1
@pytest.mark.parametrize("n", [0, 1, 2])
def test_each(n):
    assert shapes.fails(n) == n
@pytest.mark.xfail(strict=True)
def test_xfail():
    shapes.fails(3)
def test_subtests(subtests):
    for n in (1, 2):
        with subtests.test(n=n):
            shapes.fails(n)
def test_thread():
    thread = threading.Thread(target=shapes.chosen, args=(1,))
    thread.start()
    thread.join()
def test_import():
    import late
    late.late()
def test_settrace():
    shapes.chosen(1)
    sys.settrace(lambda *a: None)
    shapes.fails(1)
    sys.settrace(None)
    shapes.Round().name()
def test_restores_settrace():
    old = sys.gettrace()
    sys.settrace(None)
    shapes.fails(1)
    sys.settrace(old)
    shapes.Round().name()
def test_own_coverage():
    import coverage
    shapes.fails(1)
    own = coverage.Coverage(data_file=None, config_file=False)
    own.start()
    shapes.decorated(1)
    own.stop()
    shapes.Round().name()
def test_decorated():
    shapes.decorated(1)
def test_makers():
    shapes.makers()
class TestCase(unittest.TestCase):
    def setUp(self):
        self.square = shapes.Square(3)
    def test_area(self):
        self.square.area = 4
        assert self.square.name() == "square"
"""
FILES = {"shapes.py": SHAPES.encode(), "late.py": LATE.encode(), "test_shapes.py": TESTS.encode()}
SOURCES = {"shapes.py": SHAPES, "late.py": LATE}
IDS = [
    f"test_shapes.py::{name}"
    for name in (
        "test_fixture", "test_each[0]", "test_each[1]", "test_each[2]", "test_xfail", "test_subtests", "test_thread",
        "test_import",
        "test_settrace", "test_restores_settrace", "test_own_coverage", "test_decorated", "test_makers", "TestCase::test_area",
    )
]  # fmt: skip
SLOW = Path(__file__).parents[1] / "slow_coverage_plugin.py"


# What a test calls, and what it only defines, what was called at import, or what fixtures call.
REACHED = {
    ("test_fixture", "Square.area", 9),
    ("test_thread", "chosen", 26),
    ("test_import", "late", 2),
    ("test_settrace", "chosen", 26),
    ("test_restores_settrace", "Round.name.<locals>.inner", 22),
    ("test_decorated", "decorated", 32),
    ("test_decorated", "wrap.<locals>.wrapper", 3),
    ("test_makers", "makers", 36),
    ("test_makers", "makers.<locals>.used", 37),
    ("TestCase::test_area", "Square.__init__", 8),
    ("TestCase::test_area", "Square.area", 12),
    ("TestCase::test_area", "Square.name", 15),
}
NOT_REACHED = {
    ("test_fixture", "Square.__init__", 8),
    ("test_fixture", "fails", 47),
    ("test_restores_settrace", "Round.name.<locals>.inner", 20),
    ("test_decorated", "wrap", 2),
    ("test_makers", "makers.<locals>.unused", 38),
    ("test_makers", "makers.<locals>.Local.method", 40),
}


def _beside_us() -> str:
    spec = find_spec("coverage")
    assert spec is not None and spec.origin is not None
    return str(Path(spec.origin).parent.parent)


def _lines(container: Container, plugin: str, package: str) -> dict[str, dict[str, list[int]]]:
    settings = {"files": [f"{container.root}/{path}" for path in SOURCES], "package": package}
    container.put({f"{GUEST}/{SLOW.name}": SLOW.read_bytes()})
    run, output = run_with_guest(container, plugin, settings, chosen=TestSelection(ids=IDS), timeout_s=120)
    assert run.complete and set(run.outcomes) == set(IDS), run.completed.text
    return {test: lines for _, test, _, lines, _ in read_lines(output)}


def _hold(container: Container, package: str, core: str) -> None:
    quick = _lines(container, "worldline_coverage_plugin", package)
    assert quick == _lines(container, "slow_coverage_plugin", package)
    assert set(quick) == set(IDS) and all(quick.values())
    reached = map_coverage(container, IDS, SOURCES, package=package)
    assert {reach.core for reach in reached} == {core}
    found = {(r.test.removeprefix("test_shapes.py::"), r.function.name, r.function.first_line) for r in reached}
    assert (REACHED - found, NOT_REACHED & found) == (set(), set())
    # A generator that a fixture began: sys.monitoring tells coverage.py of no start within the test.
    assert (("test_fixture", "count", 43) in found) is (core == "CTracer")


def _outcomes(files: dict[str, str], tests: list[str]) -> dict[str, set[str]]:
    """Map tests of a small suite; return the outcome of each, and the functions that it reached."""
    complete = {name: text.encode() for name, text in files.items()}
    with LocalContainer({**FILES, **complete}) as container:
        found: dict[str, set[str]] = {}
        for reach in map_coverage(container, tests, SOURCES, package=_beside_us()):
            found.setdefault(reach.test.partition("::")[2], {reach.outcome}).add(reach.function.name)
    return found


def test_the_lines_are_those_of_a_fresh_measurement_and_belong_to_the_right_function() -> None:
    with LocalContainer(FILES) as container:
        _hold(container, _beside_us(), "SysMonitor" if sys.version_info >= (3, 12) else "CTracer")


@pytest.mark.docker
@pytest.mark.slow
def test_the_same_holds_on_sys_monitoring(engine: Engine) -> None:
    with DockerContainer(engine, ensure_base(engine, "3.13")) as container:
        container.put(FILES)
        _hold(container, COVERAGE_FOLDER, "SysMonitor")


def test_a_measurement_that_a_test_leaves_open_costs_no_other_test() -> None:
    text = """
import coverage, shapes
def test_a():
    shapes.fails(1)
    coverage.Coverage(data_file=None, config_file=False).start()
def test_b():
    shapes.fails(1)
"""
    found = _outcomes({"test_open.py": text}, ["test_open.py::test_a", "test_open.py::test_b"])
    assert found == {"test_a": {"passed", "fails"}, "test_b": {"passed", "fails"}}


def test_the_measurement_makes_no_warning_that_could_fail_a_test() -> None:
    text = "import sys, shapes\ndef test_a():\n    shapes.fails(1)\n    sys.settrace(lambda *a: None)\n"
    strict = "[pytest]\nfilterwarnings = error\n"
    found = _outcomes({"test_strict.py": text, "pytest.ini": strict}, ["test_strict.py::test_a"])
    assert found == {"test_a": {"passed", "fails"}}


def test_no_coverage_package_is_an_error_and_not_an_empty_map(tmp_path: Path) -> None:
    with LocalContainer(FILES, python=sys.executable) as container:
        hidden = {"coverage/__init__.py": b"raise ImportError('broken on purpose')\n"}
        container.put(hidden)
        with pytest.raises(GuestStreamError, match="broken on purpose"):
            map_coverage(container, IDS, SOURCES, package=container.root)


def test_the_spectrum_counts_the_lines_of_failing_and_passing_tests() -> None:
    text = "import shapes\ndef test_a():\n    shapes.fails(1)\ndef test_b():\n    shapes.fails(2)\n"
    with LocalContainer({**FILES, "test_few.py": text.encode()}) as container:
        seen = perform(container, Action(thought="", tool="spectrum", body="test_few.py"))
    assert seen.text.splitlines() == [
        "shapes.py:48 failed=1 passed=1",
        "shapes.py:49 failed=1 passed=0",
        "test_few.py:5 failed=1 passed=0",
    ]
