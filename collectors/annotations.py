"""Annotations: a function's parameter annotations, read from the source as `ast` nodes, as Hypothesis strategies.

Nothing of the source is imported or evaluated. A frozenset has no literal: a set stands for it.
"""

import ast
import builtins
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from collectors.errors import CollectorError
from collectors.module_names import ModuleNames, dotted

_ITEMS, _DEPTH = 3, 6
_LETTERS, _SIGNS = "abcxyzABZ0159", " _-.,:/'\n\\\u00e9\u4e2d\U0001f600"

# From lists of letters: Hypothesis's own texts write a table of characters into the working directory.
_WORD = st.lists(st.sampled_from(_LETTERS), max_size=6).map("".join)
_STR = _WORD | st.lists(st.sampled_from(_LETTERS + _SIGNS), max_size=8).map("".join)
_INT = st.integers(-2, 9) | st.integers(-300, 300)
_FLOAT = st.integers(-40, 40).map(lambda n: n / 4) | st.floats(
    -1e6, 1e6, allow_nan=False, allow_infinity=False, width=32
)
_BYTES = st.binary(max_size=6)
_LEAF = st.none() | st.booleans() | _INT | _STR | _FLOAT
_ANY = _LEAF | st.lists(_INT, max_size=_ITEMS) | st.dictionaries(_WORD, _INT, max_size=_ITEMS)

_LEAVES: dict[str, SearchStrategy[Any]] = {
    "int": _INT, "float": _FLOAT, "bool": st.booleans(), "str": _STR, "bytes": _BYTES, "None": st.none(),
    "Text": _STR, "AnyStr": _STR, "LiteralString": _STR, "ByteString": _BYTES, "Number": _INT | _FLOAT, "Real": _INT | _FLOAT,
    "Integral": _INT, "SupportsInt": _INT, "SupportsIndex": _INT, "SupportsFloat": _FLOAT | _INT, "SupportsAbs": _INT,
    "Hashable": _LEAF,
}  # fmt: skip
_LISTS = ("list", "List", "MutableSequence", "Iterable", "Collection", "Container", "Reversible", "Sized")
_SETS = ("set", "Set", "frozenset", "FrozenSet", "AbstractSet", "MutableSet")
_DICTS = ("dict", "Dict", "Mapping", "MutableMapping")
_THROUGH = ("Annotated", "Final", "Required", "NotRequired", "ReadOnly")
_ALWAYS_KNOWN = {
    *_LEAVES,
    *_LISTS,
    *_SETS,
    *_DICTS,
    *_THROUGH,
    "tuple",
    "Tuple",
    "Sequence",
    "Optional",
    "Union",
    "Literal",
    "Any",
    "object",
}
_HOMES = ("typing.", "typing_extensions.", "collections.abc.", "numbers.", "builtins.", "types.")


class UnknownType(CollectorError, ValueError):
    """No values can be made for the annotation."""


