"""Snapshot: the text of a value, made without ever calling a method of a foreign type, and what tells that it still holds.

A value of a known exact type gives exactly Python's repr, bounded in depth, items and characters. An instance of any
other class gives its type name and plain attributes in a fixed form: <Point x=1 y=2>. Heap addresses never appear.
Standard library only; Python 3.8 and newer.
"""

import marshal
from itertools import islice

from worldline_few import MOST, same_few
from worldline_instances import Instances
from worldline_kinds import CONTAINER_IDS, LEAF_IDS, flat_text, leaf_text, plain_range, type_name
from worldline_node import Node
from worldline_watch import (
    always,
    of_kind,
    same_content,
    same_dict,
    same_items,
    same_length,
    same_object,
    same_set,
    same_size,
    same_text,
    watch_inside,
)

_OPENING = {list: ("[", "]"), tuple: ("(", ")"), set: ("{", "}"), frozenset: ("frozenset({", "})")}
_EMPTY = {list: "[]", tuple: "()", set: "set()", frozenset: "frozenset()", dict: "{}"}
_AGAIN = {id(list): "[...]", id(dict): "{...}", id(set): "{...}"}
# A container of leaves whose marshalled form and repr are no longer than these has nothing that must be shortened.
_SMALL, _SHORT = 2000, 600
_BIG = 1 << 63


class Bounds(object):
    """How much of a value is shown: nesting, items of one container, nodes in all, characters of the whole text.

    `trusted` says that the program may be asked for texts: what is no builtin value is then shown by its own __repr__.
    """

    def __init__(self, depth=4, items=30, nodes=120, characters=600, trusted=False):
        self.trusted = trusted
        self.depth = depth
        self.items = items
        self.nodes = nodes
        self.characters = characters


