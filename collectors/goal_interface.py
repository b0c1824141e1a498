"""Goal interface: the signatures that hidden tests call and the state of a task lacks, without which no one could guess them."""

import ast
import re
from collections.abc import Iterator, Mapping


def missing_interface(start: Mapping[str, str], solved: Mapping[str, str], tests: Mapping[str, str]) -> list[str]:
    """Return the definitions of public functions and classes, with their files, that only `solved` has and the tests name.

    A function that is in both is among them too when its parameters have other names: another default may be the fix.
    """
    words = {word for text in tests.values() for word in re.findall(r"[A-Za-z_]\w*", text)}
    found = []
    for path in sorted(solved):
        known = {name: parameters for name, parameters, _ in _definitions(start.get(path, ""))}
        for name, parameters, signature in _definitions(solved[path]):
            last = name.rpartition(".")[2]
            shown = last in words or (last == "__init__" and name.rpartition(".")[0].rpartition(".")[2] in words)
            if known.get(name) != parameters and shown and (not last.startswith("_") or last == "__init__"):
                found.append(f"{signature}  # {name} in {path}")
    return found


def _definitions(text: str) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Yield the functions and classes, none inside of functions: qualified name, names of parameters, first line."""
    try:
        yield from _inside(ast.parse(text), "")
    except (SyntaxError, ValueError, RecursionError):
        return


def _inside(node: ast.AST, prefix: str) -> Iterator[tuple[str, tuple[str, ...], str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            returns = f" -> {ast.unparse(child.returns)}" if child.returns else ""
            word = "async def" if isinstance(child, ast.AsyncFunctionDef) else "def"
            names = tuple(each.arg for each in ast.walk(child.args) if isinstance(each, ast.arg))
            yield prefix + child.name, names, f"{word} {child.name}({ast.unparse(child.args)}){returns}: ..."
        elif isinstance(child, ast.ClassDef):
            bases = f"({', '.join(map(ast.unparse, child.bases))})" if child.bases else ""
            yield prefix + child.name, (), f"class {child.name}{bases}: ..."
            yield from _inside(child, f"{prefix}{child.name}.")
        elif isinstance(child, (ast.If, ast.Try)):
            yield from _inside(child, prefix)
