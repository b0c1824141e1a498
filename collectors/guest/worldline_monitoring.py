"""The sys.monitoring engine in pure Python, for CPython 3.12 and newer: code that is not shown runs at full speed.

It mirrors the events that the interpreter itself makes of sys.monitoring for sys.settrace (Python/legacy_tracing.c), so
that both engines write the same stream. It sees all threads. Standard library only.
"""

import sys
from itertools import cycle

from worldline_depth import EVERY, near_limit
from worldline_exceptions import exception_text, is_group
from worldline_hook import Hook

_frame = sys._getframe
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
    """The callbacks of one tool number: some for all code, the others for the code that `instrument` is called with.

    `codes` has these by their ids.
    """

    def __init__(self, **callbacks):
        self._callbacks = callbacks
        self.codes = {}
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
        events = sum(getattr(sys.monitoring.events, name) for name in _LOCAL)
        sys.monitoring.set_local_events(self._tool, code, events)
        # Noted afterwards: meanwhile another thread may run the code, and needs its steps as well.
        self.codes[id(code)] = code

    def replace(self, name, callback):
        """Have events of a name told to another callback."""
        sys.monitoring.register_callback(self._tool, getattr(sys.monitoring.events, name), callback)

    def close(self):
        """Give the tool number back."""
        monitoring, tool = sys.monitoring, self._tool
        if tool is None or monitoring.get_tool(tool) != "worldline":
            return
        monitoring.set_events(tool, 0)
        for code in self.codes.values():
            monitoring.set_local_events(tool, code, 0)
        for name in list(_ALWAYS) + list(_LOCAL):
            monitoring.register_callback(tool, getattr(monitoring.events, name), None)
        monitoring.free_tool_id(tool)
        self.codes.clear()
        self._callbacks, self._tool = {}, None


class MonitoringHook(Hook):
    """Looks through sys.monitoring."""

    name = "monitoring"

    def put_on(self):
        """Take a tool number; raise RuntimeError when every one is taken."""
        self._first = self.lane()
        self._is_shown, self._shown = self.rules.is_shown, self.rules.codes
        self._strict = False
        self._jumps = {}
        self._counted = cycle([False] * (EVERY - 1) + [True])
        self._subscription = Subscription(
            start=self._start,
            line=self._first.recorder.line,
            jump=self._jump,
            returned=self._return,
            raised=self._raise,
            unwound=self._unwind,
        )
        self._instrumented = self._subscription.codes
        self.rules.silence = self._subscription.close
        self._subscription.open()

    def take_off(self):
        """Give the tool number back."""
        self._subscription.close()

    def _compare_frames(self):
        """From now on tell the innermost scope by thread and frame: steps of its code may be those of another call."""
        if not self._strict:
            self._strict = True
            self._subscription.replace("LINE", self._line)

    def _start(self, code, offset, error=None):
        known = self._shown.get(id(code))
        if not (known[0] if known is not None else self._is_shown(code)):
            return sys.monitoring.DISABLE if error is None else None
        lane = getattr(self._here, "lane", None)
        if lane is not self._first:
            self._compare_frames()
            lane = self.lane()
        try:
            if next(self._counted) and near_limit():
                # The program must meet its limit where it would without us.
                lane.stop("recursion")
                lane.silence()
            else:
                self._enter(lane, code, _frame(1))
        except BaseException as error:
            lane.give_up(error)
        return None

    def _enter(self, lane, code, frame):
        recorder = lane.recorder
        if not lane.entered(frame, code):
            if recorder.scope is not None:
                self._compare_frames()
            return
        if (
            len(recorder.scopes) == 1
            and not self._strict
            and (len(sys._current_frames()) > 1 or "greenlet" in sys.modules)
        ):
            self._compare_frames()
        if id(code) not in self._instrumented:
            self._subscription.instrument(code)

    def _lane(self, code):
        """Return the lane whose innermost scope is the one that called us, or None."""
        lane = getattr(self._here, "lane", None) if self._strict else self._first
        scope = lane and lane.recorder.scope
        return lane if scope is not None and scope.key is code and _frame(2) is scope.frame else None

    def _line(self, code, line):
        lane = self._lane(code)
        if lane is not None:
            lane.recorder.line(code, line)

    def _jump(self, code, start, target):
        if target >= start:
            return sys.monitoring.DISABLE
        known = self._jumps.get((id(code), start, target))
        if known is None:
            before, after = _line_at(code, start), _line_at(code, target)
            if before is not None and before != after:
                return sys.monitoring.DISABLE
            # The code is kept, so that its id stays.
            known = self._jumps[id(code), start, target] = code, after
        after = known[1]
        lane = self._lane(code)
        if lane is not None and after == lane.recorder.scope.line:
            lane.recorder.line(code, after)
        return None

    def _return(self, code, offset, value):
        if self._strict:
            lane = self._lane(code)
            if lane is None:
                return
        else:
            lane = self._first
            scope = lane.recorder.scope
            if scope is None or scope.key is not code:
                return
        try:
            recorder = lane.recorder
            recorder.returned(value)
            if recorder.scope is None:
                recorder.end()
        except BaseException as error:
            lane.give_up(error)

    def _raise(self, code, offset, error):
        if not self._strict:
            # Most exceptions are raised in code that is not shown.
            scope = self._first.recorder.scope
            if scope is None or scope.key is not code:
                return
        lane = self._lane(code)
        if lane is not None:
            try:
                lane.recorder.raised(exception_text(type(error), error), is_group(type(error)))
            except BaseException as error:
                lane.give_up(error)

    def _unwind(self, code, offset, error):
        lane = self._lane(code)
        if lane is not None:
            try:
                lane.recorder.unwound()
                lane.left()
            except BaseException as error:
                lane.give_up(error)


def _line_at(code, offset):
    return next((line for first, last, line in code.co_lines() if first <= offset < last), None)
