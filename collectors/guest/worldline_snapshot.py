"""Snapshot: the text of a value, made without ever calling a method of a foreign type.

A value of a known exact type gives exactly Python's repr, bounded in depth, items and characters. An instance of any
other class gives its type name and plain attributes in a fixed form: <Point x=1 y=2>. Heap addresses never appear.
Standard library only; Python 3.8 and newer.
"""

import marshal
from itertools import islice

_LEAVES = (int, float, complex, bool, str, bytes, type(None), type(Ellipsis), type(NotImplemented))
# By identity: to look a type up by itself would call the __hash__ of its metaclass.
LEAF_IDS = frozenset(map(id, _LEAVES))
_OPENING = {list: ("[", "]"), tuple: ("(", ")"), set: ("{", "}"), frozenset: ("frozenset({", "})")}
# Beyond this an interpreter may refuse to print an integer, whatever limit the program has set.
_MAX_BITS = 2048
_MAX_DIGITS = 600
_MAX_INT = 1 << _MAX_BITS
# A container of leaves whose marshalled form is no longer than this is small enough to be printed at once.
_SMALL = 2000
_get = object.__getattribute__


class Bounds(object):
    """How much of a value is shown: nesting, items of one container, nodes in all, characters of the whole text."""

    def __init__(self, depth=4, items=30, nodes=120, characters=600):
        self.depth = depth
        self.items = items
        self.nodes = nodes
        self.characters = characters


class Snapshot(object):
    """Makes texts within the bounds; `short` says whether the last one had to be shortened."""

    def __init__(self, bounds=None):
        self.bounds = bounds or Bounds()
        self._nodes = 0
        self.short = False

    def text(self, value):
        """Return the text of the value; what is too long is cut in the middle, with its length stated."""
        self._nodes = self.bounds.nodes
        self.short = False
        text = self._render(value, self.bounds.depth, ())
        limit = self.bounds.characters
        if len(text) > limit:
            self.short = True
            half = limit // 2
            text = "%s<... %d characters ...>%s" % (text[:half], len(text) - 2 * half, text[-half:])
        return text

    def part(self, value, depth):
        """Return the text of a value as it stands inside others, so many levels above the deepest."""
        self._nodes = self.bounds.nodes
        return self._render(value, depth, ())

    def _render(self, value, depth, parents):
        kind = type(value)
        self._nodes -= 1
        if kind is int and -_MAX_INT < value < _MAX_INT:
            return repr(value)
        if id(kind) in LEAF_IDS:
            return self._leaf(value, kind)
        if id(value) in parents:
            return {list: "[...]", dict: "{...}", set: "{...}"}.get(kind, "<... %s>" % _type_name(kind))
        if kind is list or kind is tuple or kind is dict or kind is set or kind is frozenset:
            size = kind.__len__(value)
            if depth <= 0 or self._nodes <= 0:
                self.short = True
                return "<%s of %d>" % (kind.__name__, size)
            text = self._plain(value, kind, size)
            if text is not None:
                return text
            inner = parents + (id(value),)
            return self._mapping(value, depth, inner) if kind is dict else self._sequence(value, kind, depth, inner)
        if kind is range or kind is slice:
            return repr(value) if _plain_range(value, kind) else "<%s>" % kind.__name__
        return self._foreign(value, kind, depth, parents)

    def _plain(self, value, kind, size):
        """Return Python's own repr of a small container of leaves, or None for any other."""
        nodes = 2 * size if kind is dict else size
        if size > self.bounds.items or nodes > self._nodes or not LEAF_IDS.issuperset(map(id, map(type, value))):
            return None
        if kind is dict and not LEAF_IDS.issuperset(map(id, map(type, value.values()))):
            return None
        try:
            if len(marshal.dumps(value, 2)) > _SMALL:
                return None
            text = repr(value)
        except ValueError:
            return None
        # So none of its strings and numbers is so long that it would be shortened.
        if len(text) > min(_MAX_DIGITS, 4 * self.bounds.characters):
            return None
        self._nodes -= nodes
        return text

    def _leaf(self, value, kind):
        if kind is int and int.bit_length(value) > _MAX_BITS:
            self.short = True
            return "<int of %d bits>" % int.bit_length(value)
        longest = 4 * self.bounds.characters
        if kind in (str, bytes) and kind.__len__(value) > longest:
            self.short = True
            half = longest // 2
            missing = kind.__len__(value) - 2 * half
            return "%s<... %d items ...>%s" % (repr(value[:half]), missing, repr(value[-half:]))
        return repr(value)

    def _sequence(self, value, kind, depth, parents):
        opening, closing = _OPENING[kind]
        size = kind.__len__(value)
        if size == 0:
            return {list: "[]", tuple: "()", set: "set()", frozenset: "frozenset()"}[kind]
        parts = []
        for item in kind.__iter__(value):
            if len(parts) >= self.bounds.items or self._nodes <= 0:
                self.short = True
                parts.append("<... %d more ...>" % (size - len(parts)))
                break
            parts.append(self._render(item, depth - 1, parents))
        comma = "," if kind is tuple and size == 1 else ""
        return opening + ", ".join(parts) + comma + closing

    def _mapping(self, value, depth, parents):
        parts = []
        for key, item in list(islice(dict.items(value), self.bounds.items + 1)):
            if len(parts) >= self.bounds.items or self._nodes <= 0:
                self.short = True
                parts.append("<... %d more ...>" % (dict.__len__(value) - len(parts)))
                break
            parts.append("%s: %s" % (self._render(key, depth - 1, parents), self._render(item, depth - 1, parents)))
        return "{" + ", ".join(parts) + "}"

    def _foreign(self, value, kind, depth, parents):
        if issubclass(kind, type):
            return "<class %s>" % _type_name(value)
        name = named(value, kind)
        if name is not None:
            return name
        attributes = attributes_of(value, kind) if depth > 1 and self._nodes > 0 else None
        if type(attributes) is not dict:
            return "<%s object>" % _type_name(kind)
        inner = parents + (id(value),)
        parts = [_type_name(kind)]
        for key, item in list(dict.items(attributes)):
            if type(key) is str and len(parts) <= self.bounds.items:
                parts.append("%s=%s" % (key, self._render(item, depth - 2, inner)))
        return "<%s>" % " ".join(parts) if len(parts) > 1 else "<%s object>" % parts[0]


