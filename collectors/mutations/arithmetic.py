"""Arithmetic: another operator, operands exchanged, a term left out, a sign lost, a number or a truth value changed."""

import ast
from collections.abc import Iterator

from collectors.mutations.comparisons import between
from collectors.mutations.mutation import Mutation
from collectors.mutations.source_text import SourceText

_OTHER = {
    "+": "-", "-": "+", "*": "+", "/": "//", "//": "/", "%": "//", "**": "*", "@": "*",
    "&": "|", "|": "&", "^": "|", "<<": ">>", ">>": "<<",
}  # fmt: skip
_ASSIGNED = {f"{sign}=": f"{other}=" for sign, other in _OTHER.items()} | {"+=": "-=", "-=": "+="}
_ORDERED = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.LShift, ast.RShift)


def arithmetic(text: SourceText, node: ast.AST) -> Iterator[Mutation]:
    """Yield `arithmetic-operator`, `augmented-assignment`, `swapped-operands`, `dropped-term`, `dropped-sign`."""
    if isinstance(node, ast.BinOp):
        if not (isinstance(node.op, ast.Mod) and _is_text(node.left)):
            yield from between(text, "arithmetic-operator", (node.left, node.right), _OTHER)
        if isinstance(node.op, _ORDERED) and not _is_text(node.left):
            yield text.swap("swapped-operands", node.left, node.right)
        sums = isinstance(node.op, (ast.Add, ast.Sub))
        if isinstance(node.left, ast.BinOp) or (sums and isinstance(node.right, ast.Constant)):
            yield text.edit("dropped-term", (text.span(node.left)[1], text.span(node)[1]), "", runs_at=node.lineno)
    elif isinstance(node, ast.AugAssign):
        yield from between(text, "augmented-assignment", (node.target, node.value), _ASSIGNED)
        yield from between(text, "augmented-assignment", (node.target, node.value), dict.fromkeys(_ASSIGNED, "="))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Invert)):
        yield text.edit("dropped-sign", text.span(node), text.text(node.operand))


def literals(text: SourceText, node: ast.AST) -> Iterator[Mutation]:
    """Yield `integer-literal`, one more or less, and `boolean-literal`; defaults of parameters have their own operator."""
    if not isinstance(node, ast.Constant) or isinstance(text.parent(node), (ast.arguments, ast.Slice)):
        return
    if type(node.value) is bool:
        yield text.edit("boolean-literal", text.span(node), str(not node.value))
    elif type(node.value) is int and text.text(node).isdigit():
        yield text.edit("integer-literal", text.span(node), str(node.value + 1))
        if node.value > 0:
            yield text.edit("integer-literal", text.span(node), str(node.value - 1))


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)))
