"""Session: one program of the user's under the tracer: what is recorded, how the program ended, and what stops it early.

Standard library only; Python 3.8 and newer.
"""

import json
import os
import resource
import signal
import sys
import traceback

from worldline_engines import make_hook
from worldline_recorder import Limits

_HERE = os.path.dirname(os.path.abspath(__file__))
# CPU seconds after which a signal that met the tracer itself is handled, and after which the kernel takes over.
_SOON = 0.002
_GRACE = 2


class Session(object):
    """Records into the file `output`, and writes into the file `ended` how the program ended; both belong to one process."""

    def __init__(self, settings):
        self._process = os.getpid()
        self._output = open(settings["output"], "ab")
        self._ended = settings["ended"]
        self._settings = settings
        self._pending = None
        self.about = {}
        self._wanted = self._shown = None
        # Made while our folder is on sys.path, from which the engines import each other.
        choice = {"engine": settings.get("engine"), "native": settings.get("native")}
        self.hook = make_hook(
            self._write,
            lambda code: self._wanted(code),
            lambda code: self._shown(code),
            Limits(**settings["limits"]),
            **choice,
        )

    def prepare(self, wanted, shown):
        """Say where a trace begins and which code it shows; see Hook. What stops the program early is in place afterwards."""
        self._wanted, self._shown = wanted, shown
        self._guard()

    def run(self, action):
        """Call the action under the tracer and return the exit code that the program asked for."""
        self.hook.install()
        try:
            action()
        except SystemExit as error:
            self.hook.remove()
            return self._exited(error.code)
        except BaseException as error:
            self.hook.remove()
            if sys.excepthook is not sys.__excepthook__:
                sys.excepthook(type(error), error, error.__traceback__)
            self.end("raised", _said(error))
            return 130 if isinstance(error, KeyboardInterrupt) else 1
        self.hook.remove()
        self.end("returned", None)
        return 0

    def _exited(self, code):
        number = int(code) if isinstance(code, int) else int(code is not None)
        if code is not None and not isinstance(code, int):
            sys.stderr.write("%s\n" % (code,))
        self.end("exited", number)
        return number

    def end(self, how, detail):
        """State how the program ended."""
        if os.getpid() != self._process:
            return
        with open(self._ended + ".part", "w") as handle:
            json.dump(dict(self.about, how=how, detail=detail), handle)
        os.replace(self._ended + ".part", self._ended)

    def _write(self, data):
        # A forked child has the tracer too; what it does is another process's story.
        if os.getpid() == self._process:
            self._output.write(data)
            self._output.flush()

    def _stop(self, how, detail):
        if os.getpid() == self._process:
            self.hook.remove()
            self.end(how, detail)

    def _guard(self):
        """End the program after its CPU time, and keep what was recorded when it leaves by `os._exit`."""
        leave = os._exit

        def leave_recorded(status):
            self._stop("exited", status)
            leave(status)

        def out_of_time(number, frame):
            if _is_ours(frame):
                signal.setitimer(signal.ITIMER_PROF, _SOON)
            elif self._pending is not None:
                self._pending, left = None, self._pending
                signal.setitimer(signal.ITIMER_PROF, left)
                raise KeyboardInterrupt
            else:
                self._stop("stopped", None)
                sys.stdout.flush()
                leave(0)

        def interrupted(number, frame):
            if not _is_ours(frame):
                raise KeyboardInterrupt
            left, _ = signal.setitimer(signal.ITIMER_PROF, _SOON)
            self._pending = max(left, _SOON)

        os._exit = leave_recorded
        signal.signal(signal.SIGPROF, out_of_time)
        # The C engine cannot be met in the middle of its work, and our handler would be seen in tracebacks.
        if self.hook.name != "native" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, interrupted)
        seconds = self._settings["seconds"]
        signal.setitimer(signal.ITIMER_PROF, seconds)
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        bound = int(seconds) + _GRACE
        resource.setrlimit(resource.RLIMIT_CPU, (bound if hard < 0 else min(bound, hard), hard))


def _said(error):
    """Return the last line of what the interpreter would print; the error's own `__str__` is called, as there."""
    try:
        return traceback.format_exception_only(type(error), error)[-1].strip()
    except Exception:
        return type(error).__name__


def _is_ours(frame):
    """Say whether the signal met the tracer in the middle of its work, where an exception would be lost."""
    while frame is not None:
        folder, name = os.path.split(frame.f_code.co_filename)
        if folder == _HERE and (name not in _OUTSIDE or frame.f_code.co_name == "_write"):
            return True
        frame = frame.f_back
    return False


# Files whose functions the program runs under, not those that run under the program.
_OUTSIDE = ("worldline_session.py", "worldline_trace_command.py")
