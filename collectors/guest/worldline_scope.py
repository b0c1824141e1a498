"""Scope: what the tracer knows of one open function call. Standard library only; Python 3.8 and newer."""

from worldline_watch import make_watch

NO_LEAF = object()
# Texts of objects last seen at an address, which hold for whatever lies there while its watch agrees.
_REMEMBERED = 512


class Scope(object):
    """One open scope, and for each name its text and its leaf, or the address and watch of what is no leaf.

    By slot; by name where `lines` is None, for code that keeps its names in a dictionary.
    """

    __slots__ = ("code", "frame", "fresh", "leaves", "line", "lines", "number", "others", "texts")

    def __init__(self, number, lines, frame):
        self.number = number
        self.lines = lines
        self.frame = frame
        self.code = frame.f_code
        self.line = 0
        # Says that nothing has run since the last event.
        self.fresh = False
        self.texts = {} if lines is None else [None] * len(lines.names)
        self.leaves = {} if lines is None else [NO_LEAF] * len(lines.names)
        self.others = {}


class Seen(object):
    """Makes texts of values that are no leaves, and remembers the last ones with their watches."""

    def __init__(self, snapshot):
        self._snapshot = snapshot
        self._memory = {}

    def text(self, value):
        """Return (text, watch, whether the text is short)."""
        known = self._memory.get(id(value))
        if known is not None and known[1](value):
            return known
        text = self._snapshot.text(value)
        known = (text, make_watch(value, self._snapshot.bounds), self._snapshot.short)
        if len(self._memory) >= _REMEMBERED:
            self._memory.clear()
        self._memory[id(value)] = known
        return known
