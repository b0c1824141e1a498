"""Arguments of calls: exchanged, left out, or under another keyword."""

import ast
import itertools
from collections.abc import Iterator

from collectors.mutations.mutation import Mutation
from collectors.mutations.source_text import SourceText


def call_arguments(text: SourceText, node: ast.AST) -> Iterator[Mutation]:
    """Yield `swapped-arguments`, `dropped-argument`, `dropped-keyword` and `renamed-keyword`."""
    if not isinstance(node, ast.Call):
        return
    if not any(isinstance(argument, ast.Starred) for argument in node.args):
        for one, two in itertools.pairwise(node.args[:3]):
            yield text.swap("swapped-arguments", one, two)
        if len(node.args) > 1:
            end = text.span(node.args[-1])[1]
            yield text.edit("dropped-argument", (text.span(node.args[-2])[1], end), "", runs_at=node.lineno)
    yield from _keywords(text, node)


def _keywords(text: SourceText, node: ast.Call) -> Iterator[Mutation]:
    named = [keyword for keyword in node.keywords if keyword.arg]
    ordered = sorted([*node.args, *node.keywords], key=lambda part: text.span(part))
    for keyword in named:
        start, end = text.span(keyword)
        at = ordered.index(keyword)
        if at:
            start = text.span(ordered[at - 1])[1]
        elif len(ordered) > 1:
            end = text.span(ordered[1])[0]
        yield text.edit("dropped-keyword", (start, end), "", runs_at=keyword.value.lineno)
    for one, two in itertools.pairwise(named):
        yield text.swap("renamed-keyword", one.value, two.value)
    taken = {keyword.arg for keyword in named}
    for keyword in named:
        other = next((name for name in _parameters(text, node) if name not in taken), None)
        if other is not None and keyword.arg is not None:
            start = text.span(keyword)[0]
            yield text.edit("renamed-keyword", (start, start + len(keyword.arg)), other)


def _parameters(text: SourceText, node: ast.Call) -> list[str]:
    """Return the parameters with a default of the function of this file that the call names."""
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    for found in text.nodes:
        if isinstance(found, (ast.FunctionDef, ast.AsyncFunctionDef)) and found.name == called:
            names = [argument.arg for argument in found.args.args]
            free = names[len(names) - len(found.args.defaults) :] if found.args.defaults else []
            return [*free, *(argument.arg for argument in found.args.kwonlyargs)]
    return []
