"""Watch: says without making a text whether a value's text is still what it was.

A watch is a function of a value. It compares identities: those of leaves (which it holds, so that no other object can take
their place), of types, and of the objects inside, which have watches of their own. So it holds no container or instance,
and calls no method of a foreign type. Its answer counts only for a value at the same address as the one that it was made
for. Standard library only; Python 3.8 and newer.
"""

from itertools import islice

_get = object.__getattribute__


def always(value):
    """Say yes."""
    return True


def never(value):
    """Say no."""
    return False


def same_object(known):
    """Watch a value in which nothing can change, and hold it."""
    return lambda value: value is known


def same_size(kind, size):
    """Watch a container of which only the size is shown."""
    return lambda value: type(value) is kind and kind.__len__(value) == size


def same_kind(kind):
    """Watch an instance of which only the type's name is shown."""
    known = id(kind)
    return lambda value: id(type(value)) == known


def same_text(kind, text, make):
    """Watch a value of which so little is shown that its text is made again."""
    known = id(kind)
    return lambda value: id(type(value)) == known and make(value) == text


def same_items(kind, size, known, inside):
    """Watch a list or tuple by its first items, known as (identities, what to hold), and the watches inside by place."""
    identities, held = known
    most = len(identities)

    def same_leaves(value, held=held):
        return type(value) is kind and len(value) == size and list(map(id, value)) == identities

    def same(value, held=held):
        if type(value) is not kind or len(value) != size or list(map(id, value[:most])) != identities:
            return False
        for place, watch in inside:
            if not watch(value[place]):
                return False
        return True

    return same if inside or size > most else same_leaves


def same_set(kind, size, known, inside):
    """Watch a set or frozenset by its first items."""
    identities, held = known
    most = len(identities)

    def same(value, held=held):
        if type(value) is not kind or len(value) != size:
            return False
        items = list(islice(value, most))
        return list(map(id, items)) == identities and _same_inside(items, inside)

    return same


def same_dict(sizes, known, inside):
    """Watch a dictionary by its first keys and values; `sizes` are its own and the most that are shown."""
    identities, held = known
    size, most = sizes

    def same(value, held=held):
        if type(value) is not dict or len(value) != size:
            return False
        items = [*value, *value.values()] if size <= most else _first(value, most)
        return list(map(id, items)) == identities and (not inside or _same_inside(items, inside))

    return same


def same_attributes(kind, sizes, known, inside):
    """Watch an instance by its first attributes."""
    identities, held = known
    (size, most), kind_known = sizes, id(kind)

    # A class gets its __dict__ when it is made and cannot lose it, so that this kind's is the plain one.
    def same(value, held=held):
        if id(type(value)) != kind_known:
            return False
        attributes = _get(value, "__dict__")
        if type(attributes) is not dict or len(attributes) != size:
            return False
        items = [*attributes, *attributes.values()] if size <= most else _first(attributes, most)
        if list(map(id, items)) != identities:
            return False
        for place, watch in inside:
            if not watch(items[place]):
                return False
        return True

    return same


def _first(value, most):
    return list(islice(value, most)) + list(islice(value.values(), most))


def _same_inside(items, inside):
    for place, watch in inside:
        if not watch(items[place]):
            return False
    return True
