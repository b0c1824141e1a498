"""Removals: a statement, an import, a branch, a loop, or what is wrapped around statements."""

import ast
from collections.abc import Iterator

from collectors.mutations.mutation import Mutation
from collectors.mutations.source_text import SourceText, is_docstring

_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_WRAPPERS = (ast.With, ast.AsyncWith, ast.Try)


def removals(text: SourceText, node: ast.AST) -> Iterator[Mutation]:
    """Yield `removed-statement`, `removed-import`, `removed-branch`, `removed-loop` and `removed-wrapper`."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from _imports(text, node)
    elif isinstance(node, ast.If):
        yield from _branches(text, node)
    elif isinstance(node, _LOOPS):
        yield text.removal("removed-loop", node)
        yield from _unwrapped(text, "removed-loop", node, node.body)
    elif isinstance(node, _WRAPPERS):
        yield from _unwrapped(text, "removed-wrapper", node, node.body)
        yield text.removal("removed-wrapper", node)
    elif _is_statement(node):
        yield text.removal("removed-statement", node)  # type: ignore[arg-type]


def _imports(text: SourceText, node: ast.Import | ast.ImportFrom) -> Iterator[Mutation]:
    """Yield an import taken out that functions alone need: where a module needs it itself, no test is collected."""
    if text.function_of(node) is not None:
        yield text.removal("removed-import", node)
        return
    names = {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    uses = [n for n in text.nodes if isinstance(n, ast.Name) and n.id in names]
    inside = [use for use in uses if _runs_inside(text, use)]
    if isinstance(text.parent(node), ast.Module) and uses and inside == uses:
        yield text.removal("removed-import", node, runs_at=inside[0].lineno)


def _runs_inside(text: SourceText, node: ast.AST) -> bool:
    """Say whether the node lies in a function's body, which the import of the module does not run."""
    function = text.function_of(node)
    return function is not None and node.lineno >= function.body[0].lineno  # type: ignore[attr-defined]


def _is_statement(node: ast.AST) -> bool:
    simple = isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Raise, ast.Delete, ast.Return))
    return simple and not (isinstance(node, ast.Expr) and is_docstring(node))


def _branches(text: SourceText, node: ast.If) -> Iterator[Mutation]:
    """Yield the whole `if` taken out, and its last `else` or `elif` alone."""
    lines = text.whole_lines(node)
    is_elif = text.source.startswith("elif", text.span(node)[0])
    if not is_elif:
        yield text.removal("removed-branch", node)
        yield from _unwrapped(text, "removed-branch", node, [] if node.orelse else node.body)
    if node.orelse and lines is not None and node.body:
        start, end = text.span(node.body[-1])[1], text.span(node)[1]
        yield text.edit("removed-branch", (start, end), "", runs_at=node.orelse[0].lineno)


def _unwrapped(text: SourceText, operator: str, node: ast.stmt, body: list[ast.stmt]) -> Iterator[Mutation]:
    """Yield the body without what is around it, moved left; left out where a line of it could be inside a text."""
    lines = text.whole_lines(node)
    outer = text.indent(node)
    inner = text.indent(body[0]) if body else None
    if lines is None or outer is None or inner is None or any(_spans_lines(n) for n in text.nodes_below(body)):
        return
    first = body[0].lineno
    while _is_comment(text.source[text.line_start(first - 1) : text.line_start(first)]):
        first -= 1
    start = text.line_start(first)
    end = text.line_start((body[-1].end_lineno or 0) + 1)
    step = len(inner) - len(outer)
    kept = text.source[start:end].splitlines(keepends=True)
    moved = "".join(line[step:] if line.startswith(inner) else line.lstrip(" \t") and line for line in kept)
    yield text.edit(operator, lines, moved, runs_at=node.lineno)


def _is_comment(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _spans_lines(node: ast.AST) -> bool:
    text = isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)))
    return text and node.lineno != node.end_lineno  # type: ignore[attr-defined]