class Snapshot(object):
    """Makes nodes within the bounds, and leaves' texts."""

    def __init__(self, bounds=None):
        self.bounds = bounds or Bounds()
        self.longest = 4 * self.bounds.characters
        # How many nodes there is room for.
        self.room = 0
        instances = Instances(self)
        self._instance, self._named = instances.show, instances.named

    def leaf(self, value):
        """Return the text of a leaf, and whether it is short."""
        text, short = leaf_text(value, self.longest)
        return self.cut(text, short)

    def whole(self, value, old=None):
        """Return the node of a value that is no leaf; what has not changed in the node `old` of the same address is kept."""
        self.room = self.bounds.nodes
        node = self._node(value, self.bounds.depth, (), old)
        if len(node.text) > self.bounds.characters:
            node.text, node.short = self.cut(node.text, node.short)
        return node

    def cut(self, text, short):
        """Return a text within the bound of characters, and whether it is short."""
        limit = self.bounds.characters
        if len(text) <= limit:
            return text, short
        half = limit // 2
        return "%s<... %d characters ...>%s" % (text[:half], len(text) - 2 * half, text[-half:]), True

    def _node(self, value, depth, parents, old):
        named = self._named.get(id(value))
        if named is not None and named.same(value):
            self.room -= 1
            return named
        node, kind = Node(value, self.room), type(value)
        self.room -= 1
        if id(value) in parents:
            # Who holds it compares identities, so it stays the same parent.
            node.text, node.same = _AGAIN.get(id(kind)) or "<... %s>" % type_name(kind), always
        elif kind is list or kind is tuple or kind is dict or kind is set or kind is frozenset:
            self.container(node, value, depth, parents, old)
        elif kind is range or kind is slice:
            node.text, node.held = repr(value) if plain_range(value) else "<%s>" % kind.__name__, value
            if not plain_range(value):
                node.held, node.same = None, same_text(kind, node.text, flat_text)
        else:
            self._instance(node, value, depth, parents, old)
        if node.held is not None:
            node.same = same_object(value)
        node.used = node.before - self.room
        return node

    def container(self, node, value, depth, parents, old, base=None):
        """Give the node of a container, or of what an instance of a subclass of `base` holds, its text and its watch."""
        kind = base or type(value)
        size = len(value) if base is None else kind.__len__(value)
        if depth <= 0 or self.room <= 0:
            node.short, node.same = True, (same_size if base is None else same_length)(kind, size)
            node.text = "<%s of %d>" % (kind.__name__, size)
            return
        inner = (depth - 1, parents + (node.address,), old)
        if size == 0 and base is None:
            self._empty(node, value, kind)
        elif kind is dict:
            self._dict(node, value, size, inner)
        else:
            self._sequence(node, value, kind, size, inner)

    def _empty(self, node, value, kind):
        node.text = _EMPTY[kind]
        if kind is tuple or kind is frozenset:
            node.held = value
        else:
            node.same = same_size(kind, 0)

    def _sequence(self, node, value, kind, size, inner):
        most = self.bounds.items
        exact = type(value) is kind
        items = list(value) if exact and size <= most else list(islice(kind.__iter__(value), most))
        seen = len(items)
        plain = LEAF_IDS.issuperset(map(id, map(type, items)))
        text = self._plain(value, size, size) if plain else None
        if text is None:
            opening, closing = _OPENING[kind]
            parts = self._leaves(items) if plain else None
            if parts is None:
                parts = self.parts(node, items, 0, inner)
            seen = len(parts)
            if len(parts) < size:
                node.short = True
                parts.append("<... %d more ...>" % (size - len(parts)))
            text = (
                opening + ", ".join(parts) + ("," if kind is tuple and size == 1 else "") + closing
                if size
                else _EMPTY[kind]
            )
        node.text = text
        if exact and (kind is tuple or kind is frozenset) and seen == size and not node.inside:
            node.held = value
        elif exact and (kind is list or kind is tuple) and seen == size <= MOST:
            node.same = same_few("sequence", (kind, None), (), items, node.inside)
        else:
            inside = watch_inside(items, range(seen), node.inside)
            if not exact:
                node.same = same_content(kind, (size, most), inside)
            elif kind is list or kind is tuple:
                node.same = same_items(kind, size, inside)
            else:
                node.same = same_set(kind, (size, most), inside)

    def _dict(self, node, value, size, inner):
        most, exact = self.bounds.items, type(value) is dict
        if exact and size <= most:
            keys, values = list(value), list(value.values())
        else:
            keys, values = list(islice(dict.keys(value), most)), list(islice(dict.values(value), most))
        half, seen = len(keys), len(keys)
        keyed = LEAF_IDS.issuperset(map(id, map(type, keys)))
        plain = keyed and LEAF_IDS.issuperset(map(id, map(type, values)))
        text = self._plain(value, size, 2 * size) if plain else None
        if text is None:
            pairs = []
            for place, key in enumerate(keys):
                if self.room <= 0:
                    break
                before = self.part(node, key, place, inner)
                pairs.append(before + ": " + self.part(node, values[place], half + place, inner))
            seen = len(pairs)
            if seen < size:
                node.short = True
                pairs.append("<... %d more ...>" % (size - seen))
            text = "{" + ", ".join(pairs) + "}"
        node.text = text
        if exact and seen == size and 2 * size <= MOST:
            node.same = same_few("keyed" if keyed else "dict", (None, None), keys, values, node.inside)
            return
        places = [place for first in range(seen) for place in (first, half + first)]
        node.same = same_dict((size, most), watch_inside(keys + values, places, node.inside))
        if exact:
            node.same = of_kind(dict, node.same)

    def _plain(self, value, size, nodes):
        """Return Python's own repr of a small container of leaves, or None for any other."""
        if size > self.bounds.items or nodes > self.room or id(type(value)) not in CONTAINER_IDS:
            return None
        try:
            if len(marshal.dumps(value, 2)) > _SMALL:
                return None
            text = repr(value)
        except ValueError:
            return None
        if len(text) > min(_SHORT, self.longest):
            return None
        self.room -= nodes
        return text

    def _leaves(self, items):
        """Return the texts of leaves, or None where one may have to be shortened or there is not room for all."""
        if len(items) > self.room:
            return None
        try:
            if len(marshal.dumps(items, 2)) > _SMALL:
                return None
            parts = list(map(repr, items))
        except ValueError:
            return None
        if max(map(len, parts), default=0) > min(_SHORT, self.longest):
            return None
        self.room -= len(items)
        return parts

    def parts(self, node, items, first, inner):
        """Return the texts of the items, the first of which has the place `first`, so far as there is room."""
        parts = []
        for place, item in enumerate(items, first):
            if self.room <= 0:
                break
            parts.append(self.part(node, item, place, inner))
        return parts

    def part(self, node, item, place, inner):
        """Return the text of an item; what is no leaf is noted in the node, where something in it can change."""
        kind = type(item)
        if (kind is str and len(item) <= self.longest) or (kind is int and -_BIG < item < _BIG):
            self.room -= 1
            return repr(item)
        if id(kind) in LEAF_IDS:
            self.room -= 1
            text, short = leaf_text(item, self.longest)
            if short:
                node.short = True
            return text
        depth, parents, old = inner
        known = None if old is None else old.inside.get(place)
        if known is not None and known.address == id(item) and self._fits(known) and known.same(item):
            child = known
            self.room -= known.used
        else:
            child = self._node(item, depth, parents, known if known is not None and known.address == id(item) else None)
        if child.short:
            node.short = True
        if child.held is None:
            node.inside[place] = child
        return child.text

    def _fits(self, node):
        """Say whether a node would come out the same with the room that is left."""
        return node.before == self.room or (node.used < node.before and node.used < self.room)
