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


def same_length(base, size):
    """Watch an instance of a subclass of a container of which only the size is shown; its type is watched elsewhere."""
    length = base.__len__
    return lambda value: length(value) == size


def same_kind(kind):
    """Watch an instance of which only the type's name is shown."""
    known = id(kind)
    return lambda value: id(type(value)) == known


def same_name(known, read, name):
    """Watch a value of a class, given by its id, of which a name is shown."""
    return lambda value: id(type(value)) == known and read(value) == name


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


def same_content(base, sizes, inside):
    """Watch what an instance of a subclass of a list, tuple, set or frozenset holds; its type is watched elsewhere.

    `sizes` are its own and the most items that are shown.
    """
    (size, most), length, read = sizes, base.__len__, base.__iter__
    return lambda value: length(value) == size and inside([*islice(read(value), most)])


def same_set(kind, sizes, inside):
    """Watch a set or frozenset; `sizes` are its own and the most items that are shown."""
    size, most = sizes
    return lambda value: type(value) is kind and len(value) == size and inside(list(islice(value, most)))


def same_dict(sizes, inside):
    """Watch a dictionary, or what an instance of a subclass holds, by its first keys and values.

    `sizes` are its own and the most that are shown; that the value is of the same type is watched elsewhere.
    """
    (size, most), length, keys_of, values_of = sizes, dict.__len__, dict.__iter__, dict.values

    def same(value):
        if length(value) != size:
            return False
        if size <= most:
            return inside([*keys_of(value), *values_of(value)])
        return inside([*islice(keys_of(value), most), *islice(values_of(value), most)])

    return same


def same_leaf(plain, text, make):
    """Watch what an instance of a subclass of int, float, complex, str or bytes holds: what `plain` makes of it."""
    return lambda value: make(plain(value)) == text


def of_kind(kind, watch):
    """Watch a value of an exact type that the watch takes for granted."""
    return lambda value: type(value) is kind and watch(value)


def both(first, second):
    """Watch what two watches say."""
    return lambda value: first(value) and second(value)


def same_attributes(known, sizes, inside):
    """Watch an instance by its first attributes; `known` is the id of its class."""
    size, most = sizes

    # A class gets its __dict__ when it is made and cannot lose it, so that this kind's is the plain one.
    def same(value):
        if id(type(value)) != known:
            return False
        attributes = _get(value, "__dict__")
        if type(attributes) is not dict or len(attributes) != size:
            return False
        if size <= most:
            return inside([*attributes, *attributes.values()])
        return inside([*islice(attributes, most), *islice(attributes.values(), most)])

    return same


def same_slots(known, attributes, inside):
    """Watch an instance by its attributes, those in slots too: how many items there are, and what returns them."""
    size, read = attributes

    def same(value):
        if id(type(value)) != known:
            return False
        items = read(value)
        return items is not None and len(items) == size and inside(items)

    return same
