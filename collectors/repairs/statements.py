"""Statements that may be missing: taken from where the same file has them between the same neighbours, or made anew."""

import ast
import itertools
import re
import sys
from collections.abc import Iterator

from collectors.mutations.mutation import Mutation
from collectors.mutations.names import variables
from collectors.mutations.source_text import FunctionNode, SourceText, is_docstring
from collectors.repairs.clue import Clue

_DONORS = 6


def missing_statements(text: SourceText, clue: Clue) -> Iterator[Mutation]:
    """Yield what puts an import, a statement, a parameter or a decorator back, and what takes a return out."""
    functions = [n for n in text.nodes if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    for function in functions:
        if any(function.lineno <= line <= (function.end_lineno or 0) for line in clue.lines):
            yield from _undefined(text, function, clue)
            yield from _by_neighbours(text, function)
            yield from _super(text, function)
            yield from _too_early(text, function)
            yield from _parameters(text, function, clue)
            yield from _decorators(text, function)
    for name in clue.missing_names():
        lines = [line for line in clue.imports if re.search(rf"\b{name}\b", line)]
        for line in [*lines, *([f"import {name}"] if name in sys.stdlib_module_names else [])]:
            yield text.edit("added-import", (_after_docstring(text),) * 2, f"{line}\n")


def _undefined(text: SourceText, function: FunctionNode, clue: Clue) -> Iterator[Mutation]:
    """Yield assignments of a name that is not defined, as another function of the file has them."""
    for name in clue.missing_names():
        uses = [n for n in text.nodes_below(function.body) if isinstance(n, ast.Name) and n.id == name]
        target = _statement_of(text, uses[0], function) if uses else None
        donors = [n for n in text.nodes if isinstance(n, ast.Assign) and _assigned(n) == name]
        for value in [*dict.fromkeys(text.text(donor) for donor in donors)][:_DONORS]:
            if target is not None:
                yield from _before(text, target, value)
        for value in ("[]", "{}", "0", "None", '""', "set()"):
            if target is not None:
                yield from _before(text, target, f"{name} = {value}")


def _by_neighbours(text: SourceText, function: FunctionNode) -> Iterator[Mutation]:
    """Yield statements that stand elsewhere after a statement as here, or before one."""
    after: dict[str, list[str]] = {}
    before: dict[str, list[str]] = {}
    for block in _blocks(text.tree):
        for one, two in itertools.pairwise(block):
            after.setdefault(text.text(one), []).append(text.text(two))
            before.setdefault(text.text(two), []).append(text.text(one))
    for block in _blocks(function):
        for at, statement in enumerate(block):
            here = text.text(statement)
            follows = text.text(block[at + 1]) if at + 1 < len(block) else ""
            for other in dict.fromkeys(after.get(here, ())):
                if other != follows:
                    yield from _after(text, statement, other)
            leads = text.text(block[at - 1]) if at else ""
            for other in dict.fromkeys(before.get(here, ())):
                if other != leads:
                    yield from _before(text, statement, other)


def _super(text: SourceText, function: FunctionNode) -> Iterator[Mutation]:
    """Yield the call of the superclass's method, with the function's own parameters or without."""
    owner = text.parent(function)
    if not isinstance(owner, ast.ClassDef) or not owner.bases or "super()" in text.text(function):
        return
    first = function.body[1 if len(function.body) > 1 and is_docstring(function.body[0]) else 0]
    own = [argument.arg for argument in function.args.args[1:]]
    for given in dict.fromkeys(["", ", ".join(own)]):
        yield from _before(text, first, f"super().{function.name}({given})", operator="added-super")


def _too_early(text: SourceText, function: FunctionNode) -> Iterator[Mutation]:
    """Yield a return taken out that nothing follows in a loop, or that leaves the rest of its block unreached."""
    loops = [n.body for n in ast.walk(function) if isinstance(n, (ast.For, ast.AsyncFor, ast.While))]
    for block in _blocks(function):
        for statement in block:
            last = statement is block[-1]
            if isinstance(statement, ast.Return) and (not last or any(block is body for body in loops)):
                yield text.removal("removed-return", statement)


def _parameters(text: SourceText, function: FunctionNode, clue: Clue) -> Iterator[Mutation]:
    """Yield a parameter that the body or a caller needs."""
    used = {n.id for n in text.nodes_below(function.body) if isinstance(n, ast.Name)}
    wanted = [n for n in clue.missing_names() if n in used and n not in variables(function)]
    plain = function.args.args
    for name in [*wanted, *clue.unexpected_keywords()]:
        last = function.args.defaults[-1] if function.args.defaults else (plain[-1] if plain else None)
        if last is not None and not function.args.kwonlyargs and not function.args.vararg:
            end = text.span(last)[1]
            for default in ("=None", "=False", "=True", ""):
                if default or not function.args.defaults:
                    yield text.edit("added-parameter", (end, end), f", {name}{default}")


def _decorators(text: SourceText, function: FunctionNode) -> Iterator[Mutation]:
    """Yield the decorators that a method without one may have lost, and those that the file uses elsewhere."""
    inside = isinstance(text.parent(function), ast.ClassDef)
    first = function.args.args[0].arg if function.args.args else ""
    likely = ["property"] if first == "self" and len(function.args.args) == 1 else []
    likely += ["classmethod"] if first == "cls" else ["staticmethod"] if first != "self" else []
    own = {text.text(d) for d in function.decorator_list}
    used = [
        text.text(d) for n in text.nodes for d in getattr(n, "decorator_list", ()) if not isinstance(n, ast.ClassDef)
    ]
    start = text.line_start(function.lineno)
    indent = text.source[start : text.span(function)[0]]
    for name in [*dict.fromkeys([*(likely if inside else []), *sorted(set(used), key=used.count, reverse=True)[:3]])]:
        if name not in own and "setter" not in name:
            yield text.edit("added-decorator", (start, start), f"{indent}@{name}\n", runs_at=function.body[0].lineno)


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for found in ast.walk(node):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(found, name, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block


def _before(
    text: SourceText, statement: ast.stmt, line: str, *, operator: str = "added-statement"
) -> Iterator[Mutation]:
    lines, indent = text.whole_lines(statement), text.indent(statement)
    if lines and indent is not None and "\n" not in line:
        yield text.edit(operator, (lines[0], lines[0]), f"{indent}{line}\n", runs_at=statement.lineno)


def _after(text: SourceText, statement: ast.stmt, line: str) -> Iterator[Mutation]:
    lines, indent = text.whole_lines(statement), text.indent(statement)
    if lines and indent is not None and "\n" not in line and text.source[: lines[1]].endswith("\n"):
        yield text.edit("added-statement", (lines[1], lines[1]), f"{indent}{line}\n", runs_at=statement.lineno)


def _assigned(node: ast.Assign) -> str | None:
    return node.targets[0].id if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name) else None


def _statement_of(text: SourceText, node: ast.AST, function: FunctionNode) -> ast.stmt | None:
    """Return the statement of the function's own body that holds the node."""
    return next((s for s in function.body if any(inner is node for inner in text.nodes_below([s]))), None)


def _after_docstring(text: SourceText) -> int:
    body = text.tree.body
    skipped = [n for n in body if is_docstring(n) or (isinstance(n, ast.ImportFrom) and n.module == "__future__")]
    last = max((n.end_lineno or 0 for n in skipped[:2]), default=0)
    return text.line_start(last + 1)
