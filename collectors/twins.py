"""Twins: the hidden tests rewritten, some so that they must fail, the others in a way that changes nothing.

They bear the same ids, lie in files that nobody has seen before, and only who runs them honestly gets both kinds right. A
test is spoiled in a comparison that surely runs, by another expected value of the same type, which an object that is equal
to everything meets too; one without such a comparison raises at its end, however that is reached.
"""

import ast
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_EXCEPTIONS = ("ValueError", "KeyError", "RuntimeError", "AssertionError", "TypeError", "LookupError")
_EQUALS = ("assertEqual", "assertEquals", "assertIs", "assertListEqual", "assertDictEqual")
_Test = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """Test files by path, and by test id whether it is `spoiled` there; tests that could not be rewritten have no twin."""

    files: dict[str, str]
    spoiled: dict[str, bool]


def make_twins(files: Mapping[str, str], tests: Sequence[str]) -> tuple[Twins, Twins]:
    """Return two sets of twins: each test is spoiled in one of them, and which one is a matter of chance.

    Left out are tests that stand elsewhere than their id says (inherited or generated), and files that do not parse here.
    """
    functions = {test: test.split("[", 1)[0] for test in tests}
    drawn = {function: secrets.randbits(1) == 1 for function in functions.values()}
    first, second = ({f: spoiled == side for f, spoiled in drawn.items()} for side in (True, False))
    return _twins(files, functions, first), _twins(files, functions, second)


def _twins(files: Mapping[str, str], functions: Mapping[str, str], chosen: Mapping[str, bool]) -> Twins:
    made: dict[str, str] = {}
    done: set[str] = set()
    for path, text in files.items():
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        for function, spoiled in chosen.items():
            where, *names = function.split("::")
            for node in _find(tree.body, names) if where == path and names else ():
                _rewrite(node, spoiled)
                done.add(function)
        made[path] = ast.unparse(ast.fix_missing_locations(tree)) + f"\n_{secrets.token_hex(4)} = None\n"
    return Twins(files=made, spoiled={test: chosen[f] for test, f in functions.items() if f in done})


def _find(body: Sequence[ast.stmt], names: Sequence[str]) -> Iterator[_Test]:
    """Yield the functions that the names lead to, below conditions too."""
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name == names[0] and len(names) > 1:
            yield from _find(node.body, names[1:])
        elif isinstance(node, _Test) and node.name == names[0] and len(names) == 1:
            yield node
        elif isinstance(node, ast.If | ast.Try | ast.With):
            yield from _find([child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)], names)


def _rewrite(function: _Test, spoiled: bool) -> None:
    compared = [place for place in map(_expected_value, function.body) if place]
    if compared:
        owner, name = secrets.choice(compared)
        old = getattr(owner, name)
        node = old[-1] if isinstance(old, list) else old
        new = _other(node) if spoiled else _same(node)
        setattr(owner, name, [*old[:-1], new] if isinstance(old, list) else new)
        return
    error = ast.Name(id=secrets.choice(_EXCEPTIONS), ctx=ast.Load())
    made = ast.Call(func=error, args=[ast.Constant(value=secrets.token_hex(4))], keywords=[])
    last = ast.Raise(exc=made, cause=None) if spoiled else ast.Expr(value=made)
    function.body = [ast.Try(body=function.body, handlers=[], orelse=[], finalbody=[last])]


def _expected_value(statement: ast.stmt) -> tuple[ast.AST, str] | None:
    """Return where the expected value stands of a comparison that surely runs: the node, and its field."""
    match statement:
        case ast.Assert(test=ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[right]) as compare):
            return (compare, "left") if _calls(right) and not _calls(left) else (compare, "comparators")
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name), args=[left, right]) as call) if name in _EQUALS:
            return None if _calls(right) and not _calls(left) else (call, "args")
    return None


def _calls(node: ast.expr) -> bool:
    return any(isinstance(child, ast.Call) for child in ast.walk(node))


def _same(node: ast.expr) -> ast.expr:
    """Return the same value in other words, so that text alone does not tell what is spoiled."""
    return ast.IfExp(test=ast.Constant(value=secrets.token_hex(4)), body=node, orelse=_other(node))


def _other(node: ast.expr) -> ast.expr:
    """Return another value, of the same type where that is plain to see."""
    word = secrets.token_hex(4)
    match node:
        case ast.Constant(value=bool() as value):
            return ast.Constant(value=not value)
        case ast.Constant(value=int() | float() as value):
            return ast.Constant(value=value + 1 + secrets.randbelow(99))
        case ast.Constant(value=str() as value):
            return ast.Constant(value=value + word)
        case ast.Constant(value=bytes() as value):
            return ast.Constant(value=value + word.encode())
        case ast.List(elts=items):
            return ast.List(elts=[*items, ast.Constant(value=word)], ctx=ast.Load())
        case ast.Tuple(elts=items):
            return ast.Tuple(elts=[*items, ast.Constant(value=word)], ctx=ast.Load())
    return ast.parse(f"type('V{word}', (), {{}})()", mode="eval").body
