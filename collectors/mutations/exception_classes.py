"""Exception classes: a handler that takes too much or too little, a raise of the wrong class."""

import ast
from collections.abc import Iterator

from collectors.mutations.mutation import Mutation
from collectors.mutations.source_text import SourceText

_WIDER = {
    "KeyError": "LookupError", "IndexError": "LookupError", "LookupError": "Exception", "UnicodeDecodeError": "ValueError",
    "UnicodeEncodeError": "ValueError", "ValueError": "Exception", "TypeError": "Exception", "AttributeError": "Exception",
    "FileNotFoundError": "OSError", "PermissionError": "OSError", "OSError": "Exception", "ImportError": "Exception",
    "ModuleNotFoundError": "ImportError", "ZeroDivisionError": "ArithmeticError", "OverflowError": "ArithmeticError",
    "StopIteration": "Exception", "RuntimeError": "Exception", "NotImplementedError": "RuntimeError",
}  # fmt: skip
_NARROWER = {
    "Exception": "ValueError", "BaseException": "Exception", "LookupError": "KeyError", "ValueError": "UnicodeError",
    "OSError": "FileNotFoundError", "ArithmeticError": "ZeroDivisionError", "ImportError": "ModuleNotFoundError",
    "KeyError": "IndexError", "IndexError": "KeyError", "TypeError": "ValueError", "AttributeError": "KeyError",
}  # fmt: skip
_RAISED = {
    "ValueError": "TypeError", "TypeError": "ValueError", "KeyError": "IndexError", "IndexError": "KeyError",
    "AttributeError": "TypeError", "RuntimeError": "ValueError", "NotImplementedError": "TypeError",
    "LookupError": "ValueError", "StopIteration": "RuntimeError", "OSError": "ValueError", "ImportError": "RuntimeError",
}  # fmt: skip


def exception_classes(text: SourceText, node: ast.AST) -> Iterator[Mutation]:
    """Yield `widened-exception`, `narrowed-exception` and `wrong-exception`."""
    if isinstance(node, ast.ExceptHandler) and node.type is not None:
        name = text.text(node.type)
        for operator, table in (("widened-exception", _WIDER), ("narrowed-exception", _NARROWER)):
            if name in table:
                yield text.edit(operator, text.span(node.type), table[name])
        if isinstance(node.type, ast.Tuple) and len(node.type.elts) > 1:
            for kept in node.type.elts[:2]:
                yield text.edit("narrowed-exception", text.span(node.type), text.text(kept))
    elif isinstance(node, ast.Raise) and node.exc is not None:
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        other = _RAISED.get(text.text(raised))
        if other is not None:
            yield text.edit("wrong-exception", text.span(raised), other)


def related(name: str) -> list[str]:
    """Return the classes that one of the operators has for this one, or for which it has this one."""
    tables = (_WIDER, _NARROWER, _RAISED)
    back = [other for table in tables for other, found in table.items() if found == name]
    return list(dict.fromkeys([*back, *(table[name] for table in tables if name in table)]))
