"""Instances: the text of an instance of any class, made without ever calling a method of it, and what watches it.

It gives its type name, what it holds where it is derived from a built-in type, and its plain attributes: <Point x=1 y=2>.
Functions, classes, modules and the like give their names. Standard library only; Python 3.8 and newer.
"""

from worldline_few import MOST, same_few
from worldline_kinds import (
    PLAIN,
    STR_ID,
    facts_of,
    flat_text,
    leaf_text,
    own_dictionary,
    slot_values,
    slots_of,
    true_text,
    type_name,
)
from worldline_node import Node
from worldline_watch import (
    both,
    never,
    same_attributes,
    same_kind,
    same_leaf,
    same_name,
    same_slots,
    same_text,
    watch_inside,
)

# The place, among those of its attributes, of what an instance of a subclass of a built-in type holds.
_CONTENT = -1
_REMEMBERED = 512


class Instances(object):
    """Shows what is no built-in value within the bounds of a snapshot, which shows what is inside."""

    def __init__(self, snapshot):
        self._snapshot = snapshot
        self._trusted = snapshot.bounds.trusted
        self._most = snapshot.bounds.items
        self._longest = snapshot.longest
        # Nodes of what is shown by name, by address: they are the same wherever it stands.
        self.named = {}

    def show(self, node, value, depth, parents, old):
        """Give a node its text and its watch; what of the node `old` still holds is kept."""
        kind = type(value)
        told = true_text(value, self._longest) if self._trusted else None
        if told is not None:
            (node.text, node.short), node.same = told, never
            return
        facts = facts_of(kind)
        if facts.named:
            self._named(node, value, facts)
            return
        name = type_name(kind)
        node.text, before, content = "<" + name + " object>", "<" + name, None
        if depth <= 1 or self._snapshot.room <= 0:
            node.same = same_kind(kind)
            return
        if facts.base is not None:
            text, content = self._content(node, value, facts.base, (depth, parents, old))
            before += " " + text
            node.text = before + ">"
        self._attributes(node, value, facts, ((depth - 2, parents + (node.address,), old), before))
        if content is not None:
            node.same = both(node.same, content)

    def _named(self, node, value, facts):
        """Give the node of a function, class, module or the like, which is shown by its name, its text and its watch."""
        namer, node.text = facts.namer, flat_text(value)
        if namer is None:
            node.same = same_text(type(value), node.text, flat_text)
        else:
            node.same = same_name(facts.known, namer, namer(value))
        if self._trusted or len(node.text) > self._snapshot.bounds.characters:
            return
        if len(self.named) >= _REMEMBERED:
            self.named.clear()
        self.named[node.address] = node

    def _content(self, node, value, base, inner):
        """Return the text of what an instance of a subclass of a built-in type holds, and what watches it."""
        plain = PLAIN.get(base)
        if plain is not None:
            make = lambda leaf: leaf_text(leaf, self._longest)[0]  # noqa: E731
            text, short = leaf_text(plain(value), self._longest)
            node.short |= short
            return text, same_leaf(plain, text, make)
        depth, parents, old = inner
        held = node.inside[_CONTENT] = Node(value, self._snapshot.room)
        known = old.inside.get(_CONTENT) if old is not None else None
        self._snapshot.container(held, value, depth - 1, parents + (node.address,), known, base)
        node.short |= held.short
        return held.text, held.same

    def _attributes(self, node, value, facts, inner):
        """Give the node of an instance the text of its attributes, and what watches them."""
        attributes, (inner, before) = own_dictionary(value) if facts.keeps else None, inner
        plain = attributes is None or type(attributes) is dict
        attributes = attributes if plain else None
        slots = slots_of(type(value)) if facts.slotted else None
        keys, values = self._pairs(value, slots, attributes)
        if keys:
            half = len(keys)
            part = self._snapshot.part
            shown = [
                key + "=" + part(node, held, place, inner) for place, (key, held) in enumerate(zip(keys, values), half)
            ]
            node.text = before + " " + " ".join(shown) + ">"
        if not plain:
            node.same = never
        elif slots:
            self._watch_slots(node, slots, facts, (keys, values))
        elif attributes is not None:
            self._watch_attributes(node, facts, len(attributes), (keys, values))
        else:
            node.same = same_kind(type(value))

    def _watch_slots(self, node, slots, facts, pairs):
        def read(held):
            attributes = own_dictionary(held) if facts.keeps else None
            if attributes is not None and type(attributes) is not dict:
                return None
            keys, values = self._pairs(held, slots, attributes)
            return keys + values

        keys, values = pairs
        inside = watched_inside(node)
        if not facts.keeps and len(keys) == len(slots) <= MOST:
            half = len(keys)
            inside = {place - half: held for place, held in inside.items()}
            readers = [holder.__get__ for holder in slots.values()]
            node.same = same_few("slots", (facts.known, readers), (), values, inside)
            return
        inside = watch_inside(keys + values, range(2 * len(keys)), inside)
        node.same = same_slots(facts.known, (2 * len(keys), read), inside)

    def _watch_attributes(self, node, facts, size, pairs):
        keys, values = pairs
        known, most = facts.known, self._most
        if len(keys) == size and 2 * size <= MOST:
            form = "plain attributes" if facts.plain else "attributes"
            node.same = same_few(form, (known, None), keys, values, watched_inside(node))
        elif len(keys) != min(size, most):
            node.same = never
        else:
            inside = watch_inside(keys + values, range(2 * len(keys)), watched_inside(node))
            node.same = same_attributes(known, (size, most), inside)

    def _pairs(self, value, slots, attributes):
        """Return the names of the attributes that are shown, and their values."""
        most = self._most
        if not slots and attributes is not None and len(attributes) <= most:
            keys, values = [*attributes], [*attributes.values()]
            if STR_ID.issuperset(map(id, map(type, keys))):
                return keys, values
        own = [pair for pair in list(dict.items(attributes or {})) if type(pair[0]) is str]
        pairs = ((slot_values(slots, value) if slots else []) + own)[:most]
        return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def watched_inside(node):
    """Return the nodes inside by their places, but for that of the content."""
    if _CONTENT not in node.inside:
        return node.inside
    return {place: inner for place, inner in node.inside.items() if place != _CONTENT}
