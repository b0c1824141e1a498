"""Recorder: turns the steps of one entry point into events of a stream. Pure Python, and the reference for the C engine.

It keeps, for each open scope, the text of every name as it was last written, and writes a name again only when its text
has changed. Nothing of a value is kept but leaves (numbers, strings), so no object of the program lives longer.
Standard library only; Python 3.8 and newer.
"""

import time

from worldline_kinds import LEAF_IDS
from worldline_lines import lines_of
from worldline_scope import NO_LEAF, Scope, Seen
from worldline_snapshot import Snapshot
from worldline_stream import CALL, CHUNK, EXCEPTION, LINE, RETURN, UNWIND, StreamWriter

_UNBOUND = object()
_SMALL = 1 << 63
_SECONDS_EVERY = 256


class Limits(object):
    """The bounds of one trace: events, characters of values, how deep project calls are stepped into, and seconds."""

    def __init__(self, events=2000, size=1000000, depth=3, seconds=60.0):
        self.events = events
        self.size = size
        self.depth = depth
        self.seconds = seconds


class Recorder(object):
    """Writes one trace at a time to `write`, a callable that takes bytes. `scope` is the innermost open one, or None."""

    __slots__ = (
        "_began", "_bounds", "_codes", "_cut", "_events", "_pause", "_seen", "_size", "_snapshot", "_stream", "full", "limits",
        "open", "scope", "scopes",
    )  # fmt: skip

    def __init__(self, write, about, limits=None, bounds=None):
        self.limits = limits or Limits()
        self.open = False
        self.full = None
        self.scopes = []
        self.scope = None
        self._bounds = bounds
        self._stream = StreamWriter(write, about)
        self._codes = {}
        self._snapshot = Snapshot(bounds)
        self._seen = Seen(self._snapshot)

    def begin(self, attributes):
        """Start a trace; the attributes travel to the host as they are."""
        self.open = True
        self.full = None
        self.scopes = []
        self._events = 0
        self._pause = 0
        self._size = 0
        self._cut = 0
        self._began = time.monotonic()
        self._stream.flush()
        self._stream.block(b"B", attributes)

    def end(self):
        """End the trace and state what was cut."""
        if self.open:
            self._stream.flush()
            self._stream.block(b"E", {"cut": self.full, "values_cut": self._cut})
            self.open = False
        self.scopes = []
        self.scope = None
        self._seen = Seen(self._snapshot)

    def call(self, frame, line):
        """Record that a scope was entered with its arguments bound, or that a generator goes on."""
        code = frame.f_code
        known = self._codes.get(id(code))
        if known is None:
            known = self._codes[id(code)] = (self._stream.code(code), lines_of(code))
        number, lines = known
        scope = self.scope = Scope(number, lines, frame)
        self.scopes.append(scope)
        scope.line = line
        self._events += 1
        if self._events > self._pause and not self._room():
            return
        if lines is None:
            count = self._look_at_names(scope)
        else:
            scope.fresh = frame.f_lasti <= lines.start
            slots = lines.given if scope.fresh else lines.all[0]
            count = self._look(scope, slots) if slots else 0
        self._stream.event(CALL, number, line, count)

    def line(self, scope, line):
        """Record the state before a line of the innermost scope runs."""
        last = scope.line
        scope.line = line
        self._events += 1
        if self._events > self._pause and not self._room():
            return
        lines = scope.lines
        if lines is None:
            count = self._look_at_names(scope)
        elif scope.fresh:
            scope.fresh = False
            count = 0
        else:
            slots, leaves_needed = lines.by_line.get(last) or lines.all
            others = scope.others
            if (others or lines.cells) and (leaves_needed is None or not leaves_needed.isdisjoint(others)):
                slots = self._stirred(scope, slots)
            count = self._look(scope, slots) if slots else 0
        stream = self._stream
        stream.kinds.append(LINE)
        stream.codes.append(scope.number)
        stream.lines.append(line)
        stream.counts.append(count)
        if len(stream.kinds) >= CHUNK:
            stream.flush()

    def returned(self, value):
        """Record what the innermost scope returns or yields, and leave it."""
        text, short = self._text(value)
        if self.full is None:
            self._cut += short
        self._leave(RETURN, text)
        self._pop()

    def _text(self, value):
        if id(type(value)) in LEAF_IDS:
            return self._snapshot.leaf(value)
        node = self._seen.node(value)
        return node.text, node.short

    def raised(self, text):
        """Record that an exception was raised in the innermost scope, or has arrived in it."""
        self._leave(EXCEPTION, text)

    def unwound(self):
        """Record that an exception has left the innermost scope."""
        scope = self.scope
        if self.full is None:
            self._stream.event(UNWIND, scope.number, scope.line, 0)
        self._pop()

    def _pop(self):
        self.scopes.pop()
        self.scope = self.scopes[-1] if self.scopes else None

    def _leave(self, kind, text):
        scope = self.scope
        self._events += 1
        if self._events > self._pause and not self._room():
            return
        stream = self._stream
        stream.names.append(0)
        stream.texts.append(text)
        self._grow(len(text))
        stream.event(kind, scope.number, scope.line, 1)

    def _stirred(self, scope, slots):
        """Return the slots, and with them those of cells and of what is no leaf and not surely unchanged, in order."""
        values, names, more = scope.frame.f_locals, scope.lines.names, None
        for slot, node in scope.others.items():
            if slot not in slots:
                value = values.get(names[slot])
                if id(value) != node.address or not node.same(value):
                    more = {slot} if more is None else more | {slot}
        if more is None and not scope.lines.cells:
            return slots
        return sorted({*slots, *scope.lines.cells, *(more or ())})

    def _look(self, scope, slots):
        """Write what has changed in the slots, and return how many changes there are.

        Longer than others, for nearly all the time is spent here.
        """
        values, names = scope.frame.f_locals, scope.lines.names
        texts, leaves, count, size, gone = scope.texts, scope.leaves, 0, 0, None
        for slot in slots:
            value = values.get(names[slot], _UNBOUND)
            if value is leaves[slot]:
                continue
            kind, short = type(value), False
            if kind is int and -_SMALL < value < _SMALL:
                text = repr(value)
                leaves[slot] = value
                if slot in scope.others:
                    del scope.others[slot]
            elif value is _UNBOUND:
                if texts[slot] is not None:
                    gone = [slot] if gone is None else gone + [slot]
                continue
            elif id(kind) in LEAF_IDS:
                text, short = self._snapshot.leaf(value)
                leaves[slot] = value
                scope.others.pop(slot, None)
            else:
                known = scope.others.get(slot)
                if known is not None and known.address == id(value) and known.same(value):
                    continue
                known = self._seen.node(value)
                text, short = known.text, known.short
                if known.held is None:
                    leaves[slot] = NO_LEAF
                    scope.others[slot] = known
                else:
                    leaves[slot] = value
                    scope.others.pop(slot, None)
            if text != texts[slot]:
                texts[slot] = text
                self._change(scope.lines, slot, text)
                size += len(text)
                self._cut += short
                count += 1
        if size:
            self._grow(size)
        return count if gone is None else count + self._forget(scope, gone)

    def _change(self, lines, slot, text):
        number = lines.numbers[slot]
        if number is None:
            number = lines.numbers[slot] = self._stream.name(lines.names[slot])
        self._stream.names.append(number)
        self._stream.texts.append(text)

    def _forget(self, scope, slots):
        for slot in slots:
            scope.texts[slot], scope.leaves[slot] = None, NO_LEAF
            scope.others.pop(slot, None)
            self._change(scope.lines, slot, "")
        return len(slots)

    def _look_at_names(self, scope):
        """Do the same for a class body, a module or exec, whose names are those of a dictionary."""
        values, texts, changed = scope.frame.f_locals, scope.texts, []
        if type(values) is not dict:
            return 0
        for name, value in list(values.items()):
            if type(name) is not str or (id(type(value)) in LEAF_IDS and scope.leaves.get(name, NO_LEAF) is value):
                continue
            text, short = self._text(value)
            scope.leaves[name] = value if id(type(value)) in LEAF_IDS else NO_LEAF
            if texts.get(name) != text:
                self._cut += short
                changed.append((name, text))
                texts[name] = text
        gone = [name for name, text in texts.items() if text is not None and name not in values]
        for name in gone:
            texts[name], scope.leaves[name] = None, NO_LEAF
        for name, text in changed + [(name, "") for name in gone]:
            self._stream.names.append(self._stream.name(name))
            self._stream.texts.append(text)
            self._grow(len(text))
        return len(changed) + len(gone)

    def _grow(self, size):
        self._size += size
        if self._size > self.limits.size:
            self._pause = -1

    def _room(self):
        """Say whether the event just counted may be written; the first bound that is met is kept in `full`.

        It is asked when `_events` has passed `_pause`, up to which no bound can be met.
        """
        if self.full is not None:
            return False
        limits, events = self.limits, self._events
        if events > limits.events:
            self.full = "events"
        elif self._size > limits.size:
            self.full = "bytes"
        elif events % _SECONDS_EVERY == 0 and time.monotonic() - self._began > limits.seconds:
            self.full = "seconds"
        if self.full is not None:
            self._pause = -1
            return False
        self._pause = min(limits.events, events - events % _SECONDS_EVERY + _SECONDS_EVERY - 1)
        return True
