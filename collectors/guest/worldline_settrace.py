"""The settrace engine: the reference that every other engine must equal, on any CPython from 3.8 on.

Standard library only. Threads: those that the threading module starts while the hook is installed, and from 3.12 on those
that run already, unless something else traces.
"""

import dis
import sys
import threading
from itertools import cycle

from worldline_depth import EVERY, near_limit
from worldline_exceptions import exception_text, is_group
from worldline_hook import Hook
from worldline_lane import Lane


class _SettraceLane(Lane):
    lost = "trace function replaced"

    def __init__(self, rules, engine):
        Lane.__init__(self, rules, engine)
        # The trace function that this thread had before, and has again when we go.
        self.before = None
        self._raised_in = None
        self._counted = cycle([False] * (EVERY - 1) + [True])
        self._local = self._make_local()

    def silence(self):
        """Hear no more."""
        sys.settrace(self.before)

    def enter(self, frame, event, argument):
        """Take an event of a frame that has no trace function yet: a call."""
        try:
            if not self.rules.installed:
                self.silence()
                return None
            if next(self._counted) and near_limit():
                # The program must meet its limit where it would without us.
                self.stop("recursion")
                self.silence()
                return None
            shown = event == "call" and self.rules.is_shown(frame.f_code)
            return self._local if shown and self.entered(frame, frame) else None
        except BaseException as error:
            self.give_up(error)
            return None

    def _make_local(self):
        line = self.recorder.line

        def local(frame, event, argument):
            if event == "line":
                line(frame, frame.f_lineno)
                self._raised_in = None
            else:
                try:
                    self._leave(frame, event, argument)
                except BaseException as error:
                    self.give_up(error)
            return local

        return local

    def _leave(self, frame, event, argument):
        recorder = self.recorder
        if recorder.scope is None or frame is not recorder.scope.key:
            return
        if event == "exception":
            self._raised_in = frame
            recorder.raised(exception_text(argument[0], argument[1]), is_group(argument[0]))
        elif event == "return":
            unhandled, self._raised_in = self._raised_in is frame, None
            if argument is None and not _leaves_by_value(frame, unhandled):
                recorder.unwound()
            else:
                recorder.returned(argument)
            self.left()


class SettraceHook(Hook):
    """Is the trace function of every thread that it can reach."""

    name = "settrace"

    def make_lane(self):
        """Return a new lane for this thread."""
        return _SettraceLane(self.rules, self.name)

    def put_on(self):
        """Become the trace function of this thread and of those to come."""
        lane = self.lane()
        lane.before, self._starter = sys.gettrace(), ThreadStarter(self._begin)
        self._starter.put_on(alone=lane.before is None)
        sys.settrace(lane.enter)

    def take_off(self):
        """Put back what was there, unless the program has set something else meanwhile."""
        lane = self.lane()
        self._starter.take_off()
        if getattr(sys.gettrace(), "__self__", None) is lane:
            lane.silence()

    def _begin(self, frame, event, argument):
        lane = self.lane()
        lane.before = self._starter.before
        sys.settrace(lane.enter)
        return lane.enter(frame, event, argument)


class ThreadStarter(object):
    """Has `begin`, a trace function, called for the first call in threads to come, and in those that run where that can be."""

    def __init__(self, begin):
        self._begin = begin
        self.before = None

    def put_on(self, alone):
        """Begin; threads that run already are left alone unless we are `alone`: they may have trace functions."""
        self.before = threading._trace_hook
        if alone and self.before is None and hasattr(threading, "settrace_all_threads"):
            threading.settrace_all_threads(self._start)
        else:
            threading.settrace(self._start)

    def take_off(self):
        """Put back what was there, unless the program has set something else meanwhile."""
        if threading._trace_hook == self._start:
            threading.settrace(self.before)
        self._begin = None

    def _start(self, frame, event, argument):
        if self._begin is None:
            sys.settrace(self.before)
            return None
        return self._begin(frame, event, argument)


_RETURNS = frozenset(number for name, number in dis.opmap.items() if "RETURN_VALUE" in name or "RETURN_CONST" in name)
_YIELD_FROM, _RESUME = dis.opmap.get("YIELD_FROM"), dis.opmap.get("RESUME")
_YIELDS = frozenset(number for name, number in dis.opmap.items() if "YIELD" in name)


def _leaves_by_value(frame, unhandled):
    """Say whether the last instruction returns or yields: an exception that passes through stops elsewhere.

    One that is thrown into a generator stops at its yield too: then no line came after the exception (`unhandled`).
    """
    code, at = frame.f_code.co_code, frame.f_lasti
    return code[at] in _RETURNS or (not unhandled and (code[at] in _YIELDS or _is_beside_yield(code, at)))


def _is_beside_yield(code, at):
    """Say whether a yield stands beside the last instruction: up to 3.10 before YIELD_FROM, in 3.13 behind YIELD_VALUE."""
    if sys.version_info >= (3, 13):
        return code[at] == _RESUME and code[at - 2] in _YIELDS
    return sys.version_info < (3, 11) and code[at + 2 : at + 3] == bytes([_YIELD_FROM])
