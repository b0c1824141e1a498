"""The settrace hook: decides which calls begin a trace, and hands the steps of project code to the recorder.

Standard library only; Python 3.8 and newer. Not covered: steps of other threads than the one that installed the hook.
"""

import dis
import sys

# Frames of functions that suspend: a resumed one looks like a new call, and its state lives outside the stack.
_SUSPENDING = 0x20 | 0x80 | 0x200


def exception_text(kind, value):
    """Return what a traceback's last line prints: `TypeName: message`; a foreign __str__ is not called."""
    name = type.__getattribute__(kind, "__name__") if isinstance(kind, type) else "Exception"
    arguments = getattr(value, "args", ()) if type(value).__str__ in _PLAIN_STR else None
    if arguments is None or type(arguments) is not tuple:
        return name
    if len(arguments) == 1 and type(arguments[0]) in (str, int, float, bool, bytes, type(None)):
        text = repr(arguments[0]) if isinstance(value, KeyError) else str(arguments[0])
        return "%s: %s" % (name, text[:500]) if text else name
    plain = all(type(a) in (str, int, float, bool, bytes, type(None)) for a in arguments)
    return "%s: %r" % (name, arguments) if arguments and plain else name


_PLAIN_STR = (BaseException.__str__, KeyError.__str__)


class Hook(object):
    """Installs itself as the trace function of this thread.

    `wanted(code)` says whether a call of the code may begin a trace and returns its attributes, or None;
    `shown(code)` says whether steps inside the code belong to a trace that runs.
    """

    def __init__(self, recorder, wanted, shown):
        self._recorder = recorder
        self._wanted = wanted
        self._shown = shown
        self._stack = []
        self.broken = None

    def install(self):
        """Start looking."""
        sys.settrace(self._global)

    def remove(self):
        """Stop looking; a trace that is open ends as it is."""
        sys.settrace(None)
        if self._recorder.open:
            self._recorder.full = self._recorder.full or "interrupted"
            self._recorder.end()
        self._stack = []

    def _global(self, frame, event, argument):
        try:
            return self._enter(frame)
        except Exception as error:
            return self._give_up(error)

    def _enter(self, frame):
        code = frame.f_code
        if not self._stack:
            attributes = self._wanted(code)
            if attributes is None:
                return None
            self._recorder.begin(attributes)
        elif not self._shown(code) or len(self._stack) > self._recorder.limits.depth or self._recorder.full:
            return None
        if code.co_flags & _SUSPENDING:
            if not self._stack:
                self._recorder.full = "suspends"
                self._recorder.end()
            return None
        self._stack.append(frame)
        self._recorder.call(frame)
        return self._local

    def _local(self, frame, event, argument):
        try:
            self._step(frame, event, argument)
        except Exception as error:
            return self._give_up(error)
        return self._local

    def _step(self, frame, event, argument):
        if not self._stack or frame is not self._stack[-1]:
            return
        if event == "line":
            self._recorder.line(frame)
        elif event == "exception":
            self._recorder.leave("x", frame, exception_text(argument[0], argument[1]))
        elif event == "return":
            if argument is None and not _returns(frame):
                self._recorder.unwind()
            else:
                self._recorder.leave("r", frame, argument)
            self._stack.pop()
            if not self._stack:
                self._recorder.end()

    def _give_up(self, error):
        sys.settrace(None)
        self.broken = "%s: %s" % (type(error).__name__, error)
        if self._recorder.open:
            self._recorder.full = "broken"
            self._recorder.end()
        self._stack = []
        return None


_RETURNS = frozenset(
    dis.opmap[name]
    for name in ("RETURN_VALUE", "RETURN_CONST", "INSTRUMENTED_RETURN_VALUE", "INSTRUMENTED_RETURN_CONST")
    if name in dis.opmap
)


def _returns(frame):
    """Say whether the frame's last instruction is a return: an exception that passes through stops elsewhere."""
    return frame.f_code.co_code[frame.f_lasti] in _RETURNS
