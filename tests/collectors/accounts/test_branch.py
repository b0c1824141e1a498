"""Branches that are told from the line that comes next, against what the conditions really were, in random programs."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.accounts.activation import Activation, activation_of
from collectors.accounts.context import read_context
from collectors.accounts.places import Places
from collectors.accounts.scene import scene_of
from collectors.entry_points import functions_of
from collectors.function_calls import CallSettings, CallTracer
from collectors.function_inputs import FunctionCall
from collectors.tracing import TraceLimits
from images.local_container import LocalContainer
from tests.interpreters import interpreters
from tests.random_programs import random_program
from trajectories.trace_record import Trace

# The program's name, the number of a condition and whether it held are written down by the process that ran it.
_SEEN = """import os
def see(program, number, value):
    value = bool(value)
    with open(os.path.join({folder!r}, "%s-%d" % (program, os.getpid())), "a") as handle:
        handle.write("%d %d\\n" % (number, value))
    return value
"""


class _Watched(ast.NodeTransformer):
    """Wraps each condition of an `if` or `while` in a function, which tracing steps over."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._count = 0

    def visit_If(self, node: ast.If) -> ast.AST:
        self._wrap(node)
        return self.generic_visit(node)

    def visit_While(self, node: ast.While) -> ast.AST:
        self._wrap(node)
        return self.generic_visit(node)

    def _wrap(self, node: ast.If | ast.While) -> None:
        self._count += 1
        numbered = [ast.Constant(self._program), ast.Constant(self._count), node.test]
        node.test = ast.Call(ast.Name("_see", ast.Load()), numbered, [])


def _watched(seed: int) -> str:
    tree = ast.parse(random_program(seed).replace("def main(", "def start("))
    start = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "start")
    _Watched(f"p{seed}").visit(start)
    return f"from seen import see as _see\n{ast.unparse(ast.fix_missing_locations(tree))}\n"


def _claims(trace: Trace, *, exact: bool) -> Iterator[tuple[int, bool | None]]:
    """Yield what is claimed of each watched condition each time that it was reached."""
    context = read_context(trace.source)
    places = Places(context)
    waiting: list[Activation] = [run for run in [activation_of(trace.frames)] if run is not None]
    while waiting:
        run = waiting.pop()
        scene = scene_of(run, places.of(run), context, exact=exact)
        for step in scene.steps:
            test = getattr(step.statement.node, "test", None)
            if isinstance(test, ast.Call) and isinstance(test.func, ast.Name) and test.func.id == "_see":
                yield ast.literal_eval(test.args[1]), scene.taken(step)
            waiting += step.calls


@pytest.mark.parametrize("python", [python for python in ("3.8", "3.11", "3.13") if python in interpreters()])
def test_no_branch_is_told_that_was_not_taken(python: str, tmp_path: Path) -> None:
    programs = {f"p{seed}": _watched(seed) for seed in (0, 8, 33, 81, 94, *range(100, 115))}
    sources = {f"{name}.py": text for name, text in programs.items()}
    files = {name: text.encode() for name, text in sources.items()}
    files["seen.py"] = _SEEN.format(folder=str(tmp_path)).encode()
    with LocalContainer(files, python=interpreters()[python]) as container:
        tracer = CallTracer(container, sources, TraceLimits(events=3000, depth=40), CallSettings(), digest="d")
        starts = [f for path, text in sources.items() for f in functions_of(path, text) if f.name == "start"]
        found = list(tracer.trace([FunctionCall(function=start, arguments="") for start in starts]))
    told = 0
    for one in found:
        [log, *_] = sorted(tmp_path.glob(f"{one.call.module}-*"), key=lambda path: -path.stat().st_size) or [None]
        true = Counter(log.read_text().splitlines()) if log else Counter()
        claims = Counter(f"{n} {c:d}" for n, c in _claims(one.trace, exact=python != "3.8") if c is not None)
        assert one.trace.cut or not claims - true, (one.call.module, claims - true)
        told += claims.total()
    assert told > 100
