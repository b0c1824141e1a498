"""Hook: what the engines share: putting on and taking off in all threads.

Standard library only; Python 3.8 and newer.
"""

import threading
import weakref

from worldline_fork import watch_forks
from worldline_lane import Lane
from worldline_outlet import Outlet
from worldline_rules import Rules


class _Ending(object):
    """Lies among a thread's own variables, and so ends the thread's lane when the thread ends."""

    def __init__(self, lane):
        self._lane = lane

    def __del__(self):
        self._lane.stop(self._lane.lost)


class Hook(object):
    """The part of an engine that does not depend on how the interpreter tells of its steps.

    `shown(code)` says whether steps inside the code belong to a trace; it is asked once for each code. `wanted(code)` says
    whether a call of such a code begins a trace and returns its attributes, or None: what JSON can hold, or bytes of JSON.
    Both are asked in any thread. A process that the program forks is not traced, unless `child()` is given and returns what
    writes its streams.
    """

    def __init__(self, write, wanted, shown, limits=None, bounds=None, child=None):
        self.rules = Rules(write, wanted, shown, limits, bounds)
        self._child = child
        self._lanes = []
        self._here = threading.local()
        watch_forks(self)
        self.lane()

    @property
    def broken(self):
        """Return what ended the recording for good, or None."""
        return self.rules.broken

    def lane(self):
        """Return the lane of this thread, which is opened when it has none."""
        found = getattr(self._here, "lane", None)
        if found is None:
            found = self._here.lane = self.make_lane()
            self._here.ending = _Ending(found)
            self._lanes.append(weakref.ref(found, self._lanes.remove))
        return found

    def make_lane(self):
        """Return a new lane for this thread."""
        return Lane(self.rules, self.name)

    def install(self):
        """Start looking, in every thread that the interpreter lets us look into."""
        self.rules.installed = True
        try:
            self.put_on()
        except BaseException:
            self.rules.installed = False
            raise

    def remove(self):
        """Stop looking; a trace that is open ends as it is."""
        if self.rules.installed:
            self.rules.installed = False
            self.take_off()
            self._close(lambda lane: lane.close("interrupted"))

    def forked(self):
        """Go silent in a child process, or go on with a stream of its own."""
        installed, self.rules.installed = self.rules.installed, False
        if installed:
            self.take_off()
        self._close(lambda lane: lane.abandon())
        self.rules.outlet.close("forked")
        if self._child is not None:
            self.rules.outlet = Outlet(self._child())
            self._lanes, self._here = [], threading.local()
            if installed:
                self.install()

    def _close(self, close):
        for known in list(self._lanes):
            lane = known()
            if lane is not None:
                close(lane)
