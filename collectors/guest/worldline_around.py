"""Around: what is looked at where a line can have changed more than the names that it binds.

Standard library only; Python 3.8 and newer.
"""

from worldline_effects import are_pure
from worldline_look import UNBOUND


def around_looker(recorder, look):
    """Return `look_around(scope, bound, others)`, which writes what has changed and returns how many changes there are."""

    def look_around(scope, bound, others):
        if scope.apart:
            return _look_apart(recorder, scope)
        needed, around, builtins = others
        if scope.raised:
            needed, scope.raised = None, False
        frame, others = scope.frame, scope.others
        if needed is not None and needed.isdisjoint(others) and (not builtins or are_pure(frame, builtins)):
            return look(scope, bound, frame.f_locals) if bound else 0
        values, names, stale = frame.f_locals, scope.lines.names, None
        for slot, node in others.items():
            value = values.get(names[slot], UNBOUND)
            if id(value) != node.address or not node.same(value):
                stale = [slot] if stale is None else [*stale, slot]
        if stale is None:
            return look(scope, around, values) if around else 0
        slots = sorted({(slot, names[slot]) for slot in stale}.union(around)) if around else _named(stale, names)
        return look(scope, slots, values, stale)

    return look_around


def _named(slots, names):
    return [(slot, names[slot]) for slot in sorted(slots)]


def _look_apart(recorder, scope):
    """Write what has changed in a scope whose names are a dictionary's; a fresh scope was shown whole by its call."""
    if scope.lines is None:
        return recorder.look_at_names(scope)
    scope.apart, scope.guarded = False, scope.others or scope.lines.cells
    return 0
