"""Step: what happens at each line of a traced function: nearly all of the tracer's time is spent here.

Standard library only; Python 3.8 and newer.
"""

from worldline_effects import are_pure
from worldline_kinds import LEAF_IDS
from worldline_scope import NO_LEAF
from worldline_stream import LINE

_UNBOUND = object()
# What the interpreter compares fastest.
_SMALL = 1 << 30
# The most characters of such an integer, and what must be left for those that are not counted one by one.
SMALLEST = 11
SPARE = 256 * SMALLEST


def line_recorder(recorder, stream, look):
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
                value = scope.frame.f_locals.get(name, _UNBOUND)
                if value is scope.leaves[slot]:
                    pass
                elif type(value) is int and -_SMALL < value < _SMALL:
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

    def look_around(scope, bound, others):
        """Write what has changed where more than the names that a line binds can have changed."""
        if scope.apart:
            return look_apart(recorder, scope)
        needed, around, builtins = others
        if scope.raised:
            needed, scope.raised = None, False
        values, others = scope.frame.f_locals, scope.others
        if needed is not None and needed.isdisjoint(others) and (not builtins or are_pure(scope.frame, builtins)):
            return look(scope, bound, values) if bound else 0
        names, stale = scope.lines.names, None
        for slot, node in others.items():
            value = values.get(names[slot], _UNBOUND)
            if id(value) != node.address or not node.same(value):
                stale = [slot] if stale is None else stale + [slot]
        if stale is None:
            return look(scope, around, values) if around else 0
        slots = sorted({(slot, names[slot]) for slot in stale}.union(around))
        return look(scope, slots, values, stale)

    return line


def look_apart(recorder, scope):
    """Write what has changed in a scope whose names are a dictionary's; a fresh scope was shown whole by its call."""
    if scope.lines is None:
        return recorder.look_at_names(scope)
    scope.apart, scope.guarded = False, scope.others or scope.lines.cells
    return 0


def looker(recorder, stream, snapshot):
    """Return `look(scope, slots, values, stale)`, which writes what has changed in the slots, given with their names.

    It returns how many changes there are. What is no leaf is known to be unchanged where its slot is not `stale`.
    """
    add_name, add_text, leaf, cut = stream.names.append, stream.texts.append, snapshot.leaf, snapshot.cut
    longest, characters = snapshot.longest, snapshot.bounds.characters

    def look(scope, slots, values, stale=()):
        texts, leaves, others = scope.texts, scope.leaves, scope.others
        count, gone = 0, None
        for slot, name in slots:
            value = values.get(name, _UNBOUND)
            if value is leaves[slot] or (slot in others and slot not in stale):
                continue
            kind, short = type(value), False
            if (kind is int and -_SMALL < value < _SMALL) or (kind is str and len(value) <= longest):
                text, leaves[slot] = repr(value), value
                if len(text) > characters:
                    text, short = cut(text, False)
                if slot in others:
                    del others[slot]
            elif id(kind) in LEAF_IDS:
                text, short = leaf(value)
                leaves[slot] = value
                others.pop(slot, None)
            elif value is _UNBOUND:
                if texts[slot] is not None:
                    gone = [slot] if gone is None else gone + [slot]
                continue
            else:
                node = recorder.node(value, others.get(slot))
                text, short = node.text, node.short
                if node.held is None:
                    leaves[slot] = NO_LEAF
                    others[slot] = node
                else:
                    leaves[slot] = value
                    others.pop(slot, None)
            before = texts[slot]
            if text != before and (type(before) is not int or text != str(before)):
                texts[slot] = text
                add_name(scope.numbers[slot] or recorder.numbered(scope.lines, slot))
                add_text(text)
                recorder.left -= len(text)
                if short:
                    recorder.cut += 1
                count += 1
        scope.guarded = others or scope.lines.cells
        if recorder.left < SPARE:
            recorder.stop = -1
        return count if gone is None else count + forget(scope, gone)

    def forget(scope, slots):
        for slot in slots:
            scope.texts[slot], scope.leaves[slot] = None, NO_LEAF
            scope.others.pop(slot, None)
            scope.guarded = scope.others or scope.lines.cells
            add_name(scope.numbers[slot] or recorder.numbered(scope.lines, slot))
            add_text("")
        return len(slots)

    return look
