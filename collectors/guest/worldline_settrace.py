"""The settrace engine: the reference that every other engine must equal, on any CPython from 3.8 on.

Standard library only. Not covered: steps of other threads than the one that installed the hook.
"""

import dis
import sys

from worldline_hook import Hook, exception_text


class SettraceHook(Hook):
    """Installs itself as the trace function of this thread."""

    name = "settrace"

    def install(self):
        """Start looking."""
        self._raised_in = None
        sys.settrace(self._global)

    def remove(self):
        """Stop looking; a trace that is open ends as it is, and says so when the program took our trace function away."""
        ours = getattr(sys.gettrace(), "__self__", None) is self
        if ours:
            sys.settrace(None)
        self._raised_in = None
        self.stop("interrupted" if ours else "trace function replaced")

    def _global(self, frame, event, argument):
        try:
            return self._local if event == "call" and self.entered(frame, frame.f_lineno) else None
        except Exception as error:
            return self._give_up(error)

    def _local(self, frame, event, argument):
        try:
            if self.frames and frame is self.frames[-1]:
                self._step(frame, event, argument)
        except Exception as error:
            return self._give_up(error)
        return self._local

    def _step(self, frame, event, argument):
        recorder = self.recorder
        if event == "line":
            self._raised_in = None
            recorder.line(frame, frame.f_lineno)
        elif event == "exception":
            self._raised_in = frame
            recorder.raised(exception_text(argument[0], argument[1]))
        elif event == "return":
            unhandled, self._raised_in = self._raised_in is frame, None
            if argument is None and not _leaves_by_value(frame, unhandled):
                recorder.unwound()
            else:
                recorder.returned(argument)
            self.left()

    def _give_up(self, error):
        sys.settrace(None)
        self.broken = "%s: %s" % (type(error).__name__, error)
        self.stop("broken")
        return None


_RETURNS = frozenset(number for name, number in dis.opmap.items() if "RETURN_VALUE" in name or "RETURN_CONST" in name)
_YIELDS = frozenset(number for name, number in dis.opmap.items() if "YIELD" in name)


def _leaves_by_value(frame, unhandled):
    """Say whether the last instruction returns or yields: an exception that passes through stops elsewhere.

    One that is thrown into a generator stops at its yield too: then no line came after the exception (`unhandled`).
    """
    last = frame.f_code.co_code[frame.f_lasti]
    return last in _RETURNS or (last in _YIELDS and not unhandled)
