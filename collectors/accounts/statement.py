"""Statement: what a line of a trace's source is: its kind, its text on one line, and what it reads and binds."""

import ast
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from collectors.accounts.context import Context

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
TRIES = (ast.Try, ast.TryStar)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
_WITHS = (ast.With, ast.AsyncWith)
_COMPOUND = (*FUNCTIONS, *LOOPS, *_WITHS, ast.ClassDef, ast.If, *TRIES, ast.Match, ast.ExceptHandler, ast.match_case)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_OWN_SCOPE = (ast.Lambda, *COMPREHENSIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement; of a compound one the header alone is meant.

    `node` is None where the source does not parse. `opaque` says that more than one statement shares the line, so that it
    cannot be told which of them ran. `detached` says that only this line was parsed, and nothing around it.
    """

    text: str
    node: ast.AST | None = None
    opaque: bool = False
    detached: bool = False

    def parts(self) -> list[ast.AST]:
        """Return the syntax nodes of the statement itself, without the body of a compound one."""
        node = self.node
        if node is None:
            return []
        if self.opaque or not isinstance(node, _COMPOUND):
            return [node]
        heads = ("test", "iter", "items", "subject", "pattern", "guard", "type", "target")
        found = [getattr(node, name, None) for name in heads]
        return [part for one in found for part in (one if isinstance(one, list) else [one]) if part is not None]

    def reads(self) -> list[str]:
        """Return the names that the statement reads, in order; not those of a lambda or comprehension inside it."""
        return list(_names(tuple(self.parts()), _loads))

    def binds(self) -> list[str]:
        """Return the names that the statement binds itself, in order."""
        found = list(_names(tuple(self.parts()), _stores))
        named = isinstance(self.node, (*FUNCTIONS, ast.ClassDef, ast.ExceptHandler))
        name = getattr(self.node, "name", None) if named else None
        return [*found, name] if name and name not in found else found

    def holds(self, *kinds: type[ast.AST]) -> bool:
        """Say whether a syntax node of one of these kinds stands in the statement."""
        return any(issubclass(kind, kinds) for kind in _kinds(tuple(self.parts())))

    def comprehends(self) -> bool:
        """Say whether a comprehension stands in the statement."""
        return self.holds(*COMPREHENSIONS)

    def loop_names(self) -> list[str]:
        """Return the names that comprehensions of the statement bind."""
        found = [inner for part in self.parts() for inner in ast.walk(part) if isinstance(inner, ast.comprehension)]
        return list(dict.fromkeys(name for each in found for name in _stores(each.target)))


# A loop's statements are asked for the same in every round.
@functools.lru_cache(maxsize=4096)
def _names(parts: tuple[ast.AST, ...], found_in: Callable[[ast.AST], Iterator[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for part in parts for name in found_in(part)))


@functools.lru_cache(maxsize=4096)
def _kinds(parts: tuple[ast.AST, ...]) -> frozenset[type[ast.AST]]:
    return frozenset(type(inner) for part in parts for inner in ast.walk(part))


@functools.lru_cache(maxsize=256)
def _inside(context: Context, function: ast.AST | None) -> list[tuple[int, int, ast.AST]]:
    return [(_first(node), _last(node), node) for node in _candidates(context, function)]


def _loads(node: ast.AST) -> Iterator[str]:
    if isinstance(node, COMPREHENSIONS):
        yield from _loads(node.generators[0].iter)  # the one part that the function itself evaluates
    if isinstance(node, _OWN_SCOPE):
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield node.id
    for child in ast.iter_child_nodes(node):
        yield from _loads(child)


def _stores(node: ast.AST) -> Iterator[str]:
    if isinstance(node, _OWN_SCOPE):
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    if isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
        yield node.name
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
    for child in ast.iter_child_nodes(node):
        yield from _stores(child)


def statement_at(context: Context, line: int, function: ast.AST | None) -> Statement | None:
    """Return the statement that a line of the context belongs to, of the function's own body where one is given."""
    found = [node for first, last, node in _inside(context, function) if first <= line <= last]
    if not found:
        return None
    node = max(found, key=lambda n: (_first(n), -_last(n)))
    for outer, field in context.above(node):
        # What shares its line with the header of an if, loop, with or handler is told as one with it.
        if outer is function or field != "body" or not isinstance(outer, _COMPOUND) or _first(outer) != _first(node):
            break
        if not isinstance(outer, TRIES):
            node = outer
    beside = [other for other in found if _first(other) == _first(node) == _last(other) and other is not node]
    shared = any(context.parents.get(other) == context.parents.get(node) for other in beside)
    if shared:
        return Statement(text=context.lines[line - 1].strip(), node=node, opaque=True)
    one_line = isinstance(node, _COMPOUND) and _body_first(node) == _first(node)
    return Statement(text=_text(context, node, one_line), node=node, opaque=one_line)


def _candidates(context: Context, function: ast.AST | None) -> Iterator[ast.AST]:
    """Yield statements, handlers and cases; those of functions inside the given one belong to those functions."""
    waiting: list[ast.AST] = list(getattr(function, "body", [])) if function is not None else list(context.trees)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.stmt, ast.ExceptHandler, ast.match_case)):
            yield node
        if not (function is not None and isinstance(node, (*FUNCTIONS, ast.ClassDef))):
            waiting += [
                n for n in ast.iter_child_nodes(node) if isinstance(n, (ast.stmt, ast.ExceptHandler, ast.match_case))
            ]


