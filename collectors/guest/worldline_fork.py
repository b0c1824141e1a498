"""Fork: tells hooks when this process has become a child of itself.

Standard library only; Python 3.8 and newer.
"""

import os
import weakref

_hooks = weakref.WeakSet()
_watched = []


def watch_forks(hook):
    """Have `hook.forked()` called in a child that this process forks."""
    _hooks.add(hook)
    # What is registered stays for the life of the process: so it is one function, which holds no hook.
    if not _watched and hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_tell)
        _watched.append(True)


def _tell():
    for hook in list(_hooks):
        hook.forked()
