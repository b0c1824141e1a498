"""Lane: what one thread has of a pure engine: its recorder, which writes a stream of its own.

Standard library only; Python 3.8 and newer.
"""

import os
import platform
import sys
import threading
import time

from worldline_recorder import Recorder
from worldline_rules import is_guest

# How long the end of a trace in another thread waits for the event that is being written there.
_PATIENCE = 1.0


def about(engine):
    """Return what a stream says of its writer; the name is that of a thread which the threading module knows."""
    thread = threading.get_ident()
    name = getattr(threading._active.get(thread), "__dict__", {}).get("_name")
    return {
        "engine": engine,
        "python": platform.python_version(),
        "pid": os.getpid(),
        "thread": thread,
        "name": name if type(name) is str else "",
    }


class Lane(object):
    """Takes the calls of its thread, ends its traces, and keeps what breaks them."""

    def __init__(self, rules, engine):
        self.rules = rules
        self.thread = threading.get_ident()
        self.recorder = Recorder(rules.outlet.stream(), about(engine), self.give_up, rules.limits, rules.bounds)

    def entered(self, frame, key):
        """Take a call of code that is shown, and return whether the frame's steps, which come with the key, are recorded."""
        recorder = self.recorder
        scope = recorder.scope
        if scope is not None and frame.f_back is not scope.frame and not is_called_by(frame, scope.frame):
            self.stop(self.lost)
        if recorder.scope is None:
            attributes = self.rules.wanted(frame.f_code)
            if attributes is None:
                return False
            recorder.begin(attributes)
        elif recorder.full or len(recorder.scopes) > recorder.limits.depth:
            return False
        recorder.call(frame, frame.f_lineno, key)
        return True

    # Why steps of the innermost scope can have passed unseen.
    lost = "stack switched"

    def left(self):
        """End the trace when the innermost scope was that of its entry function."""
        if self.recorder.scope is None:
            self.recorder.end()

    def give_up(self, error):
        """End the trace; keep what an error of ours says, and let the program go on untraced; raise one that is not ours."""
        ours = self.rules.is_ours(error)
        self.recorder.mend()
        if ours:
            self.rules.broken = self.rules.broken or "%s: %s" % (type(error).__name__, error)
            self.silence()
        self.stop("broken" if ours else "interrupted")
        if not ours:
            raise error

    def silence(self):
        """Hear no more."""
        self.rules.silence()

    def stop(self, reason):
        """End an open trace before its time, and keep no frame; one that cannot be written any more ends without a word."""
        recorder = self.recorder
        if recorder.open:
            recorder.full = recorder.full or reason
        try:
            recorder.end()
        except Exception as error:
            self.rules.broken = self.rules.broken or "%s: %s" % (type(error).__name__, error)
            recorder.abandon()

    def close(self, reason):
        """End an open trace from whatever thread; a step that is being recorded there comes to its end."""
        if wait_until(self._is_deaf):
            scope = self.recorder.scope
            self.stop(reason if scope is None or _is_on_stack(self.thread, scope.frame) else self.lost)

    def _is_deaf(self):
        if self._is_busy():
            return False
        for scope in list(self.recorder.scopes):
            scope.key = None
        return not self._is_busy()

    def _is_busy(self):
        """Say whether the lane's thread, when it is another one, is inside a callback of ours."""
        frame = None if self.thread == threading.get_ident() else sys._current_frames().get(self.thread)
        scope = self.recorder.scope
        while frame is not None and (scope is None or frame is not scope.frame):
            if is_guest(frame.f_code.co_filename):
                return True
            frame = frame.f_back
        return False

    def abandon(self):
        """Forget an open trace without a word, in a process that is a copy of the one that writes it."""
        self.recorder.abandon()


def wait_until(holds):
    """Return whether the condition comes to hold before patience ends."""
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.001)
    return True


# Up to 3.10 what is thrown into a generator is passed on to the one that it delegates to by its own frame, which then has no
# caller.
_LIVES_ON = 0x20 | 0x80 | 0x200 if sys.version_info < (3, 11) else 0


def is_called_by(frame, other):
    """Say whether a frame is another one or was called by it, as far as that can be told."""
    last = None
    while frame is not None and frame is not other:
        frame, last = frame.f_back, frame
    return frame is other or (last is not None and bool(last.f_code.co_flags & _LIVES_ON))


def _is_on_stack(thread, frame):
    return is_called_by(sys._current_frames().get(thread), frame)
