"""Look: writes what has changed in some names of a scope. Standard library only; Python 3.8 and newer."""

from worldline_kinds import LEAF_IDS
from worldline_scope import NO_LEAF

UNBOUND = object()
# Integers up to here are what the interpreter compares fastest.
SMALL = (1 << 30) - 1
LEAST = -SMALL
# The most characters of such an integer, and what must be left for those that are not counted one by one.
SMALLEST = 11
SPARE = 256 * SMALLEST


def looker(recorder, stream, snapshot):
    """Return `look(scope, slots, values, stale)`, which writes what has changed in the slots, given with their names.

    It returns how many changes there are. What is no leaf is known to be unchanged where its slot is not `stale`.
    """
    add_name, add_text, leaf, cut = stream.names.append, stream.texts.append, snapshot.leaf, snapshot.cut
    longest, characters = snapshot.longest, snapshot.bounds.characters

    def look(scope, slots, values, stale=()):
        texts, leaves, others, count, gone = scope.texts, scope.leaves, scope.others, 0, None
        for slot, name in slots:
            value = values.get(name, UNBOUND)
            if value is leaves[slot] or (slot in others and slot not in stale):
                continue
            kind, short = type(value), False
            if (kind is int and LEAST <= value <= SMALL) or (kind is str and len(value) <= longest):
                text, leaves[slot] = repr(value), value
                if len(text) > characters:
                    text, short = cut(text, False)
                if slot in others:
                    del others[slot]
            elif id(kind) in LEAF_IDS:
                (text, short), leaves[slot] = leaf(value), value
                others.pop(slot, None)
            elif value is UNBOUND:
                gone = gone if texts[slot] is None else [*(gone or ()), slot]
                continue
            else:
                node = recorder.node(value, others.get(slot))
                text, short = node.text, node.short
                if node.held is None:
                    leaves[slot], others[slot] = NO_LEAF, node
                else:
                    leaves[slot] = value
                    others.pop(slot, None)
            before = texts[slot]
            if text is not before and text != before and (type(before) is not int or text != repr(before)):
                texts[slot], number = text, scope.numbers[slot]
                add_name(recorder.numbered(scope.lines, slot) if number is None else number)
                add_text(text)
                recorder.left -= len(text)
                count += 1
                recorder.cut += short
        scope.guarded = others or scope.lines.cells
        if recorder.left < SPARE:
            recorder.stop = -1
        return count if gone is None else count + _forget(recorder, stream, scope, gone)

    return look


def _forget(recorder, stream, scope, slots):
    """Write that names are gone, and return how many."""
    for slot in slots:
        scope.texts[slot], scope.leaves[slot] = None, NO_LEAF
        scope.others.pop(slot, None)
        stream.names.append(recorder.numbered(scope.lines, slot))
        stream.texts.append("")
    scope.guarded = scope.others or scope.lines.cells
    return len(slots)
