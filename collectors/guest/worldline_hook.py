"""Hook: what the engines share: which calls begin a trace and which are stepped into.

Standard library only; Python 3.8 and newer.
"""

import os
import platform
import threading

from worldline_exceptions import exception_text
from worldline_recorder import Recorder

__all__ = ["Hook", "about", "exception_text"]


def about(engine):
    """Return what a stream says of its writer."""
    return {
        "engine": engine.name,
        "python": platform.python_version(),
        "pid": os.getpid(),
        "thread": threading.get_ident(),
    }


class Hook(object):
    """The part of an engine that does not depend on how the interpreter tells of its steps.

    `shown(code)` says whether steps inside the code belong to a trace; it is asked once for each code. `wanted(code)` says
    whether a call of such a code begins a trace and returns its attributes, or None: what JSON can hold, or bytes of JSON.
    """

    def __init__(self, write, wanted, shown, limits=None, bounds=None):
        self.recorder = Recorder(write, about(self), self.give_up, limits, bounds)
        self.wanted = wanted
        self.shown = shown
        self.broken = None
        self._shown = {}

    def is_shown(self, code):
        """Say whether steps inside the code belong to a trace."""
        known = self._shown.get(id(code))
        if known is None:
            known = self._shown[id(code)] = (bool(self.shown(code)), code)
        return known[0]

    def entered(self, frame, key):
        """Take a call, and return whether the frame's steps, which come with the key, are recorded."""
        recorder = self.recorder
        if not self.is_shown(frame.f_code):
            return False
        if recorder.scope is None:
            attributes = self.wanted(frame.f_code)
            if attributes is None:
                return False
            recorder.begin(attributes)
        elif recorder.full or len(recorder.scopes) > recorder.limits.depth:
            return False
        recorder.call(frame, frame.f_lineno, key)
        return True

    def left(self):
        """End the trace when the innermost scope was that of its entry function."""
        if self.recorder.scope is None:
            self.recorder.end()

    def give_up(self, error):
        """Keep what our own error says, end the trace, and let the program go on untraced."""
        self.broken = "%s: %s" % (type(error).__name__, error)
        self.silence()
        self.stop("broken")

    def stop(self, reason):
        """End an open trace before its time, and keep no frame."""
        if self.recorder.open:
            self.recorder.full = self.recorder.full or reason
        self.recorder.end()
