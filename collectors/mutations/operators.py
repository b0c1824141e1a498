"""Operators: the kinds of mutation, and all edits of a source that they make."""

import ast
import functools
import re
import tomllib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from importlib.resources import files

from collectors.mutations.arithmetic import arithmetic, literals
from collectors.mutations.bounds import bounds
from collectors.mutations.call_arguments import call_arguments
from collectors.mutations.calls import calls
from collectors.mutations.comparisons import comparisons
from collectors.mutations.conditions import conditions
from collectors.mutations.definitions import definitions
from collectors.mutations.exception_classes import exception_classes
from collectors.mutations.mutation import Mutation
from collectors.mutations.names import names
from collectors.mutations.removals import removals
from collectors.mutations.returns import returns
from collectors.mutations.source_text import SourceText

FAMILIES: tuple[Callable[[SourceText, ast.AST], Iterator[Mutation]], ...] = (
    comparisons, conditions, arithmetic, literals, bounds, returns, names, call_arguments, definitions, calls,
    exception_classes, removals,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One kind of mutation: its family in CWM's words, what the bug is, and the share of candidates that fail a test."""

    name: str
    family: str
    bug: str
    prior: float


@functools.cache
def operators() -> dict[str, Operator]:
    """Return all operators by name."""
    table = tomllib.loads((files("collectors.mutations") / "operators.toml").read_text())
    return {name: Operator(name=name, **fields) for name, fields in table.items()}


def mutations_of(source: str, lines: Collection[int] | None = None) -> list[Mutation]:
    """Return all edits that one of the lines runs, in the order of the source; each gives another program that compiles."""
    try:
        text = SourceText(source)
    except (SyntaxError, ValueError, RecursionError):
        return []
    chunks = Chunks(text)
    return [mutation for mutation in proposals(text, lines) if chunks.compiles(mutation)]


def proposals(text: SourceText, lines: Collection[int] | None = None) -> list[Mutation]:
    """Return the edits as `mutations_of` does, but those too that do not compile or change nothing."""
    found = {m for node in text.nodes for family in FAMILIES for m in family(text, node)}
    chosen = [m for m in found if lines is None or m.runs_at in lines]
    return sorted(chosen, key=lambda m: (m.start, m.end, m.operator, m.replacement))


class Chunks:
    """The functions and statements at a module's top level and in its classes: an edit is compiled with the one that holds
    it, which takes a tenth of the time of the whole file."""

    def __init__(self, text: SourceText) -> None:
        self._text = text
        self._bounds = [*self._of(text.tree.body, len(text.source), "")]

    def _of(self, body: list[ast.stmt], end: int, head: str) -> Iterator[tuple[int, int, str]]:
        """Yield the offsets of whole lines, inner ones first, and what has to stand before them."""
        starts = [self._text.line_start(_first_line(node)) for node in body]
        for node, start, after in zip(body, starts, [*starts, end][1:], strict=False):
            if isinstance(node, ast.ClassDef) and not head and node.body[0].lineno > node.lineno:
                yield from self._of(node.body, after, "class _:\n")
            if start < after:
                yield start, after, head

    def compiles(self, mutation: Mutation) -> bool:
        """Say whether the edit gives a program that compiles, and another one than before."""
        source = self._text.source
        if _bare(source[mutation.start : mutation.end]) == _bare(mutation.replacement):
            return False
        holding = ((a, b, head) for a, b, head in self._bounds if a <= mutation.start and mutation.end <= b)
        start, end, head = next(holding, (0, len(source), ""))
        before, after = source[start : mutation.start], source[mutation.end : end]
        try:
            compile(f"{head}{before}{mutation.replacement}{after}", "<mutation>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError):
            return False
        return True


def _first_line(node: ast.stmt) -> int:
    return min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])


def _bare(text: str) -> str:
    return re.sub(r"[\s()]", "", text)
