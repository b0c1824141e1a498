"""Recorder: turns interpreter events of one entry point into lines of a stream, each line a JSON array.

Lines: ["code", number, file, function, first line], ["begin", attributes], then for each step
["c"|"l", depth, code, line, {name: text}, [deleted names]], ["r"|"x", depth, code, line, text], and last
["end", cut or null, values cut]. The host keeps the state of each scope; the guest sends what changed in it.
Standard library only; Python 3.8 and newer.
"""

import json

from worldline_snapshot import LEAF_TYPES, Snapshot

_SHARED = object()


class Limits(object):
    """The bounds of one trace: steps, bytes of its lines, and how deep nested project calls are stepped into."""

    def __init__(self, events=2000, size=1000000, depth=3):
        self.events = events
        self.size = size
        self.depth = depth


class Recorder(object):
    """Writes one trace at a time to `write`, a callable that takes a line of text."""

    def __init__(self, write, limits=None, bounds=None):
        self.limits = limits or Limits()
        self.bounds = bounds
        self._write_line = write
        self._codes = {}
        self._scopes = []
        self.open = False

    def begin(self, attributes):
        """Start a trace; the attributes travel to the host as they are."""
        self.open = True
        self.full = None
        self._events = 0
        self._size = 0
        self._scopes = []
        self._snapshot = Snapshot(self.bounds)
        self._emit(["begin", attributes])

    def end(self):
        """End the trace and state what was cut."""
        if self.open:
            self._emit(["end", self.full, self._snapshot.cut])
            self.open = False
            self._scopes = []

    def call(self, frame):
        """Record that a scope was entered with its arguments bound."""
        self._scopes.append({})
        self._state("c", frame)

    def line(self, frame):
        """Record the state before a line runs."""
        self._state("l", frame)

    def leave(self, kind, frame, value):
        """Record a return ("r", with the value) or an exception ("x", with its text)."""
        text = value if kind == "x" else self._snapshot.text(value)
        self._step([kind, len(self._scopes) - 1, self._code(frame), frame.f_lineno, text])
        if kind == "r" and self._scopes:
            self._scopes.pop()

    def unwind(self):
        """Forget the innermost scope, which an exception has left."""
        if self._scopes:
            self._scopes.pop()

    def _state(self, kind, frame):
        known = self._scopes[-1]
        values = frame.f_locals
        changed = {}
        for name, value in values.items():
            old = known.get(name)
            leaf = type(value) in LEAF_TYPES
            if leaf and old is not None and old[0] is value:
                continue
            text = self._snapshot.text(value)
            if old is None or old[1] != text:
                changed[name] = text
            known[name] = (value if leaf else _SHARED, text)
        deleted = [name for name in known if name not in values]
        for name in deleted:
            del known[name]
        self._step([kind, len(self._scopes) - 1, self._code(frame), frame.f_lineno, changed, deleted])

    def _code(self, frame):
        code = frame.f_code
        number = self._codes.get(code)
        if number is None:
            number = self._codes[code] = len(self._codes)
            name = getattr(code, "co_qualname", code.co_name)
            self._emit(["code", number, code.co_filename, name, code.co_firstlineno])
        return number

    def _step(self, fields):
        if self.full is not None:
            return
        self._events += 1
        if self._events > self.limits.events:
            self.full = "events"
        elif self._size > self.limits.size:
            self.full = "bytes"
        else:
            self._emit(fields)

    def _emit(self, fields):
        line = json.dumps(fields, separators=(",", ":"))
        self._size += len(line)
        self._write_line(line + "\n")
