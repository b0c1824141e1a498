"""Scope: what the tracer knows of one open function call. Standard library only; Python 3.8 and newer."""

NO_LEAF = object()
# Nodes of values last seen at an address, which hold for whatever lies there while they say so: the newest so many, and as
# many that came before.
_REMEMBERED = 512


class Scope(object):
    """One open scope, and for each name its text and its leaf, or the node of what is no leaf.

    Its events come with its `key`. By slot; by name where `lines` is None, for code that keeps its names in a dictionary.
    """

    __slots__ = (
        "apart", "by_line", "error", "frame", "guarded", "key", "leaves", "line", "lines", "numbers", "one",
        "others", "quiet", "raised", "raised_at", "shown", "space", "texts",
    )  # fmt: skip

    def __init__(self, shown, frame, key):
        lines = shown.lines
        self.shown, self.quiet, self.one = shown, shown.quiet, shown.one
        self.lines = lines
        self.frame = frame
        self.key = key
        self.line = 0
        # Says that an exception has passed since the last event at a line.
        self.raised = False
        # What the exceptions that were raised here said, or "" when they said several things, and where the last one stands.
        self.error = None
        self.raised_at = -1
        self.others = {}
        # `apart` says that a line is not looked at as others are: nothing has run since the call, or there are no slots.
        if lines is None:
            self.apart = self.guarded = True
            self.texts, self.leaves, self.by_line = {}, {}, {}
            # Read once: each time, 3.12 writes the variables of comprehensions into the namespace of a class body.
            self.space = frame.f_locals
        else:
            self.apart, self.by_line, self.guarded, self.numbers = False, lines.by_line, lines.cells, lines.numbers
            self.texts, self.leaves = lines.no_texts[:], lines.no_leaves[:]


class Seen(object):
    """Makes nodes of values that are no leaves, and remembers the last ones."""

    def __init__(self, snapshot):
        self._whole = snapshot.whole
        self._newest, self._older = {}, {}

    def node(self, value, stale=None):
        """Return the node of a value; `stale` is one that does not hold any more."""
        address = id(value)
        known = self._newest.get(address)
        if known is None:
            known = self._older.get(address)
            if known is not None and (known is stale or not known.same(value)):
                known = self._whole(value, known)
        elif known is not stale and known.same(value):
            return known
        else:
            known = self._whole(value, known)
        if known is None:
            known = self._whole(value)
        if len(self._newest) >= _REMEMBERED:
            self._newest, self._older = {}, self._newest
        self._newest[address] = known
        return known
