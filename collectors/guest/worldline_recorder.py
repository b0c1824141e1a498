"""Recorder: turns the steps of one entry point into events of a stream. Pure Python, and the reference for the C engine.

It keeps, for each open scope, the text of every name as it was last written, and writes a name again only when its text
has changed. Nothing of a value is kept but leaves (numbers, strings), so no object of the program lives longer.
Standard library only; Python 3.8 and newer.
"""

import time

from worldline_around import around_looker
from worldline_kinds import LEAF_IDS
from worldline_lines import lines_of
from worldline_look import SMALLEST, SPARE, looker
from worldline_scope import NO_LEAF, Scope, Seen
from worldline_snapshot import Snapshot
from worldline_step import line_recorder
from worldline_stream import CALL, CHUNK, EXCEPTION, LINE, RETURN, UNWIND, Events, StreamWriter, packed

# How often the clock is read.
_EVENTS_PER_LOOK = 256


class Limits(object):
    """The bounds of one trace: events, characters of values, how deep project calls are stepped into, and seconds."""

    def __init__(self, events=2000, size=1000000, depth=3, seconds=60.0):
        self.events = events
        self.size = size
        self.depth = depth
        self.seconds = seconds


class Shown(object):
    """A code object as the stream knows it: its number, its lines, and its packed line events without a change and with one."""

    __slots__ = ("lines", "number", "one", "quiet")

    def __init__(self, number, lines):
        self.number = number
        self.lines = lines
        self.quiet, self.one = Events(LINE, number, 0), Events(LINE, number, 1)


