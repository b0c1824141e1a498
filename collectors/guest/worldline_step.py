"""Step: what happens at each line of a traced function: nearly all of the tracer's time is spent here.

Standard library only; Python 3.8 and newer.
"""

from worldline_kinds import LEAF_IDS
from worldline_scope import NO_LEAF
from worldline_stream import LINE

_UNBOUND = object()
_SMALL = 1 << 63


def line_recorder(recorder, stream):
    """Return `line(scope, number)`, which records the state of the innermost scope before a line runs.

    One long function that keeps what it needs in cells: in pieces it takes half as long again.
    """
    kinds, numbered = stream.kinds, recorder.numbered
    add_kind, add_code, add_line, add_count = kinds.append, stream.codes.append, stream.lines.append, stream.counts.append
    add_name, add_text = stream.names.append, stream.texts.append

    def line(scope, number):
        last = scope.line
        scope.line = number
        if len(kinds) >= recorder.stop and not recorder.room():
            return
        count = 0
        if scope.fresh:
            scope.fresh = False
        elif scope.lines is None:
            count = recorder.look_at_names(scope)
        else:
            lines, others = scope.lines, scope.others
            try:
                bound, leaves_needed = lines.by_line[last]
            except KeyError:
                bound, leaves_needed = lines.all
            if (others or lines.cells) and (leaves_needed is None or not leaves_needed.isdisjoint(others)):
                count = look(recorder, scope, stirred(scope, bound))
            elif bound:
                values, leaves, texts = scope.frame.f_locals, scope.leaves, scope.texts
                for slot, name in bound:
                    value = values.get(name, _UNBOUND)
                    if value is leaves[slot]:
                        continue
                    if type(value) is not int or not -_SMALL < value < _SMALL or others:
                        count += look(recorder, scope, bound)
                        break
                    leaves[slot] = value
                    text = repr(value)
                    if text != texts[slot]:
                        texts[slot] = text
                        add_name(lines.numbers[slot] or numbered(lines, slot))
                        add_text(text)
                        recorder.left -= len(text)
                        count += 1
                if recorder.left < 0:
                    recorder.stop = -1
        add_kind(LINE)
        add_code(scope.number)
        add_line(number)
        add_count(count)

    return line


def stirred(scope, bound):
    """Return the bound slots, and with them those of cells and of what is no leaf and not surely unchanged, in order."""
    values, lines, more = scope.frame.f_locals, scope.lines, None
    for slot, node in scope.others.items():
        value = values.get(lines.names[slot])
        if id(value) != node.address or not node.same(value):
            more = {slot} if more is None else more | {slot}
    if more is None and not lines.cells:
        return bound
    slots = {slot for slot, _ in bound}
    slots.update(lines.cells, more or ())
    return [(slot, lines.names[slot]) for slot in sorted(slots)]


def look(recorder, scope, slots):
    """Write what has changed in the slots of a scope, given with their names, and return how many changes there are."""
    if not slots:
        return 0
    values, texts, leaves, others = scope.frame.f_locals, scope.texts, scope.leaves, scope.others
    count, gone = 0, None
    for slot, name in slots:
        value = values.get(name, _UNBOUND)
        if value is leaves[slot]:
            continue
        if value is _UNBOUND:
            if texts[slot] is not None:
                gone = [slot] if gone is None else gone + [slot]
            continue
        if id(type(value)) in LEAF_IDS:
            text, short = recorder.leaf(value)
            leaves[slot] = value
            others.pop(slot, None)
        else:
            known = others.get(slot)
            if known is not None and known.address == id(value) and known.same(value):
                continue
            known = recorder.node(value)
            text, short = known.text, known.short
            if known.held is None:
                leaves[slot] = NO_LEAF
                others[slot] = known
            else:
                leaves[slot] = value
                others.pop(slot, None)
        if text != texts[slot]:
            texts[slot] = text
            recorder.change(scope.lines, slot, text)
            recorder.cut += short
            count += 1
    return count if gone is None else count + _forget(recorder, scope, gone)


def _forget(recorder, scope, slots):
    for slot in slots:
        scope.texts[slot], scope.leaves[slot] = None, NO_LEAF
        scope.others.pop(slot, None)
        recorder.change(scope.lines, slot, "")
    return len(slots)