class Annotations:
    """The annotations of one source file; names are looked up among its imports and top-level assignments."""

    def __init__(self, module: ast.Module) -> None:
        self._names = ModuleNames(module)

    def strategy(self, node: ast.expr | None, *, hashable: bool = False, depth: int = _DEPTH) -> SearchStrategy[Any]:
        """Return a strategy for values of the annotation; raise `UnknownType` when some part of it cannot be read."""
        if depth <= 0 or node is None:
            raise UnknownType("an annotation is missing or too deep")
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self.strategy(_parsed(node.value), hashable=hashable, depth=depth - 1)
        if isinstance(node, ast.Constant) and node.value is None:
            return st.none()
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self._union(_members(node), hashable, depth)
        base, arguments = (node.value, _items(node.slice)) if isinstance(node, ast.Subscript) else (node, [])
        name = self._resolved(base)
        if name is None and isinstance(base, ast.Name) and base.id in self._names.assigned:
            return self._alias(self._names.assigned[base.id], hashable, depth - 1)
        return self._named(name, arguments, hashable, depth - 1)

    def _resolved(self, node: ast.expr) -> str | None:
        """Return the bare name of a builtin or typing type, or None for any other."""
        full = self._names.resolve(node)
        if full is None:
            return None
        home = next((home for home in _HOMES if full.startswith(home)), None)
        if home is None:
            return None
        name = full.removeprefix(home)
        known = name in _ALWAYS_KNOWN and (home != "builtins." or name == "None" or hasattr(builtins, name))
        return {"NoneType": "None"}.get(name, name if known else None)

    def _named(self, name: str | None, arguments: list[ast.expr], hashable: bool, depth: int) -> SearchStrategy[Any]:
        if name in _LEAVES:
            return _LEAVES[name]
        if name in ("Any", "object"):
            return _LEAF if hashable else _ANY
        if name == "Optional":
            return st.none() | self.strategy(arguments[0] if arguments else None, hashable=hashable, depth=depth)
        if name == "Union":
            return self._union(arguments, hashable, depth)
        if name == "Literal":
            return st.sampled_from([_constant(argument) for argument in arguments])
        if name in _THROUGH and arguments:
            return self.strategy(arguments[0], hashable=hashable, depth=depth)
        if name in ("tuple", "Tuple"):
            return self._tuple(arguments, hashable, depth)
        if hashable or name is None:
            raise UnknownType(f"type {name or 'of the project'!r} is not known here")
        return self._container(name, arguments, depth)

    def _container(self, name: str, arguments: list[ast.expr], depth: int) -> SearchStrategy[Any]:
        if name in _DICTS:
            pair = arguments if len(arguments) == 2 else [ast.Name("str"), ast.Name("object")]
            keys = self.strategy(pair[0], hashable=True, depth=depth)
            return st.dictionaries(keys, self.strategy(pair[1], depth=depth), max_size=_ITEMS)
        first = arguments[0] if arguments else ast.Name("object")
        if name in _SETS:
            return st.sets(self.strategy(first, hashable=True, depth=depth), max_size=_ITEMS)
        lists = st.lists(self.strategy(first, depth=depth), max_size=_ITEMS)
        if name == "Sequence":
            return lists | lists.map(tuple)
        if name in _LISTS:
            return lists
        raise UnknownType(f"type {name!r} is not known here")

    def _tuple(self, arguments: list[ast.expr], hashable: bool, depth: int) -> SearchStrategy[Any]:
        if len(arguments) == 2 and isinstance(arguments[1], ast.Constant) and arguments[1].value is ...:
            items = self.strategy(arguments[0], hashable=hashable, depth=depth)
            return st.lists(items, max_size=_ITEMS).map(tuple)
        if not arguments:
            return st.lists(_LEAF, max_size=_ITEMS).map(tuple)
        if len(arguments) == 1 and isinstance(arguments[0], ast.Tuple) and not arguments[0].elts:
            return st.just(())
        return st.tuples(*(self.strategy(item, hashable=hashable, depth=depth) for item in arguments))

    def _union(self, members: list[ast.expr], hashable: bool, depth: int) -> SearchStrategy[Any]:
        """Return the union of those members that are known, if one besides None is."""
        found, only_none = [], True
        for member in members:
            try:
                found.append(self.strategy(member, hashable=hashable, depth=depth - 1))
            except UnknownType:
                continue
            only_none &= isinstance(member, ast.Constant) and member.value is None
        if only_none:
            raise UnknownType("no member of a union is known")
        return st.one_of(found)

    def _alias(self, value: ast.expr, hashable: bool, depth: int) -> SearchStrategy[Any]:
        """Return the strategy of what a name stands for: another annotation, a type variable or a new type."""
        if not isinstance(value, ast.Call):
            return self.strategy(value, hashable=hashable, depth=depth)
        made = (dotted(value.func) or "").rpartition(".")[2]
        if made == "NewType" and len(value.args) == 2:
            return self.strategy(value.args[1], hashable=hashable, depth=depth)
        if made == "TypeVar" and value.args:
            bound = next((k.value for k in value.keywords if k.arg == "bound"), ast.Name("object"))
            return self._union(value.args[1:] or [bound], hashable, depth)
        raise UnknownType("an alias is not known here")


def _parsed(text: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise UnknownType(f"annotation {text!r} is no expression") from error


def _members(node: ast.expr) -> list[ast.expr]:
    """Return the members of a union written with `|`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*_members(node.left), *_members(node.right)]
    return [node]


def _items(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) and node.elts else [node]


def _constant(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError) as error:
        raise UnknownType("a Literal holds something else than constants") from error
