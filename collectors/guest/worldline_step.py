"""Step: what happens at each line of a traced function: nearly all of the tracer's time is spent here.

Standard library only; Python 3.8 and newer.
"""

from worldline_kinds import LEAF_IDS
from worldline_scope import NO_LEAF
from worldline_stream import LINE

_UNBOUND = object()
_SMALL = 1 << 63


def line_recorder(recorder, stream):
    """Return `line(key, number)`: in one piece with its state in cells, since in several it takes half as long again."""
    kinds, numbered = stream.kinds, recorder.numbered
    columns = (kinds, stream.codes, stream.lines, stream.counts, stream.names, stream.texts)
    add_kind, add_code, add_line, add_count, add_name, add_text = [column.append for column in columns]

    def line(key, number):
        scope = recorder.scope
        if scope is None or key is not scope.key:
            return
        try:
            last, scope.line, count = scope.line, number, 0
            if len(kinds) >= recorder.stop and not recorder.room():
                return
            if scope.fresh or scope.lines is None:
                count = look_apart(recorder, scope)
            else:
                lines, others = scope.lines, scope.others
                bound, leaves_needed = lines.by_line.get(last) or lines.all
                if scope.raised:
                    leaves_needed, scope.raised = None, False
                if (others or lines.cells) and (leaves_needed is None or not leaves_needed.isdisjoint(others)):
                    count = look_around(recorder, scope, bound)
                elif bound:
                    values, leaves, texts = scope.frame.f_locals, scope.leaves, scope.texts
                    for slot, name in bound:
                        value = values.get(name, _UNBOUND)
                        if value is leaves[slot]:
                            continue
                        if type(value) is not int or not -_SMALL < value < _SMALL or others:
                            count += look(recorder, scope, bound, values)
                            break
                        leaves[slot], text = value, repr(value)
                        if text != texts[slot]:
                            texts[slot], count = text, count + 1
                            add_name(lines.numbers[slot] or numbered(lines, slot))
                            add_text(text)
                            recorder.left -= len(text)
                    if recorder.left < 0:
                        recorder.stop = -1
            add_kind(LINE)
            add_code(scope.number)
            add_line(number)
            add_count(count)
        except BaseException as error:
            recorder.failed(error)

    return line


def look_apart(recorder, scope):
    """Write what has changed in a scope whose names are a dictionary's; a fresh scope was shown whole by its call."""
    if scope.fresh:
        scope.fresh = False
        return 0
    return recorder.look_at_names(scope)


def look_around(recorder, scope, bound):
    """Write what has changed in the bound slots, in cells and in what is no leaf, and return how many changes there are."""
    values, lines, others, stale = scope.frame.f_locals, scope.lines, scope.others, ()
    for slot, node in others.items():
        value = values.get(lines.names[slot], _UNBOUND)
        if id(value) != node.address or not node.same(value):
            stale = {slot} if not stale else stale | {slot}
    if not stale and not lines.cells:
        return look(recorder, scope, bound, values) if bound else 0
    slots = {slot for slot, _ in bound}
    slots.update(lines.cells, stale)
    return look(recorder, scope, [(slot, lines.names[slot]) for slot in sorted(slots)], values, stale)


def look(recorder, scope, slots, values, stale=()):
    """Write what has changed in the slots of a scope, given with their names, and return how many changes there are.

    What is no leaf is known to be unchanged where its slot is not `stale`.
    """
    texts, leaves, others = scope.texts, scope.leaves, scope.others
    count, gone = 0, None
    for slot, name in slots:
        value = values.get(name, _UNBOUND)
        if value is leaves[slot] or (slot in others and slot not in stale):
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
            node = recorder.node(value, others.get(slot))
            text, short = node.text, node.short
            if node.held is None:
                leaves[slot] = NO_LEAF
                others[slot] = node
            else:
                leaves[slot] = value
                others.pop(slot, None)
        if text != texts[slot]:
            texts[slot] = text
            recorder.change(scope.lines, slot, text)
            if short:
                recorder.cut += 1
            count += 1
    return count if gone is None else count + _forget(recorder, scope, gone)


def _forget(recorder, scope, slots):
    for slot in slots:
        scope.texts[slot], scope.leaves[slot] = None, NO_LEAF
        scope.others.pop(slot, None)
        recorder.change(scope.lines, slot, "")
    return len(slots)
