"""Step: what happens at each line of a traced function: nearly all of the tracer's time is spent here and in what it calls.

Standard library only; Python 3.8 and newer.
"""

from worldline_look import LEAST, SMALL, UNBOUND
from worldline_stream import LINE, packed

# For code whose names are a dictionary's.
_NOTHING = (None, None, None, None, None)


def line_recorder(recorder, stream, look, look_around):
    """Return `line(key, number)`: in one piece with its state in cells, since in several it takes half as long again."""
    # Where a list's own `append` is called by its name, the interpreter has an instruction of its own for it.
    events, names, texts = stream.events, stream.names, stream.texts

    def line(key, number):
        scope = recorder.scope
        if scope is None or key is not scope.key:
            return
        try:
            last, scope.line = scope.line, number
            if len(events) >= recorder.stop and not recorder.room():
                return
            try:
                slot, name, bound, free, others = scope.by_line[last]
            except KeyError:
                slot, name, bound, free, others = _NOTHING if scope.lines is None else scope.lines.unknown()
            if scope.guarded and (free is None or scope.raised or scope.apart or not free.isdisjoint(scope.others)):
                count = look_around(scope, bound, others)
            elif slot is not None:
                try:
                    value, old = scope.frame.f_locals[name], scope.leaves[slot]
                except KeyError:
                    value, old = UNBOUND, None
                if value is old:
                    count = 0
                elif type(value) is int and type(old) is int and LEAST <= value <= SMALL:
                    scope.leaves[slot] = value
                    if value != old:
                        # An integer was shown there, so that its name has a number.
                        scope.texts[slot] = value
                        names.append(scope.numbers[slot])
                        texts.append(value)
                        events.append(scope.one[number])
                        return
                    count = 0
                else:
                    count = look(scope, bound, scope.frame.f_locals)
            elif bound:
                count = look(scope, bound, scope.frame.f_locals)
            else:
                count = 0
            events.append(packed(LINE, scope.shown.number, number, count) if count else scope.quiet[number])
        except BaseException as error:
            recorder.failed(error)

    return line
