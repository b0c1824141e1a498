"""The C engine's hook: the same interface as the pure ones, around worldline_tracer.Engine.

Standard library only; Python 3.8 and newer, where the extension was compiled for this interpreter.
"""

import json
import sys

import worldline_tracer
from worldline_hook import about, exception_text
from worldline_kinds import true_text
from worldline_monitoring import Subscription
from worldline_recorder import Limits
from worldline_snapshot import Bounds


def _dumps(value):
    return json.dumps(value, separators=(",", ":")).encode("ascii")


class NativeHook(object):
    """Looks through sys.monitoring where there is one, else as the trace function of this thread."""

    name = "native"

    def __init__(self, write, wanted, shown, limits=None, bounds=None):
        limits, bounds = limits or Limits(), bounds or Bounds()
        self._engine = worldline_tracer.Engine(
            write,
            wanted,
            shown,
            _dumps,
            exception_text,
            about(self),
            (limits.events, limits.size, limits.depth, 0, float(limits.seconds)),
            (bounds.depth, bounds.items, bounds.nodes, bounds.characters),
            true_text if bounds.trusted else None,
        )
        self._subscription = None

    @property
    def broken(self):
        """Return what ended the recording for good, or None."""
        return self._engine.broken

    def install(self):
        """Start looking."""
        if sys.version_info < (3, 12):
            self._engine.attach()
            return
        engine = self._engine
        self._subscription = Subscription(
            start=engine.start,
            line=engine.line,
            jump=engine.jump,
            returned=engine.returned,
            raised=engine.raised,
            unwound=engine.unwound,
        )
        engine.attach(sys.monitoring.DISABLE, self._subscription.instrument)
        self._subscription.open()

    def remove(self):
        """Stop looking; a trace that is open ends as it is."""
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None
        self._engine.detach("interrupted")
