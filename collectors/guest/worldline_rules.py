"""Rules: what all threads of a hook share: which calls begin a trace, which are stepped into, and where the streams go.

Standard library only; Python 3.8 and newer.
"""

import os
import sys

from worldline_outlet import Outlet


class Rules(object):
    """What all threads of a hook share: the answers of `wanted` and `shown`, the bounds, the outlet, and what broke."""

    def __init__(self, write, wanted, shown, limits, bounds):
        self.wanted = wanted
        self.shown = shown
        self.limits = limits
        self.bounds = bounds
        self.outlet = Outlet(write)
        self.installed = False
        self.broken = None
        # What an engine sets that can have no more events made for any thread.
        self.silence = None
        # (whether steps inside are shown, the code itself) by the code's id.
        self.codes = {}
        self._files = {_file(part) for part in (write, wanted, shown)}

    def is_shown(self, code):
        """Say whether steps inside the code belong to a trace."""
        try:
            return self.codes[id(code)][0]
        except KeyError:
            shown = bool(self.shown(code))
            self.codes[id(code)] = (shown, code)
            return shown

    def is_ours(self, error):
        """Say whether an error that came up in a callback is one of the tracer, and not of a signal's handler."""
        if not isinstance(error, Exception):
            return False
        if isinstance(error, RecursionError):
            return True
        last = error.__traceback__
        while last is not None and last.tb_next is not None:
            last = last.tb_next
        file = "" if last is None else last.tb_frame.f_code.co_filename
        return not file or is_guest(file) or file in self._files or file in _CALLED


def _file(callback):
    return getattr(getattr(callback, "__code__", None), "co_filename", None)


_FOLDER = os.path.dirname(os.path.abspath(__file__))
_CALLED = frozenset(
    sys.modules[name].__file__ for name in ("json", "json.encoder", "threading", "os") if name in sys.modules
)


def is_guest(file):
    """Say whether a file is one of the tracer's own."""
    return os.path.dirname(os.path.abspath(file)) == _FOLDER and os.path.basename(file).startswith("worldline_")
