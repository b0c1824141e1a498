"""Node: the text of a value that is no leaf, and what tells that it still holds. Standard library only; Python 3.8 and newer."""


class Node(object):
    """The text of a value that is no leaf, as it stands at its place among others.

    `same(value)` says whether a value at the same address has the text still. `held` is the value itself where nothing in
    it can change. `short` says that something was left out, `before` and `used` how many nodes there were room for and
    how many the value took, `inside` has the node of each item that is none.
    """

    __slots__ = ("address", "before", "held", "inside", "same", "short", "text", "used")

    def __init__(self, value, before):
        self.address = id(value)
        self.before = before
        self.held = None
        self.inside = {}
        self.short = False
