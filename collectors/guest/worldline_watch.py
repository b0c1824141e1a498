"""Watch: says without making a text whether a value's text is still what it was.

A watch is a function of a value, made when the text was made. It walks what the text shows and compares identities: those
of leaves (which it holds, so that no other object can take their place), of types, and of the objects inside, which are
walked in turn. So it holds no container or instance, and calls no method of a foreign type. Its answer counts only for a
value at the same address as the one that it was made for. Standard library only; Python 3.8 and newer.
"""

from itertools import islice

from worldline_snapshot import LEAF_IDS, Snapshot, attributes_of, named

_get = object.__getattribute__
_HEAP = 1 << 9
_flags = type.__dict__["__flags__"].__get__


def make_watch(value, bounds):
    """Return the watch of a value that is no leaf."""
    return _Maker(bounds).make(value, bounds.depth, ())


def _always(value):
    return True


class _Maker(object):
    """Walks a value as Snapshot does, and never less far."""

    def __init__(self, bounds):
        self.bounds = bounds
        self.nodes = bounds.nodes

    def make(self, value, depth, parents):
        """Return the watch of a value at a depth below its parents' identities."""
        kind = type(value)
        self.nodes -= 1
        if id(value) in parents:
            # The holder compares identities, so this stays the same parent.
            return _always
        if kind is list or kind is tuple or kind is dict or kind is set or kind is frozenset:
            if depth <= 0 or self.nodes <= 0:
                return _same_size(kind, kind.__len__(value))
            return self._container(value, kind, depth, parents + (id(value),))
        if kind is range or kind is slice or issubclass(kind, type) or named(value, kind) is not None:
            return _same_text(value, depth, self.bounds)
        if depth <= 1 or self.nodes <= 0:
            return _same_kind(kind)
        return self._instance(value, kind, depth, parents + (id(value),))

    def _inside(self, items, depth, parents):
        """Return the leaves to hold, and (place, watch) of each other item."""
        if LEAF_IDS.issuperset(map(id, map(type, items))):
            self.nodes -= len(items)
            return items, ()
        held, others = [], []
        for place, item in enumerate(items):
            if id(type(item)) in LEAF_IDS:
                self.nodes -= 1
                held.append(item)
            else:
                others.append((place, self.make(item, depth, parents)))
        return held, tuple(others)

    def _container(self, value, kind, depth, parents):
        size, most = kind.__len__(value), self.bounds.items
        if kind is dict:
            return self._dict(value, size, depth, parents)
        items = list(islice(kind.__iter__(value), most))
        held, others = self._inside(items, depth - 1, parents)
        identities = list(map(id, items))
        if kind is list or kind is tuple:
            if not others and size <= most:
                return _same_leaves(kind, size, identities, held)
            return _same_items(kind, size, identities, held, others)
        return _same_set(kind, size, identities, held, others)

    def _dict(self, value, size, depth, parents):
        most = self.bounds.items
        items = list(islice(dict.keys(value), most)) + list(islice(dict.values(value), most))
        pairs = [item for pair in zip(items[: len(items) // 2], items[len(items) // 2 :]) for item in pair]
        held, others = self._inside(pairs, depth - 1, parents)
        half = len(items) // 2
        others = tuple((place // 2 + half * (place % 2), watch) for place, watch in others)
        return _same_dict(size, most, list(map(id, items)), held, others)

    def _instance(self, value, kind, depth, parents):
        attributes, most = attributes_of(value, kind), self.bounds.items
        if attributes is None:
            return _same_kind(kind)
        if type(attributes) is not dict or not all(type(key) is str for key in islice(attributes, most)):
            return _same_text(value, depth, self.bounds)
        keys, values = list(islice(attributes, most)), list(islice(attributes.values(), most))
        held, others = self._inside(values, depth - 2, parents)
        others = tuple((place + len(keys), watch) for place, watch in others)
        identities = list(map(id, keys + values))
        return _same_attributes(kind, (len(attributes), most), identities, keys + held, others)


def _same_size(kind, size):
    def same(value):
        return type(value) is kind and kind.__len__(value) == size

    return same


def _same_kind(kind):
    known = id(kind)
    del kind

    def same(value):
        return id(type(value)) == known

    return same


def _same_text(value, depth, bounds):
    snapshot = Snapshot(bounds)
    text = snapshot.part(value, depth)
    del value

    def same(value):
        return snapshot.part(value, depth) == text

    return same


def _same_leaves(kind, size, identities, held):
    def same(value, held=held):
        return type(value) is kind and len(value) == size and list(map(id, value)) == identities

    return same


def _same_items(kind, size, identities, held, others):
    most = len(identities)

    def same(value, held=held):
        if type(value) is not kind or len(value) != size or list(map(id, value[:most])) != identities:
            return False
        for place, watch in others:
            if not watch(value[place]):
                return False
        return True

    return same


def _same_set(kind, size, identities, held, others):
    most = len(identities)

    def same(value, held=held):
        if type(value) is not kind or len(value) != size:
            return False
        items = list(islice(value, most))
        if list(map(id, items)) != identities:
            return False
        for place, watch in others:
            if not watch(items[place]):
                return False
        return True

    return same


def _same_dict(size, most, identities, held, others):
    def same(value, held=held):
        if type(value) is not dict or len(value) != size:
            return False
        items = list(value) + list(value.values()) if size <= most else _first(value, most)
        if list(map(id, items)) != identities:
            return False
        for place, watch in others:
            if not watch(items[place]):
                return False
        return True

    return same


def _first(value, most):
    return list(islice(value, most)) + list(islice(value.values(), most))


def _same_attributes(kind, sizes, identities, held, others):
    known, (size, most) = id(kind), sizes
    del kind

    # A class gets its __dict__ when it is made and cannot lose it: this kind's is the plain one.
    def same(value, held=held):
        if id(type(value)) != known:
            return False
        attributes = _get(value, "__dict__")
        if type(attributes) is not dict or len(attributes) != size:
            return False
        items = [*attributes, *attributes.values()] if size <= most else _first(attributes, most)
        if list(map(id, items)) != identities:
            return False
        for place, watch in others:
            if not watch(items[place]):
                return False
        return True

    return same
