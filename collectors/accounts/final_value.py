"""The final sentence of an account: the one writer of it, its one reader, and when two values are the same."""

import ast
import re
import warnings
from dataclasses import dataclass
from itertools import count

from trajectories.frame import Frame, FrameKind

_VERBS = {FrameKind.RETURN: "returns", FrameKind.EXCEPTION: "raises"}
_OPENING = re.compile(r"\bThe call (returns|raises) (`+)")
_RUNS = re.compile(r"`+")


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalValue:
    """What an account says that the call came to: the text of a value, or `TypeName: message` of an exception."""

    kind: FrameKind
    text: str

    def same(self, other: "FinalValue") -> bool:
        """Say whether both ended alike, with the same value; literals are compared as values, type for type."""
        if self.kind is not other.kind:
            return False
        if self.text == other.text:
            return True
        if self.kind is FrameKind.EXCEPTION:
            return False
        one, two = _literal(self.text), _literal(other.text)
        return one is not None and two is not None and one == two


def code(text: str) -> str:
    """Return the text as inline code, fenced by more backticks than stand in it in a row."""
    runs = {len(run) for run in _RUNS.findall(text)}
    fence = "`" * next(size for size in count(1) if size not in runs)
    pad = " " if text[:1] in ("`", " ") or text[-1:] in ("`", " ") or not text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def true_value(frame: Frame) -> FinalValue:
    """Return what the frame by which an entry function ended says."""
    return FinalValue(kind=frame.kind, text=frame.value or "")


def final_sentence(value: FinalValue) -> str:
    """Return the sentence that ends every account."""
    return f"The call {_VERBS[value.kind]} {code(value.text)}."


def read_final(account: str) -> FinalValue | None:
    """Return the value that the account's last sentence states; None where it does not end in the one fixed form.

    A sentence of that form further up does not count: what follows it may say something else.
    """
    text = account.rstrip()
    for found in reversed(list(_OPENING.finditer(text))):
        fence, start = found[2], found.start(2) + len(found[2])
        closing = next((run for run in _RUNS.finditer(text, start) if run[0] == fence), None)
        if closing is not None and text[closing.end() :] == ".":
            kind = FrameKind.RETURN if found[1] == "returns" else FrameKind.EXCEPTION
            return FinalValue(kind=kind, text=_unpadded(text[start : closing.start()]))
    return None


def _unpadded(text: str) -> str:
    """Return what `code` fenced: a space on both sides is no part of it."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == " " else text


def _literal(text: str) -> tuple[object, ...] | None:
    """Return what stands for the value that a literal writes, so that 1, True and 1.0 differ; None for other text."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _typed(ast.literal_eval(text))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _typed(value: object) -> tuple[object, ...]:
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, *map(_typed, value))
    if isinstance(value, (set, frozenset)):
        return (type(value).__name__, *sorted(map(_typed, value), key=repr))
    if isinstance(value, dict):
        return ("dict", *sorted(((_typed(k), _typed(v)) for k, v in value.items()), key=repr))
    return (type(value).__name__, repr(value))
