"""The C engine's hook: the same interface as the pure ones, around worldline_tracer.Engine, of which each thread has one.

Standard library only; Python 3.8 and newer, where the extension was compiled for this interpreter.
"""

import json
import sys

import worldline_tracer
from worldline_exceptions import exception_text
from worldline_hook import Hook
from worldline_kinds import true_text
from worldline_lane import about, wait_until
from worldline_monitoring import Subscription
from worldline_recorder import Limits
from worldline_settrace import ThreadStarter
from worldline_snapshot import Bounds
from worldline_source import source_block


def _dumps(value):
    return json.dumps(value, separators=(",", ":")).encode("ascii")


class _NativeLane(object):
    """What one thread has of the hook: its engine, which writes a stream of its own."""

    lost = "trace function replaced" if sys.version_info < (3, 12) else "stack switched"

    def __init__(self, rules, name):
        limits, bounds = rules.limits or Limits(), rules.bounds or Bounds()
        self.rules = rules
        told = {}
        self.engine = worldline_tracer.Engine(
            (rules.outlet, rules.outlet.open()),
            rules.wanted,
            rules.codes,
            rules.shown,
            lambda payload: source_block(payload, told),
            _dumps,
            exception_text,
            rules.is_ours,
            about(name),
            (limits.events, limits.size, limits.depth, 0, float(limits.seconds)),
            (bounds.depth, bounds.items, bounds.nodes, bounds.characters),
            true_text if bounds.trusted else None,
        )

    def stop(self, reason):
        """End an open trace before its time; one that cannot be written any more ends without a word."""
        self.engine.mute()
        try:
            self.engine.detach(reason)
        except Exception as error:
            self.rules.broken = self.rules.broken or str(error)
        self.rules.broken = self.rules.broken or self.engine.broken

    def close(self, reason):
        """End an open trace from whatever thread, when the step that is being recorded there has come to its end."""
        self.engine.mute()
        if wait_until(lambda: not self.engine.busy):
            self.stop(reason)

    def abandon(self):
        """Forget an open trace without a word, in a process that is a copy of the one that writes it."""
        self.engine.abandon()


class NativeHook(Hook):
    """Looks through sys.monitoring where there is one, else as the trace function of every thread that it can reach."""

    name = "native"

    @property
    def broken(self):
        """Return what ended the recording for good, or None."""
        lanes = [known() for known in list(self._lanes)]
        broken = [lane.engine.broken for lane in lanes if lane is not None and lane.engine.broken]
        return self.rules.broken or (broken[0] if broken else None)

    def make_lane(self):
        """Return a new lane for this thread."""
        return _NativeLane(self.rules, self.name)

    if sys.version_info >= (3, 12):

        def put_on(self):
            """Take a tool number; raise RuntimeError when every one is taken."""
            engine = self._head = self.lane().engine
            self._subscription = Subscription(
                start=engine.start,
                line=engine.line,
                jump=engine.jump,
                returned=engine.returned,
                raised=engine.raised,
                unwound=engine.unwound,
            )
            engine.attach(sys.monitoring.DISABLE, self._subscription.instrument, self._join)
            self._subscription.open()

        def _join(self):
            engine = self.lane().engine
            if not engine.broken and self.rules.installed:
                self._head.admit(engine)

        def take_off(self):
            """Give the tool number back."""
            self._subscription.close()

    else:

        def put_on(self):
            """Become the trace function of this thread and of those to come."""
            self._starter = ThreadStarter(self._begin)
            self._starter.put_on(alone=False)
            self.lane().engine.attach()

        def _begin(self, frame, event, argument):
            engine = self.lane().engine
            if not engine.broken:
                engine.attach()
            return engine(frame, event, argument)

        def take_off(self):
            """Put back what was there, unless the program has set something else meanwhile."""
            self._starter.take_off()
