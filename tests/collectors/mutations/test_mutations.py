"""Each operator on its gold example, and what holds of all edits, on modules of the standard library."""

import ast
import bisect
import csv
import tomllib
from asyncio import queues
from json import decoder
from pathlib import Path
from types import ModuleType

import pytest

from collectors.mutations import mutations_of, operators

GOLD = tomllib.loads((Path(__file__).parent / "gold.toml").read_text())
MODULES = (bisect, decoder, queues, csv)
FAMILIES = {"function", "argument", "variable", "statement", "operator"}


def _source(module: ModuleType) -> str:
    assert module.__file__ is not None
    return Path(module.__file__).read_text()


def test_every_operator_has_an_example_and_one_of_the_families() -> None:
    assert set(GOLD) == set(operators())
    assert {operator.family for operator in operators().values()} == FAMILIES


@pytest.mark.parametrize("operator", GOLD)
def test_an_operator_makes_of_its_example_what_is_written_there(operator: str) -> None:
    source = GOLD[operator]["source"]
    made = [m.apply(source) for m in mutations_of(source) if m.operator == operator]
    assert GOLD[operator]["mutated"] in made


@pytest.mark.parametrize("module", MODULES)
def test_all_edits_of_a_real_module_compile_change_one_place_and_can_be_undone(module: ModuleType) -> None:
    source = _source(module)
    found = mutations_of(source)
    assert len(found) > 100
    for mutation in found:
        changed = mutation.apply(source)
        compile(changed, "<changed>", "exec")
        assert changed[: mutation.start] == source[: mutation.start]
        assert changed.endswith(source[mutation.end :])
        assert mutation.undo(changed, source) == source


@pytest.mark.parametrize("module", MODULES[:2])
def test_an_edit_gives_another_program(module: ModuleType) -> None:
    source = _source(module)
    before = ast.dump(ast.parse(source))
    assert all(ast.dump(ast.parse(mutation.apply(source))) != before for mutation in mutations_of(source))


def test_edits_are_those_that_the_lines_run() -> None:
    source = "def f(a, n=1):\n    b = a + n\n    return b\n"
    assert {m.runs_at for m in mutations_of(source, {2})} == {2}
    assert {m.line_number for m in mutations_of(source, {2}) if m.operator == "changed-default"} == {1}


@pytest.mark.parametrize("source", ["x = (", "x = 'a\0'", ""])
def test_what_is_no_python_has_no_edits(source: str) -> None:
    assert mutations_of(source) == []


def test_lines_end_where_python_ends_them() -> None:
    source = "x = 'a\x0cb'\x0c\r\ny = a < b\r\n"
    assert "x = 'a\x0cb'\x0c\r\ny = a > b\r\n" in [m.apply(source) for m in mutations_of(source, {2})]
