"""Calls made from annotations: which types are known, that a seed says it all, and that news are kept."""

import ast
import subprocess
import sys

import pytest

from collectors.annotated_inputs import annotated_inputs
from collectors.entry_points import functions_of
from collectors.function_calls import CallSettings, CallTracer
from collectors.tracing import TraceLimits
from images.local_container import LocalContainer

HEAD = """
import typing as t
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Dict, List as L, Literal, Optional, TypeVar, Union
T = TypeVar("T")
N = TypeVar("N", bound=int)
K = TypeVar("K", int, str)
UserId = t.NewType("UserId", int)
Pairs = L[t.Tuple[int, str]]
Loop = L["Loop"]
class Own: ...
class Mapping2(Mapping): ...
"""


def test_a_long_union_keeps_its_members() -> None:
    drawn = _drawn("int | str | bytes | float | bool | list[int] | tuple[int] | None | dict[str, int]", count=60)
    assert len({type(ast.literal_eval(text)) for text in drawn}) == 9


def _drawn(annotation: str, source: str = HEAD, count: int = 12) -> list[str]:
    text = f"{source}\ndef f(x: {annotation}): return x\n"
    made = annotated_inputs({"m.py": text}, functions_of("m.py", text), seed=3, count=count)
    return [call.arguments for call in made.calls]


@pytest.mark.parametrize(
    ("annotation", "kinds"),
    [
        ("int", {int}), ("bool", {bool}), ("str", {str}), ("bytes", {bytes}), ("float", {float}), ("None", {type(None)}),
        ("list[int]", {list}), ("L[L[str]]", {list}), ("Dict[str, int]", {dict}), ("set[int]", {set}),
        ("frozenset[str]", {set}), ("tuple[int, str]", {tuple}), ("t.Tuple[int, ...]", {tuple}), ("tuple", {tuple}),
        ("Optional[int]", {int, type(None)}), ("Union[int, str]", {int, str}), ("int | None", {int, type(None)}),
        ("'int | str'", {int, str}), ("Literal[1, 'a', None]", {int, str, type(None)}), ("Sequence[int]", {list, tuple}),
        ("Iterable[int]", {list}), ("Mapping[str, Any]", {dict}), ("N", {int}), ("K", {int, str}), ("UserId", {int}),
        ("Pairs", {list}), ("str | Path", {str}), ("t.Annotated[int, 3]", {int}), ("dict[tuple[int, str], int]", {dict}),
    ],
)  # fmt: skip
def test_values_are_of_the_annotated_type(annotation: str, kinds: set[type]) -> None:
    assert {type(ast.literal_eval(text.removeprefix("x="))) for text in _drawn(annotation)} == kinds


@pytest.mark.parametrize(
    "annotation",
    ["Path", "Own", "Mapping2", "OrderedDict", "Callable[[int], int]", "list[Own]", "Optional[Path]", "dict[list[int], int]",
     "type[int]", "Loop", "'no expression ('", "Literal[x]", "unheard_of"],
)  # fmt: skip
def test_a_function_with_an_unknown_type_is_skipped_and_counted(annotation: str) -> None:
    text = f"{HEAD}\ndef f(x: {annotation}): return x\ndef g(x: int, y: {annotation} = None): return x\n"
    made = annotated_inputs({"m.py": text}, functions_of("m.py", text), seed=3, count=2)
    assert {call.function.name for call in made.calls} == {"g"} and made.skipped == 1


def test_all_kinds_of_parameters_are_given() -> None:
    text = "def f(a: int, /, b: str, c: int = 1, *rest: bool, d: int, e=None, **other): return locals()\n"
    made = annotated_inputs({"m.py": text}, functions_of("m.py", text), seed=0, count=30)
    space: dict = {}
    exec(text, space)
    given = [eval(call.text, space) for call in made.calls]
    assert len(given) == 30 and all(type(g["a"]) is int and type(g["b"]) is str and g["e"] is None for g in given)
    assert {1} < {g["c"] for g in given} and any(g["rest"] for g in given) and any(not g["rest"] for g in given)


def test_what_does_not_return_its_result_is_left_out() -> None:
    text = (
        "async def a(x: int): ...\ndef b(x: int): yield x\ndef c(): ...\nclass D:\n    def e(self, x: int): ...\n"
        "def g(x: int): ...\ndef g(x: str): return lambda: (yield x)\n"
    )
    sources = {"m.py": text, "p/__main__.py": text, "bad.py": "def ("}
    functions = [f for path in sources for f in functions_of(path, sources[path])]
    calls = annotated_inputs(sources, functions, seed=0, count=2).calls
    assert [(call.function.path, call.text[:3]) for call in calls] == [("m.py", "g('")] * 2


_PROGRAM = """
import sys
{imports}
from collectors.annotated_inputs import annotated_inputs
from collectors.entry_points import functions_of
text = "def f(x: int, y: list[str], z: dict[str, float], w: object): ...\\n"
made = annotated_inputs({{"m.py": text}}, functions_of("m.py", text), seed=int(sys.argv[1]), count=20)
print([call.text for call in made.calls])
"""


def test_the_same_seed_gives_the_same_calls_in_every_process() -> None:
    def run(imports: str, seed: str) -> str:
        program = _PROGRAM.format(imports=imports)
        return subprocess.run([sys.executable, "-c", program, seed], capture_output=True, text=True, check=True).stdout

    assert run("", "0") == run("import tests.random_programs, pipelines.recipe", "0") != run("", "1")


def test_calls_that_reach_nothing_new_are_not_kept() -> None:
    text = "def sign(n: int) -> str:\n    if n < 0:\n        return 'minus'\n    return 'plus'\n"
    made = annotated_inputs({"m.py": text}, functions_of("m.py", text), seed=0, count=20)
    with LocalContainer({"m.py": text.encode()}) as container:
        tracer = CallTracer(container, {"m.py": text}, TraceLimits(), CallSettings(), digest="d")
        kept = tracer.explore([], made.calls)
    assert sorted(found.trace.frames[-1].value or "" for found in kept) == ["'minus'", "'plus'"]
