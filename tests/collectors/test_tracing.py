"""Tracing and the coverage map, in both containers."""

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from collectors.function_tracing import FunctionNotFound, trace_function
from collectors.line_coverage import Reach, map_coverage
from images.base_image import COVERAGE_FOLDER
from images.container import Container
from images.local_container import LocalContainer
from images.source_tree import SourceTree
from tests.conftest import sample_files
from trajectories.frame import FrameKind
from trajectories.trajectory import Outcome

TREE = SourceTree(files=sample_files())
SOURCES = {"ledger.py": TREE.text("ledger.py") or ""}
TESTS = [
    "tests/test_ledger.py::test_balance_adds",
    "tests/test_ledger.py::test_largest",
    "tests/test_ledger.py::test_largest_of_nothing",
]


def _map(container: Container) -> list[Reach]:
    """Return the coverage map of the sample project."""
    spec = find_spec("coverage")
    assert spec is not None and spec.origin is not None
    beside = str(Path(spec.origin).parent.parent)
    return map_coverage(
        container, TESTS, SOURCES, package=beside if isinstance(container, LocalContainer) else COVERAGE_FOLDER
    )


def test_the_map_says_which_test_reaches_which_lines(container: Container) -> None:
    reached = {(r.test, r.function.name): r for r in _map(container)}
    assert set(reached) == {(TESTS[0], "balance"), (TESTS[1], "largest"), (TESTS[2], "largest")}
    assert reached[TESTS[2], "largest"].lines == (16, 17)
    assert reached[TESTS[0], "balance"].core == ("SysMonitor" if sys.version_info >= (3, 12) else "CTracer")


def _values(local: LocalContainer, body: str, *arguments: str) -> dict[str, str]:
    trace, _ = trace_function(local, f"def f(*a):\n    {body}\n    return a\n", "f", list(arguments))
    return [frame for frame in trace.frames if frame.kind is FrameKind.LINE and frame.depth == 1][-1].locals


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("float('nan')", "nan"),
        ("[1, (2,), {3: {4}}, set()]", "[1, (2,), {3: {4}}, set()]"),
        ("'a\\ud800'", "'a\\ud800'"),
        ("(lambda x: x)", "<function f.<locals>.<lambda>>"),
        ("1 << 20000", "<int of 20001 bits>"),
        ("iter([])", "<list_iterator object>"),
    ],
)
def test_values_are_shown_as_repr_without_addresses(local: LocalContainer, expression: str, text: str) -> None:
    assert _values(local, f"v = {expression}")["v"] == text


def test_foreign_methods_are_never_called(local: LocalContainer) -> None:
    body = (
        "class Evil:\n        def __init__(self): object.__setattr__(self, 'x', 1)\n"
        "        def __repr__(self): raise SystemExit\n        def __getattribute__(self, n): raise SystemExit\n"
        "        __eq__ = __hash__ = __len__ = __iter__ = __repr__\n    v = Evil()"
    )
    assert _values(local, body)["v"] == "<Evil x=1>"


def test_a_mutated_list_is_seen_though_it_is_the_same_object(local: LocalContainer) -> None:
    trace, _ = trace_function(local, "def f():\n    a = []\n    a.append(a)\n    a.append(1)\n    return 0\n", "f", [])
    assert [f.locals["a"] for f in trace.frames if "a" in f.locals] == ["[]", "[[...]]", "[[...], 1]"]


def test_an_exception_that_is_caught_further_out_closes_scopes(local: LocalContainer) -> None:
    source = (
        "def f():\n    def g():\n        return 1 / 0\n"
        "    try:\n        g()\n    except ZeroDivisionError:\n        x = 1\n    return x\n"
    )
    trace, outcome = trace_function(local, source, "f", [])
    kinds = [(f.kind.value, f.depth) for f in trace.frames if f.kind is not FrameKind.LINE]
    assert outcome is Outcome.RETURNED
    assert kinds[2:] == [("call", 2), ("exception", 2), ("exception", 1), ("return", 1), ("return", 0)]


def test_an_unknown_function_is_one_sentence(local: LocalContainer) -> None:
    with pytest.raises(FunctionNotFound, match="no top-level function 'g': it has f"):
        trace_function(local, "def f(): pass\n", "g", [])
