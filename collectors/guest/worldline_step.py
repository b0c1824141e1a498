"""Step: what happens at each line of a traced function: nearly all of the tracer's time is spent here and in what it calls.

Standard library only; Python 3.8 and newer.
"""

from worldline_look import SMALL, UNBOUND
from worldline_stream import LINE


def line_recorder(recorder, stream, look, look_around):
    """Return `line(key, number)`: in one piece with its state in cells, since in several it takes half as long again."""
    # Where a list's own `append` is called by its name, the interpreter has an instruction of its own for it.
    kinds, codes, lines, counts, names, texts = (
        stream.kinds, stream.codes, stream.lines, stream.counts, stream.names, stream.texts,
    )  # fmt: skip

    def line(key, number):
        scope = recorder.scope
        if scope is None or key is not scope.key:
            return
        try:
            last, scope.line, count = scope.line, number, 0
            if len(kinds) >= recorder.stop and not recorder.room():
                return
            try:
                slot, name, bound, others = scope.by_line[last]
            except KeyError:
                slot, name, bound, others = scope.anywhere
            if scope.guarded:
                count = look_around(scope, bound, others)
            elif slot is not None:
                value = scope.frame.f_locals.get(name, UNBOUND)
                if value is scope.leaves[slot]:
                    pass
                elif type(value) is int and -SMALL < value < SMALL:
                    scope.leaves[slot] = value
                    before = scope.texts[slot]
                    if value != before and (type(before) is int or str(value) != before):
                        scope.texts[slot], count = value, 1
                        names.append(scope.numbers[slot] or recorder.numbered(scope.lines, slot))
                        texts.append(value)
                else:
                    count = look(scope, bound, scope.frame.f_locals)
            elif bound:
                count = look(scope, bound, scope.frame.f_locals)
            kinds.append(LINE)
            codes.append(scope.number)
            lines.append(number)
            counts.append(count)
        except BaseException as error:
            recorder.failed(error)

    return line
