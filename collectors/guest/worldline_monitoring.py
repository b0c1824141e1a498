"""The sys.monitoring engine in pure Python, for CPython 3.12 and newer: code that is not shown runs at full speed.

It mirrors the events that the interpreter itself makes of sys.monitoring for sys.settrace (Python/legacy_tracing.c), so
that both engines write the same stream. Standard library only. Not covered: steps of other threads than the one that
installed the hook.
"""

import sys
import threading

from worldline_hook import Hook, exception_text

_TOOLS = (4, 3)
_ALWAYS = {
    "PY_START": "start",
    "PY_RESUME": "start",
    "PY_THROW": "start",
    "RAISE": "raised",
    "PY_UNWIND": "unwound",
}
_LOCAL = {"LINE": "line", "JUMP": "jump", "PY_RETURN": "returned", "PY_YIELD": "returned", "STOP_ITERATION": "raised"}


class Subscription(object):
    """The callbacks of one tool number: some for all code, the others for the code that `instrument` is called with."""

    def __init__(self, **callbacks):
        self._callbacks = callbacks
        self._codes = {}
        self._tool = None

    def open(self):
        """Take the first tool number that is free; raise RuntimeError when none is."""
        monitoring = sys.monitoring
        free = [tool for tool in _TOOLS if monitoring.get_tool(tool) is None]
        if not free:
            raise RuntimeError("no tool number of sys.monitoring is free")
        self._tool = free[0]
        monitoring.use_tool_id(self._tool, "worldline")
        for name, callback in list(_ALWAYS.items()) + list(_LOCAL.items()):
            monitoring.register_callback(self._tool, getattr(monitoring.events, name), self._callbacks[callback])
        # Places that an earlier subscription switched off are told of again.
        monitoring.restart_events()
        monitoring.set_events(self._tool, sum(getattr(monitoring.events, name) for name in _ALWAYS))

    def instrument(self, code):
        """Ask for the steps inside the code too."""
        self._codes[id(code)] = code
        events = sum(getattr(sys.monitoring.events, name) for name in _LOCAL)
        sys.monitoring.set_local_events(self._tool, code, events)

    def close(self):
        """Give the tool number back."""
        monitoring, tool = sys.monitoring, self._tool
        if tool is None or monitoring.get_tool(tool) != "worldline":
            return
        monitoring.set_events(tool, 0)
        for code in self._codes.values():
            monitoring.set_local_events(tool, code, 0)
        for name in list(_ALWAYS) + list(_LOCAL):
            monitoring.register_callback(tool, getattr(monitoring.events, name), None)
        monitoring.free_tool_id(tool)
        self._codes, self._callbacks, self._tool = {}, {}, None


class MonitoringHook(Hook):
    """Looks through sys.monitoring."""

    name = "monitoring"

    def install(self):
        """Start looking; raise RuntimeError when every tool number is taken."""
        self._thread = threading.get_ident()
        self._instrumented = set()
        self._subscription = Subscription(
            start=self._start,
            line=self._line,
            jump=self._jump,
            returned=self._return,
            raised=self._raise,
            unwound=self._unwind,
        )
        self._subscription.open()

    def remove(self):
        """Stop looking; a trace that is open ends as it is."""
        self._subscription.close()
        self.stop("interrupted")

    def _guarded(self, work, *arguments):
        try:
            return work(*arguments)
        except Exception as error:
            self.broken = "%s: %s" % (type(error).__name__, error)
            self._subscription.close()
            self.stop("broken")

    def _start(self, code, offset, error=None):
        if threading.get_ident() != self._thread:
            return None
        if not self.is_shown(code):
            return sys.monitoring.DISABLE if error is None else None
        frame = sys._getframe(1)
        if self._guarded(self.entered, frame, frame.f_lineno) and id(code) not in self._instrumented:
            self._instrumented.add(id(code))
            self._guarded(self._subscription.instrument, code)
        return None

    def _ours(self):
        return self.frames and sys._getframe(2) is self.frames[-1]

    def _line(self, code, line):
        if self._ours():
            self._guarded(self.recorder.line, self.frames[-1], line)

    def _jump(self, code, start, target):
        if target >= start:
            return sys.monitoring.DISABLE
        if self._ours():
            line = next((line for first, last, line in code.co_lines() if first <= target < last), None)
            if line == self.recorder.scopes[-1].line:
                self._guarded(self.recorder.line, self.frames[-1], line)
        return None

    def _return(self, code, offset, value):
        if self._ours():
            self._guarded(self._leave, value)

    def _leave(self, value):
        self.recorder.returned(value)
        self.left()

    def _raise(self, code, offset, error):
        if self._ours():
            self._guarded(self.recorder.raised, exception_text(type(error), error))

    def _unwind(self, code, offset, error):
        if self._ours():
            self._guarded(self._unwound)

    def _unwound(self):
        self.recorder.unwound()
        self.left()
