"""Few: functions that say whether a value still holds the same few items, unrolled, since a loop takes twice as long.

Each form and number of items is compiled once. Standard library only; Python 3.8 and newer.
"""

from itertools import chain

# Beyond this a loop in C is as fast.
MOST = 8

# How a value of each form is checked and taken apart; `kind`, `size` and `read` are those of its watch.
_SEQUENCE = """
            if type(value) is not kind or len(value) != size:
                return False
            {items} = value
"""
_DICT = """
            if type(value) is not dict or len(value) != size:
                return False
            ({keys}), ({items}) = value, value.values()
"""
_ATTRIBUTES = """
            if id(type(value)) != kind:
                return False
            held = get(value, "__dict__")
            if type(held) is not dict or len(held) != size:
                return False
            ({keys}), ({items}) = held, held.values()
"""
_SLOTS = """
            if id(type(value)) != kind:
                return False
            {items} = {slots}
"""
_FORMS = {"sequence": _SEQUENCE, "dict": _DICT, "attributes": _ATTRIBUTES, "slots": _SLOTS}
# Another thread can take items away meanwhile, which then do not fit; a slot can be empty.
_SOURCE = """
def make(kind, size, read, {held}):
    {readers}
    def same(value):
        try:
{body}
            return {compared}
        except (ValueError, RuntimeError, AttributeError):
            return False
    return same
"""
_makers = {}


def same_few(form, place, keys, items, inside):
    """Return a function that says whether a value holds these items, in this order; leaves are held.

    `place` is (kind, read): the exact type, or the id of the class for "attributes" and "slots"; and for each slot what
    returns its value. `inside` has the nodes of what is no leaf by their
    places among keys and items.
    """
    kind, read = place
    pattern = (form, len(keys), len(items), *inside)
    make = _makers.get(pattern)
    if make is None:
        make = _makers[pattern] = _compiled(form, len(keys), len(keys) + len(items), frozenset(inside))
    if not inside:
        return make(kind, len(items), read, *keys, *items)
    held = list(chain(keys, items))
    for number, node in inside.items():
        held[number] = node.address
    return make(kind, len(items), read, *held, *[inside[number].same for number in sorted(inside)])


def _compiled(form, keys, count, watched):
    names = ["x%d" % number for number in range(count)]
    compared = ["x{0} is h{0}".format(number) for number in range(count) if number not in watched]
    # What is compared by identity alone comes first: it is cheaper.
    compared += ["id(x{0}) == h{0} and w{0}(x{0})".format(number) for number in sorted(watched)]
    held = ["h%d" % number for number in range(count)] + ["w%d" % number for number in sorted(watched)]
    readers = ["r%d" % number for number in range(count)] if form == "slots" else []
    body = _FORMS[form].format(
        keys=_unpacked(names[:keys]),
        items=_unpacked(names[keys:]),
        slots=_unpacked(reader + "(value)" for reader in readers),
    )
    source = _SOURCE.format(
        held=", ".join(held),
        readers=_unpacked(readers) + " = read" if readers else "",
        body=body,
        compared=" and ".join(compared) or "True",
    )
    space = {"get": object.__getattribute__}
    exec(compile(source, __file__, "exec"), space)
    return space["make"]


def _unpacked(names):
    return "".join(name + ", " for name in names) or "[]"
