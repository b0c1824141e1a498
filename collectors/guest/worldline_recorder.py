"""Recorder: turns the steps of one entry point into events of a stream. Pure Python, and the reference for the C engine.

It keeps, for each open scope, the text of every name as it was last written, and writes a name again only when its text
has changed. Nothing of a value is kept but leaves (numbers, strings), so no object of the program lives longer.
Standard library only; Python 3.8 and newer.
"""

import time

from worldline_snapshot import LEAF_TYPES, Snapshot
from worldline_stream import CALL, EXCEPTION, LINE, RETURN, UNWIND, StreamWriter

_OPTIMIZED = 0x1
_UNBOUND = object()
_SECONDS_EVERY = 256


class Limits(object):
    """The bounds of one trace: events, characters of values, how deep project calls are stepped into, and seconds."""

    def __init__(self, events=2000, size=1000000, depth=3, seconds=60.0):
        self.events = events
        self.size = size
        self.depth = depth
        self.seconds = seconds


class Scope(object):
    """One open scope: its code, the line of its last event, and for each name (leaf or None, text)."""

    __slots__ = ("known", "line", "names", "number")

    def __init__(self, number, names):
        self.number = number
        self.names = names
        self.line = 0
        self.known = {}


class Recorder(object):
    """Writes one trace at a time to `write`, a callable that takes bytes."""

    def __init__(self, write, about, limits=None, bounds=None):
        self.limits = limits or Limits()
        self.open = False
        self.full = None
        self.scopes = []
        self._bounds = bounds
        self._stream = StreamWriter(write, about)
        self._names = {}

    def begin(self, attributes):
        """Start a trace; the attributes travel to the host as they are."""
        self.open = True
        self.full = None
        self.scopes = []
        self._events = 0
        self._size = 0
        self._cut = 0
        self._began = time.monotonic()
        self._snapshot = Snapshot(self._bounds)
        self._stream.flush()
        self._stream.block(b"B", attributes)

    def end(self):
        """End the trace and state what was cut."""
        if self.open:
            self._stream.flush()
            self._stream.block(b"E", {"cut": self.full, "values_cut": self._cut})
            self.open = False
            self.scopes = []

    def call(self, frame, line):
        """Record that a scope was entered with its arguments bound, or that a generator goes on."""
        code = frame.f_code
        self.scopes.append(Scope(self._stream.code(code), self._ordered_names(code)))
        self._state(CALL, frame, line)

    def line(self, frame, line):
        """Record the state before a line runs."""
        self._state(LINE, frame, line)

    def returned(self, value):
        """Record what the innermost scope returns or yields, and leave it."""
        text = self._snapshot.text(value)
        if self.full is None:
            self._cut += self._snapshot.short
        self._leave(RETURN, text)
        self.scopes.pop()

    def raised(self, text):
        """Record that an exception was raised in the innermost scope, or has arrived in it."""
        self._leave(EXCEPTION, text)

    def unwound(self):
        """Record that an exception has left the innermost scope."""
        scope = self.scopes.pop()
        if self.full is None:
            self._stream.event(UNWIND, scope.number, scope.line, 0)

    def _ordered_names(self, code):
        """Return the names of a function in the order of its slots, or None for code that keeps a dictionary."""
        if not code.co_flags & _OPTIMIZED:
            return None
        known = self._names.get(id(code))
        if known is None:
            names = tuple(dict.fromkeys(code.co_varnames + code.co_cellvars + code.co_freevars))
            known = self._names[id(code)] = (names, code)
        return known[0]

    def _leave(self, kind, text):
        scope = self.scopes[-1]
        if self._room():
            self._stream.names.append(0)
            self._stream.texts.append(text)
            self._size += len(text)
            self._stream.event(kind, scope.number, scope.line, 1)

    def _state(self, kind, frame, line):
        scope = self.scopes[-1]
        scope.line = line
        if not self._room():
            return
        known, values, snapshot = scope.known, frame.f_locals, self._snapshot
        changed, bound = [], 0
        for name in list(values) if scope.names is None else scope.names:
            value = values.get(name, _UNBOUND)
            if value is _UNBOUND or type(name) is not str:
                continue
            bound += 1
            old = known.get(name)
            leaf = value if type(value) in LEAF_TYPES else None
            if old is not None and leaf is not None and old[0] is leaf:
                continue
            text = snapshot.text(value)
            if old is None or old[1] != text:
                changed.append((name, text))
                self._cut += snapshot.short
            known[name] = (leaf, text)
        if bound < len(known):
            gone = [name for name in known if values.get(name, _UNBOUND) is _UNBOUND]
            for name in gone:
                del known[name]
            changed += [(name, "") for name in gone]
        self._write(kind, scope, changed)

    def _write(self, kind, scope, changed):
        stream = self._stream
        for name, text in changed:
            stream.names.append(stream.name(name))
            stream.texts.append(text)
            self._size += len(text)
        stream.event(kind, scope.number, scope.line, len(changed))

    def _room(self):
        """Count one more event and say whether it may be written; the first bound that is met is kept in `full`."""
        if self.full is not None:
            return False
        self._events += 1
        limits = self.limits
        if self._events > limits.events:
            self.full = "events"
        elif self._size > limits.size:
            self.full = "bytes"
        elif self._events % _SECONDS_EVERY == 0 and time.monotonic() - self._began > limits.seconds:
            self.full = "seconds"
        return self.full is None
