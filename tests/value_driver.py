"""Prints as JSON how the pure and the C engine show values: python value_driver.py GUEST NATIVE TRUSTED EXPRESSION...

For each expression a pair of texts; the second is null without a compiled engine. Standard library only; Python 3.8 on.
"""

import collections
import json
import sys

collections.Point = collections.namedtuple("Point", "x y")


class Slots:
    """Attributes in slots, some of which are not set."""

    __slots__ = ("x", "y")

    def __init__(self, x):
        self.x = x


class Both(Slots):
    """Slots of its own and of its parent, and a dictionary."""

    __slots__ = ("__dict__", "z")


class Told:
    """A class that shows itself."""

    def __repr__(self):
        return f"told {sorted(self.__dict__)} at 0x7f00"


class Failing:
    """A class that cannot show itself."""

    def __repr__(self):
        raise ValueError("no")


class Items(list):
    """A list with an attribute."""

    def __init__(self, *items):
        list.__init__(self, items)
        self.name = "n"

    def __iter__(self):
        raise ValueError("not to be called")


class Text(str):
    """A string of another class."""

    __slots__ = ()


class Number(int):
    """An integer of another class."""

    __slots__ = ()


def nested(count):
    """Return instances of many slotted classes, one inside the other's second slot of three."""
    made = None
    for number in range(count):
        kind = type(f"K{number}", (object,), {"__slots__": ("a", "b", "c")})
        outer = kind()
        outer.a, outer.b, outer.c = number, made, "end"
        made = outer
    return made


def both(**attributes):
    """Return an instance of Both with these attributes."""
    made = Both(1)
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


def main(guest, native, trusted, expressions):
    """Print the pairs."""
    sys.path.insert(0, guest)
    from worldline_engines import make_hook
    from worldline_snapshot import Bounds, Snapshot

    bounds = Bounds(trusted=trusted == "trusted")
    snapshot = Snapshot(bounds)
    compiled = native and make_hook(lambda data: None, None, None, None, bounds, "native", native)
    pairs = []
    for expression in expressions:
        value = eval(expression)
        leaf = type(value) in (str, bytes, int, float)
        pairs.append(
            [
                snapshot.leaf(value)[0] if leaf else snapshot.whole(value).text,
                compiled.lane().engine.text(value) if compiled else None,
            ]
        )
    print(json.dumps(pairs))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
