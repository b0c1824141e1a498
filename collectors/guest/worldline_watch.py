"""Watch: says without making a text whether a value's text is still what it was.

A watch is a function of a value. It compares identities: those of leaves (which it holds, so that no other object can take
their place), of types, and of the objects inside, which have watches of their own. So it holds no container or instance,
and calls no method of a foreign type. Its answer counts only for a value at the same address as the one that it was made
for. Standard library only; Python 3.8 and newer.
"""

from itertools import compress, islice
from operator import is_

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


def watch_inside(items, places, inside):
    """Return a function that says whether items are the same: those at the places, of which `inside` has nodes of some."""
    others = tuple((place, node.address, node.same) for place, node in inside.items())
    leaves = [place for place in sorted(places) if place not in inside]
    held = [items[place] for place in leaves]
    if not others and leaves == list(range(len(leaves))):
        return lambda found: all(map(is_, held, found))
    mask = [0] * (leaves[-1] + 1 if leaves else 0)
    for place in leaves:
        mask[place] = 1

    def same(found):
        if mask and not all(map(is_, held, compress(found, mask))):
            return False
        for place, address, watch in others:
            item = found[place]
            if id(item) != address or not watch(item):
                return False
        return True

    return same


def same_items(kind, size, inside):
    """Watch a list or tuple."""
    return lambda value: type(value) is kind and len(value) == size and inside(value)


def same_set(kind, sizes, inside):
    """Watch a set or frozenset; `sizes` are its own and the most items that are shown."""
    size, most = sizes
    return lambda value: type(value) is kind and len(value) == size and inside(list(islice(value, most)))


def same_dict(sizes, inside):
    """Watch a dictionary by its first keys and values; `sizes` are its own and the most that are shown."""
    size, most = sizes

    def same(value):
        if type(value) is not dict or len(value) != size:
            return False
        return inside([*value, *value.values()] if size <= most else _first(value, most))

    return same


def same_attributes(kind, sizes, inside):
    """Watch an instance by its first attributes."""
    (size, most), known = sizes, id(kind)

    # A class gets its __dict__ when it is made and cannot lose it, so that this kind's is the plain one.
    def same(value):
        if id(type(value)) != known:
            return False
        attributes = _get(value, "__dict__")
        if type(attributes) is not dict or len(attributes) != size:
            return False
        return inside([*attributes, *attributes.values()] if size <= most else _first(attributes, most))

    return same


def same_slots(kind, attributes, inside):
    """Watch an instance by its attributes, those in slots too: how many there are, and what returns them with names."""
    (size, read), known = attributes, id(kind)

    def same(value):
        if id(type(value)) != known:
            return False
        pairs = read(value)
        return len(pairs) == size and inside([pair[0] for pair in pairs] + [pair[1] for pair in pairs])

    return same


def _first(value, most):
    return list(islice(value, most)) + list(islice(value.values(), most))
