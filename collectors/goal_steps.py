"""Goal steps: the statements of a test up to the one that fails, which show a failure without the test's name."""

import ast
from textwrap import dedent

_MOST_LINES = 15


def steps_before(text: str, line_number: int) -> str:
    """Return the statements of the function around the line, from its first up to the one that holds the line.

    Empty where no function is around it, or where there are more than 15 lines of them.
    """
    try:
        functions = [n for n in ast.walk(ast.parse(text)) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    except (SyntaxError, ValueError, RecursionError):
        return ""
    around = [f for f in functions if f.body[0].lineno <= line_number <= (f.end_lineno or f.lineno)]
    if not around:
        return ""
    body = max(around, key=lambda function: function.lineno).body
    said = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) and len(body) > 1
    shown = [statement for statement in body[said:] if statement.lineno <= line_number]
    lines = text.split("\n")[shown[0].lineno - 1 : shown[-1].end_lineno] if shown else []
    return dedent("\n".join(lines)).strip("\n") if len(lines) <= _MOST_LINES else ""
