"""Snapshot: the text of a value, made without ever calling a method of a foreign type, and what tells that it still holds.

A value of a known exact type gives exactly Python's repr, bounded in depth, items and characters. An instance of any
other class gives its type name and plain attributes in a fixed form: <Point x=1 y=2>. Heap addresses never appear.
Standard library only; Python 3.8 and newer.
"""

import marshal
from itertools import chain, islice

from worldline_kinds import (
    CONTAINER_IDS,
    LEAF_IDS,
    attributes_of,
    base_of,
    leaf_text,
    named,
    plain_leaf,
    plain_range,
    slot_values,
    slots_of,
    true_text,
    type_name,
)
from worldline_node import Node
from worldline_watch import (
    always,
    never,
    same_attributes,
    same_dict,
    same_items,
    same_kind,
    same_object,
    same_set,
    same_size,
    same_slots,
    same_text,
    watch_inside,
)

_OPENING = {list: ("[", "]"), tuple: ("(", ")"), set: ("{", "}"), frozenset: ("frozenset({", "})")}
_EMPTY = {list: "[]", tuple: "()", set: "set()", frozenset: "frozenset()"}
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
        self._longest = 4 * self.bounds.characters
        self._nodes = 0

    def leaf(self, value):
        """Return the text of a leaf, and whether it is short."""
        text, short = leaf_text(value, self._longest)
        return self._cut(text, short)

    def whole(self, value, old=None):
        """Return the node of a value that is no leaf; what has not changed in the node `old` of the same address is kept."""
        self._nodes = self.bounds.nodes
        node = self._node(value, self.bounds.depth, (), old)
        node.text, node.short = self._cut(node.text, node.short)
        return node

    def _cut(self, text, short):
        limit = self.bounds.characters
        if len(text) <= limit:
            return text, short
        half = limit // 2
        return "%s<... %d characters ...>%s" % (text[:half], len(text) - 2 * half, text[-half:]), True

    def _node(self, value, depth, parents, old):
        node, kind = Node(value, self._nodes), type(value)
        self._nodes -= 1
        if id(value) in parents:
            # Who holds it compares identities, so it stays the same parent.
            node.text, node.same = _AGAIN.get(id(kind)) or "<... %s>" % type_name(kind), always
        elif kind is list or kind is tuple or kind is dict or kind is set or kind is frozenset:
            self._container(node, value, depth, parents, old)
        elif kind is range or kind is slice:
            node.text, node.held = repr(value) if plain_range(value) else "<%s>" % kind.__name__, value
            if not plain_range(value):
                node.held, node.same = None, same_text(kind, node.text, self._flat)
        else:
            self._foreign(node, value, depth, parents, old)
        if node.held is not None:
            node.same = same_object(value)
        node.used = node.before - self._nodes
        return node

    def _flat(self, value):
        """Return the text of a value of which no inside is shown."""
        kind = type(value)
        if kind is range or kind is slice:
            return repr(value) if plain_range(value) else "<%s>" % kind.__name__
        return "<class %s>" % type_name(value) if issubclass(kind, type) else named(value, kind)

    def _container(self, node, value, depth, parents, old, base=None):
        kind = base or type(value)
        size = kind.__len__(value)
        if depth <= 0 or self._nodes <= 0:
            node.short, node.same = True, same_size(kind, size)
            node.text = "<%s of %d>" % (kind.__name__, size)
            return
        inner = (depth - 1, parents + (node.address,), old)
        if kind is dict:
            self._dict(node, value, size, inner)
        else:
            self._sequence(node, value, kind, size, inner)

    def _sequence(self, node, value, kind, size, inner):
        most = self.bounds.items
        items = list(islice(kind.__iter__(value), most))
        seen = len(items)
        plain = LEAF_IDS.issuperset(map(id, map(type, items)))
        text = self._plain(value, size, size) if plain else None
        if text is None:
            opening, closing = _OPENING[kind]
            parts = self._parts(node, items, range(len(items)), inner)
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
        if (kind is tuple or kind is frozenset) and seen == size and not node.inside:
            node.held = value
            return
        inside = watch_inside(items, range(seen), node.inside)
        node.same = (
            same_items(kind, size, inside) if kind is list or kind is tuple else same_set(kind, (size, most), inside)
        )

    def _dict(self, node, value, size, inner):
        most = self.bounds.items
        keys, values = list(islice(dict.keys(value), most)), list(islice(dict.values(value), most))
        items, half = keys + values, len(keys)
        plain = LEAF_IDS.issuperset(map(id, map(type, items)))
        text = self._plain(value, size, 2 * size) if plain else None
        places = range(2 * half)
        if text is None:
            order = list(chain.from_iterable(zip(range(half), range(half, 2 * half))))
            parts = self._parts(node, items, order, inner)
            places = order[: len(parts)]
            pairs = ["%s: %s" % pair for pair in zip(parts[::2], parts[1::2])]
            if len(pairs) < size:
                node.short = True
                pairs.append("<... %d more ...>" % (size - len(pairs)))
            text = "{" + ", ".join(pairs) + "}"
        node.text = text
        node.same = same_dict((size, most), watch_inside(items, places, node.inside))

    def _plain(self, value, size, nodes):
        """Return Python's own repr of a small container of leaves, or None for any other."""
        if size > self.bounds.items or nodes > self._nodes or id(type(value)) not in CONTAINER_IDS:
            return None
        try:
            if len(marshal.dumps(value, 2)) > _SMALL:
                return None
            text = repr(value)
        except ValueError:
            return None
        if len(text) > min(_SHORT, self._longest):
            return None
        self._nodes -= nodes
        return text

    def _parts(self, node, items, order, inner):
        """Return the texts of the items in order, so far as there is room."""
        depth, parents, old = inner
        known = old.inside if old is not None else {}
        parts, half = [], len(items) if type(order) is range else len(items) // 2
        for place in order:
            if self._nodes <= 0 and place < half:
                break
            parts.append(self._part(node, items[place], place, (depth, parents, known.get(place))))
        return parts

    def _part(self, node, item, place, inner):
        kind = type(item)
        if kind is int and -_BIG < item < _BIG:
            self._nodes -= 1
            return repr(item)
        if id(kind) in LEAF_IDS:
            self._nodes -= 1
            text, short = leaf_text(item, self._longest)
            node.short |= short
            return text
        depth, parents, old = inner
        if old is not None and old.address != id(item):
            old = None
        if old is not None and self._fits(old) and old.same(item):
            child = old
            self._nodes -= old.used
        else:
            child = self._node(item, depth, parents, old)
        node.short |= child.short
        if child.held is None:
            node.inside[place] = child
        return child.text

    def _fits(self, node):
        """Say whether a node would come out the same with the room that is left."""
        return node.before == self._nodes or (node.used < node.before and node.used < self._nodes)

    def _foreign(self, node, value, depth, parents, old):
        kind = type(value)
        told = true_text(value, self._longest) if self.bounds.trusted else None
        if told is not None:
            (node.text, node.short), node.same = told, never
            return
        text = "<class %s>" % type_name(value) if issubclass(kind, type) else named(value, kind)
        if text is not None:
            node.text, node.same = text, same_text(kind, text, self._flat)
            return
        node.text, node.same = "<%s object>" % type_name(kind), same_kind(kind)
        if depth <= 1 or self._nodes <= 0:
            return
        attributes, slots = attributes_of(value, kind), slots_of(kind)
        if attributes is not None and type(attributes) is not dict:
            attributes, node.same = None, never
        base, inner = base_of(kind), (depth - 2, parents + (node.address,), old)
        if base is not None:
            content = self._content(node, value, base, (depth, parents))
            node.text, node.same = "<%s %s>" % (type_name(kind), content), never
        pairs = self._pairs(value, slots, attributes)
        keys, values = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        node.text = self._attributes(node, keys, values, inner, node.text[:-1] if base else "<%s" % type_name(kind))
        if node.same is never or (attributes is None and not slots):
            return
        inside = watch_inside(keys + values, range(2 * len(keys)), node.inside)
        if slots:
            read = lambda held: self._pairs(held, slots, attributes_of(held, kind))  # noqa: E731
            node.same = same_slots(kind, (len(keys), read), inside)
        elif len(keys) != len(attributes) and len(keys) < self.bounds.items:
            node.same = never
        else:
            node.same = same_attributes(kind, (len(attributes), self.bounds.items), inside)

    def _pairs(self, value, slots, attributes):
        """Return the attributes that are shown, with their names."""
        own = [pair for pair in list(dict.items(attributes or {})) if type(pair[0]) is str]
        return ((slot_values(slots, value) if slots else []) + own)[: self.bounds.items]

    def _content(self, node, value, base, place):
        """Return the text of what an instance of a subclass of a built-in type holds."""
        leaf = plain_leaf(value, base)
        if leaf is not None:
            text, short = leaf_text(leaf, self._longest)
        else:
            depth, parents = place
            held = Node(value, self._nodes)
            self._container(held, value, depth - 1, parents + (node.address,), None, base)
            text, short = held.text, held.short
        node.short |= short
        return text

    def _attributes(self, node, keys, values, inner, before):
        """Return the text of an instance with these attributes, and note in the node what is inside."""
        if not keys:
            return node.text
        depth, parents, old = inner
        known = old.inside if old is not None else {}
        parts, half = [before], len(keys)
        for place, item in enumerate(values, half):
            part = self._part(node, item, place, (depth, parents, known.get(place)))
            parts.append("%s=%s" % (keys[place - half], part))
        return " ".join(parts) + ">"
