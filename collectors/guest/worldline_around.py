"""Around: what is looked at where a line can have changed more than the names that it binds.

Standard library only; Python 3.8 and newer.
"""

from worldline_effects import are_pure
from worldline_look import LEAST, SMALL, UNBOUND


def around_looker(recorder, stream, look):
    """Return `look_around(scope, bound, others)`, which writes what has changed and returns how many changes there are."""
    names, texts = stream.names, stream.texts

    def look_at(scope, slots, values):
        if len(slots) != 1:
            return look(scope, slots, values) if slots else 0
        slot, name = slots[0]
        value, old = values.get(name, UNBOUND), scope.leaves[slot]
        if value is old:
            return 0
        if type(value) is int and type(old) is int and LEAST <= value <= SMALL:
            scope.leaves[slot] = value
            if value == old:
                return 0
            scope.texts[slot] = value
            names.append(scope.numbers[slot])
            texts.append(value)
            return 1
        return look(scope, slots, values)

    def look_around(scope, bound, others):
        if scope.apart:
            return _look_apart(recorder, scope)
        needed, around, builtins = others
        if scope.raised:
            needed, scope.raised = None, False
        frame, others = scope.frame, scope.others
        if needed is not None and needed.isdisjoint(others) and (not builtins or are_pure(frame, builtins)):
            return look_at(scope, bound, frame.f_locals)
        values, known, stale = frame.f_locals, scope.lines.names, None
        for slot, node in others.items():
            value = values.get(known[slot], UNBOUND)
            if id(value) != node.address or not node.same(value):
                stale = [slot] if stale is None else [*stale, slot]
        if stale is None:
            return look_at(scope, around, values)
        slots = sorted({(slot, known[slot]) for slot in stale}.union(around)) if around else _named(stale, known)
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