class Recorder(object):
    """Writes one trace at a time to `write`, a callable that takes bytes. `scope` is the innermost open one, or None.

    `line(key, number)` records the state before a line of the innermost scope runs, if that has the key: its code or its
    frame, as its call said. An error there is handed to `failed`.
    """

    __slots__ = (
        "_began", "_codes", "_counted", "_look", "_snapshot", "_stream", "_sure", "_unwound", "_written", "cut", "failed", "full",
        "leaf", "left", "limits", "line", "node", "open", "scope", "scopes", "stop",
    )  # fmt: skip

    def __init__(self, write, about, failed, limits=None, bounds=None):
        self.failed = failed
        self.limits = limits or Limits()
        self.open = False
        self.full = None
        self.scopes = []
        self.scope = None
        self._stream = StreamWriter(write, about)
        self._codes = {}
        self._snapshot = Snapshot(bounds)
        self.leaf = self._snapshot.leaf
        self.node = Seen(self._snapshot).node
        self._look = looker(self, self._stream, self._snapshot)
        self.line = line_recorder(self, self._stream, self._look, around_looker(self, self._stream, self._look))

    def begin(self, attributes):
        """Start a trace; the attributes travel to the host as they are."""
        self.open = True
        self.full = None
        self.scopes = []
        # Events of this trace in chunks that are written, and events that do not count.
        self._written = 0
        self._unwound = 0
        self.stop = 0
        self.left = self._sure = self.limits.size
        # How many events of the chunk have all their characters counted in `left`.
        self._counted = 0
        self.cut = 0
        self._began = time.monotonic()
        self._stream.flush()
        self._stream.block(b"B", attributes)

    def end(self):
        """End the trace and state what was cut."""
        if self.open:
            self._stream.flush()
            what = (
                b'{"cut":null,"values_cut":%d}' % self.cut
                if self.full is None
                else {"cut": self.full, "values_cut": self.cut}
            )
            self._stream.block(b"E", what)
            self.open = False
        self.scopes = []
        self.scope = None
        self.node = Seen(self._snapshot).node

    def mend(self):
        """Leave out what an error has left half recorded."""
        self._stream.mend()

    def abandon(self):
        """Forget the trace and what was not written of it."""
        self._stream.clear()
        self.open = False
        self.end()

    def call(self, frame, line, key):
        """Record that a scope was entered with its arguments bound, or that a generator goes on."""
        room = len(self._stream.events) < self.stop or self.room()
        code = frame.f_code
        known = self._codes.get(id(code))
        if known is None:
            known = self._codes[id(code)] = Shown(self._stream.code(code), lines_of(code))
        lines = known.lines
        scope = self.scope = Scope(known, frame, key)
        self.scopes.append(scope)
        scope.line = line
        if not room:
            return
        if lines is None:
            count = self.look_at_names(scope)
        else:
            fresh = scope.apart = frame.f_lasti <= lines.start
            slots = lines.given if fresh else lines.every
            count = self._look(scope, slots, frame.f_locals) if slots else 0
            scope.guarded = scope.guarded or fresh
        self._event(CALL, count)

    def returned(self, value):
        """Record what the innermost scope returns or yields, and leave it."""
        stream, scopes = self._stream, self.scopes
        if id(type(value)) in LEAF_IDS:
            text, short = self.leaf(value)
        else:
            node = self.node(value)
            text, short = node.text, node.short
        if self.full is None:
            self.cut += short
        if len(stream.events) < self.stop or self.room():
            stream.names.append(0)
            stream.texts.append(text)
            self.left -= len(text)
            if self.left < SPARE:
                self.stop = -1
            scope = self.scope
            stream.events.append(packed(RETURN, scope.shown.number, scope.line, 1))
        scopes.pop()
        self.scope = scopes[-1] if scopes else None

    def raised(self, text, is_group=False):
        """Record that an exception was raised in the innermost scope, or has arrived in it."""
        scope = self.scope
        scope.raised, scope.apart = True, scope.lines is None
        scope.error = text if not is_group and (scope.error is None or scope.error == text) else ""
        self._leave(EXCEPTION, text)
        scope.raised_at = self._written + len(self._stream.events)

    def unwound(self):
        """Record that an exception has left the innermost scope; where it ran on, as in `finally`, it is shown once more.

        No engine is told which exception it is: it is known when only one was raised here.
        """
        scope = self.scope
        if scope.error and scope.raised_at != self._written + len(self._stream.events):
            self._leave(EXCEPTION, scope.error)
        if self.full is None:
            if len(self._stream.events) >= CHUNK:
                self._flush()
            self._event(UNWIND, 0)
            self._unwound += 1
        self._pop()

    def _event(self, kind, count):
        scope = self.scope
        self._stream.events.append(packed(kind, scope.shown.number, scope.line, count))

    def _text(self, value):
        if id(type(value)) in LEAF_IDS:
            return self.leaf(value)
        node = self.node(value)
        return node.text, node.short

    def _pop(self):
        self.scopes.pop()
        self.scope = self.scopes[-1] if self.scopes else None

    def _leave(self, kind, text):
        stream = self._stream
        if len(stream.events) >= self.stop and not self.room():
            return
        stream.names.append(0)
        stream.texts.append(text)
        self._grow(len(text))
        self._event(kind, 1)

    def numbered(self, lines, slot):
        """Return the number of a slot's name in the stream."""
        number = lines.numbers[slot]
        if number is None:
            number = lines.numbers[slot] = self._stream.name(lines.names[slot])
        return number

    def look_at_names(self, scope):
        """Write what has changed in a class body, a module or exec, whose names are those of a dictionary."""
        values, texts, changed = scope.space, scope.texts, []
        if type(values) is not dict:
            return 0
        for name, value in list(values.items()):
            if type(name) is not str or scope.leaves.get(name, NO_LEAF) is value:
                continue
            text, short = self._text(value)
            scope.leaves[name] = value if id(type(value)) in LEAF_IDS else NO_LEAF
            if texts.get(name) != text:
                self.cut += short
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
        self.left -= size
        if self.left < SPARE:
            self.stop = -1

    def _flush(self):
        self._written += len(self._stream.events)
        self.left = self._sure = self._sure - self._stream.flush()
        self._counted = 0

    def room(self):
        """Say whether one more event may be written; the first bound that is met is kept in `full`.

        It is asked when the chunk holds `stop` events, up to which it cannot be full and no bound can be met. Until then
        the characters of small integers are not counted: an event has one of them at most.
        """
        if self.full is not None:
            return False
        held = len(self._stream.events)
        if held >= CHUNK:
            self._flush()
            held = 0
        room = min(CHUNK - held, _EVENTS_PER_LOOK)
        if self.left < SMALLEST * (held - self._counted + room):
            self.left, self._counted = self._sure - self._stream.characters(), held
            room = max(1, min(room, self.left // SMALLEST))
        left = self.limits.events - self._written - held + self._unwound
        if left <= 0:
            self.full = "events"
        elif self.left < 0:
            self.full = "bytes"
        elif time.monotonic() - self._began > self.limits.seconds:
            self.full = "seconds"
        self.stop = -1 if self.full is not None else held + min(left, room)
        return self.full is None