# The slots of `type` itself: looked up on a class, a metaclass of the program could answer in their place.
_GETSET = type(type.__dict__["__dict__"])
_name_of = type.__dict__["__name__"].__get__
_parents_of = type.__dict__["__mro__"].__get__
_namespace_of = type.__dict__["__dict__"].__get__


def _type_name(kind):
    return _name_of(kind)


def _plain_range(value, kind):
    ends = (value.start, value.stop, value.step)
    return all(type(end) in (int, type(None)) for end in ends)


_FUNCTION = type(_plain_range)
_METHOD = type(Bounds().__init__)
_BUILTIN = type(len)
_MODULE = type(__import__("sys"))
_CODE_NAMED = (
    type((lambda: (yield))()),
    type(_type_name.__code__),
)


def named(value, kind):
    """Return the text of functions, methods, modules and generators, which are shown by name; else None."""
    if kind is _FUNCTION:
        return "<function %s>" % _get(value, "__qualname__")
    if kind is _BUILTIN:
        return "<built-in function %s>" % _get(value, "__name__")
    if kind is _METHOD:
        target = _get(value, "__func__")
        return "<bound method %s>" % (
            _get(target, "__qualname__") if type(target) is _FUNCTION else _type_name(type(target))
        )
    if kind is _MODULE:
        name = dict.get(_get(value, "__dict__"), "__name__", "?")
        return "<module %s>" % (name if type(name) is str else "?")
    if kind is _CODE_NAMED[0]:
        return "<generator object %s>" % _get(value, "__qualname__")
    if kind is _CODE_NAMED[1]:
        return "<code object %s>" % _get(value, "co_name")
    return None


def attributes_of(value, kind):
    """Return the instance's own dictionary, or None; no property, slot descriptor or method is called."""
    for parent in _parents_of(kind):
        holder = _namespace_of(parent).get("__dict__")
        if holder is not None:
            return holder.__get__(value) if type(holder) is _GETSET else None
    return None