def _first(node: ast.AST) -> int:
    if isinstance(node, ast.match_case):
        return node.pattern.lineno
    decorators = getattr(node, "decorator_list", [])
    return int(min([node.lineno, *(d.lineno for d in decorators)]))  # type: ignore[attr-defined]


def _last(node: ast.AST) -> int:
    if isinstance(node, ast.match_case):
        return _last(node.body[-1])
    return int(node.end_lineno)  # type: ignore[attr-defined]


def _body_first(node: ast.AST) -> int:
    return int(node.body[0].lineno) if getattr(node, "body", None) else -1  # type: ignore[attr-defined]


def _text(context: Context, node: ast.AST, one_line: bool) -> str:
    if not isinstance(node, _COMPOUND):
        return context.segment(node)
    header = _header(context, node)
    if not one_line:
        return header
    return f"{header}: {'; '.join(context.segment(n) for n in node.body)}"  # type: ignore[union-attr]


def _header(context: Context, node: ast.AST) -> str:
    """Return the header of a compound statement without its colon."""
    wait = "async " if isinstance(node, (ast.AsyncFor, ast.AsyncWith, ast.AsyncFunctionDef)) else ""
    if isinstance(node, ast.If):
        line = context.lines[node.lineno - 1].lstrip()
        return f"{'elif' if line.startswith('elif') else 'if'} {context.segment(node.test)}"
    if isinstance(node, ast.While):
        return f"while {context.segment(node.test)}"
    if isinstance(node, (ast.For, ast.AsyncFor)):
        return f"{wait}for {context.segment(node.target)} in {context.segment(node.iter)}"
    if isinstance(node, _WITHS):
        return f"{wait}with {', '.join(ast.unparse(item) for item in node.items)}"
    if isinstance(node, ast.Match):
        return f"match {context.segment(node.subject)}"
    if isinstance(node, ast.match_case):
        return f"case {ast.unparse(node.pattern)}" + (f" if {context.segment(node.guard)}" if node.guard else "")
    if isinstance(node, ast.ExceptHandler):
        kind = f" {context.segment(node.type)}" if node.type else ""
        return f"except{kind}" + (f" as {node.name}" if node.name else "")
    named = getattr(node, "name", "")
    return f"{wait}class {named}" if isinstance(node, ast.ClassDef) else f"{wait}def {named}" if named else "try"


def lone_statement(line: str) -> Statement:
    """Return what a line is by itself, where what surrounds it does not parse."""
    text = line.strip()
    for whole in (text, f"{text} pass", f"{text.removeprefix('el')} pass"):
        body = [node for tree in Context(whole).trees for node in tree.body]
        if len(body) == 1:
            return Statement(text=text.removesuffix(":"), node=body[0], detached=True)
    return Statement(text=text.removesuffix(":"), detached=True)
