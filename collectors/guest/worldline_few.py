"""Few: functions that say whether a value still holds the same few items, unrolled, since a loop takes twice as long.

Each form and number of items is compiled once. Standard library only; Python 3.8 and newer.
"""

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
# Where all keys are leaves and known to be the same, an item is read faster by its key than one after another.
_KEYED = """
            if type(value) is not dict or len(value) != size:
                return False
            held = value
            {keys} = held
"""
_ATTRIBUTES = """
            if id(type(value)) != kind:
                return False
            held = get(value, "__dict__")
            if type(held) is not dict:
                return False
            {keys} = held
"""
# For a class whose attributes are looked up as `object` does it, as long as that holds: no method of it is called.
_PLAIN = """
            found = type(value)
            if id(found) != kind or found.__getattribute__ is not get:
                return False
            held = value.__dict__
            if type(held) is not dict:
                return False
            {keys} = held
"""
_SLOTS = """
            if id(type(value)) != kind:
                return False
            {items} = {slots}
"""
_FORMS = {
    "sequence": _SEQUENCE,
    "dict": _DICT,
    "keyed": _KEYED,
    "attributes": _ATTRIBUTES,
    "plain attributes": _PLAIN,
    "slots": _SLOTS,
}
_BY_KEY = ("keyed", "attributes", "plain attributes")
# Another thread can take items away meanwhile, which then do not fit; a slot can be empty.
_SOURCE = """
def make(kind, size, read, {held}):
    {readers}
    def same(value):
        try:
{body}
            return {compared}
        except (ValueError, RuntimeError, AttributeError, KeyError):
            return False
    return same
"""
_makers = {}


def same_few(form, place, keys, items, inside):
    """Return a function that says whether a value holds these items, in this order; leaves are held.

    `place` is (kind, read): the exact type, or the id of the class for attributes and "slots"; and for each slot what
    returns its value. `inside` has the nodes of what is no leaf by their places among keys and items.
    """
    kind, read = place
    pattern = (form, len(keys), len(items), *inside)
    make = _makers.get(pattern)
    if make is None:
        make = _makers[pattern] = _compiled(form, len(keys), len(keys) + len(items), list(inside))
    if not inside:
        return make(kind, len(items), read, *keys, *items)
    held, watches = [*keys, *items], []
    for number, node in inside.items():
        held[number] = node.address
        watches.append(node.same)
    return make(kind, len(items), read, *held, *watches)


def _compiled(form, keys, count, watched):
    names = ["x%d" % number for number in range(count)]
    readers = ["r%d" % number for number in range(count)] if form == "slots" else []
    body = _FORMS[form].format(
        keys=_unpacked(names[:keys]),
        items=_unpacked(names[keys:]),
        slots=_unpacked(reader + "(value)" for reader in readers),
    )
    source = _SOURCE.format(
        held=", ".join(["h%d" % number for number in range(count)] + ["w%d" % number for number in watched]),
        readers=_unpacked(readers) + " = read" if readers else "",
        body=body,
        compared=" and ".join(_comparisons(form, keys, count, watched)) or "True",
    )
    space = {"get": object.__getattribute__}
    exec(compile(source, __file__, "exec"), space)
    return space["make"]


def _comparisons(form, keys, count, watched):
    """Return what is compared: keys first, since items may be read by them, then what is compared by identity alone."""
    values = ["x%d" % number for number in range(count)]
    if form in _BY_KEY:
        values[keys:] = ["held[h%d]" % number for number in range(keys)]
    compared = ["%s is h%d" % (values[number], number) for number in range(count) if number not in watched]
    for number in watched:
        found = values[number] if values[number] == "x%d" % number else "(x%d := %s)" % (number, values[number])
        compared.append("id({0}) == h{1} and w{1}(x{1})".format(found, number))
    return compared


def _unpacked(names):
    return "".join(name + ", " for name in names) or "[]"
