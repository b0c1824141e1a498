"""Names: another variable of the same scope, two variables exchanged, another attribute of the same object."""

import ast
import itertools
from collections.abc import Iterator

from collectors.mutations.mutation import Mutation
from collectors.mutations.source_text import FunctionNode, SourceText, first_run

_ALTERNATIVES = 2


def names(text: SourceText, node: ast.AST) -> Iterator[Mutation]:
    """Yield `wrong-variable`, `wrong-attribute` and `swapped-variables`."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield from _wrong_variable(text, node)
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        yield from _wrong_attribute(text, node)
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield from _swapped(text, node)


def variables(function: FunctionNode) -> list[str]:
    """Return the parameters and local names of a function in the order in which they come into being."""
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    stored = [n for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    local = (n.id for n in sorted(stored, key=lambda n: (n.lineno, n.col_offset)))
    return list(dict.fromkeys([*(a.arg for a in plain), *local]))


def _wrong_variable(text: SourceText, node: ast.Name) -> Iterator[Mutation]:
    function = text.function_of(node)
    if function is None or node.lineno < function.body[0].lineno:
        return
    stored: dict[str, int] = dict.fromkeys(variables(function), 0)
    for found in ast.walk(function):
        if isinstance(found, ast.Name) and isinstance(found.ctx, ast.Store):
            stored[found.id] = stored[found.id] or found.lineno
    known = [name for name in stored if stored[name] < node.lineno and name not in ("self", "cls", "_")]
    if node.id not in known:
        return
    at = known.index(node.id)
    # The neighbours: what came into being just before or after is what one mixes up.
    near = [known[i] for i in (at - 1, at + 1, at - 2, at + 2) if 0 <= i < len(known)]
    for other in near[:_ALTERNATIVES]:
        yield text.edit("wrong-variable", text.span(node), other)


def _wrong_attribute(text: SourceText, node: ast.Attribute) -> Iterator[Mutation]:
    """Yield another attribute that the class itself sets or reads; calls of methods are left out."""
    owner = text.class_of(node)
    if owner is None or not (isinstance(node.value, ast.Name) and node.value.id == "self"):
        return
    parent = text.parent(node)
    if isinstance(parent, ast.Call) and parent.func is node:
        return
    own = sorted(
        n.attr
        for n in ast.walk(owner)
        if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store) and getattr(n.value, "id", "") == "self"
    )
    known = list(dict.fromkeys(own))
    if node.attr in known and len(known) > 1:
        other = known[(known.index(node.attr) + 1) % len(known)]
        end = text.span(node)[1]
        yield text.edit("wrong-attribute", (end - len(node.attr), end), other)


def _swapped(text: SourceText, function: FunctionNode) -> Iterator[Mutation]:
    """Yield two variables exchanged wherever the body loads them (CWM's variable family)."""
    loads = [n for n in text.nodes_below(function.body) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Del)]
    known = [name for name in variables(function) if name not in ("self", "cls", "_")]
    for one, two in itertools.pairwise(known[:4]):
        places = sorted(text.span(n) for n in loads if n.id in (one, two))
        start, end = (places[0][0], places[-1][1]) if len(places) > 1 else (0, 0)
        if {one, two} <= {text.source[a:b] for a, b in places}:
            yield text.edit(
                "swapped-variables",
                (start, end),
                _exchanged(text, places, (one, two)),
                runs_at=first_run(function.body),
            )


def _exchanged(text: SourceText, places: list[tuple[int, int]], pair: tuple[str, str]) -> str:
    other = {pair[0]: pair[1], pair[1]: pair[0]}
    made, at = [], places[0][0]
    for start, end in places:
        made += [text.source[at:start], other[text.source[start:end]]]
        at = end
    return "".join(made)
