"""Context: the source text of a trace, parsed as far as it parses, with its lines counted from 1."""

import ast
import functools
import io
import re
import tokenize
import warnings
from collections.abc import Iterator

from collectors.source_context import START

# A block of which a string has lines with less indentation than the block itself is found by trying longer ones.
_LONGER = 6
# Nodes of which a tree holds one for many places, and which have no place of their own.
_SHARED = (ast.expr_context, ast.operator, ast.boolop, ast.unaryop, ast.cmpop)
_GOES_ON = (")", "]", "}", "else:", "elif ", "except", "finally:", "@")


class Context:
    """The lines of a source context without the start-of-trace comment, and what stands above each syntax node."""

    def __init__(self, source: str) -> None:
        self.lines = source.replace(START, "").split("\n")
        self.trees = list(_trees(self.lines))
        self.parents: dict[ast.AST, tuple[ast.AST, str]] = {}
        waiting: list[ast.AST] = [*self.trees]
        while waiting:
            parent = waiting.pop()
            for field, value in ast.iter_fields(parent):
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST) and not isinstance(child, _SHARED):
                        self.parents[child] = (parent, field)
                        waiting.append(child)
        self.functions = [n for n in self.parents if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]

    def above(self, node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
        """Yield what the node stands in, innermost first: each ancestor with the name of its part that leads to the node."""
        while node in self.parents:
            node, field = self.parents[node]
            yield node, field

    def segment(self, node: ast.AST) -> str:
        """Return the node's source on one line, without comments; one with a string of several lines is written anew."""
        first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
        if first:
            lines = [line.encode() for line in self.lines[first - 1 : last]]
            lines[-1] = lines[-1][: node.end_col_offset]  # type: ignore[attr-defined]
            lines[0] = lines[0][node.col_offset :]  # type: ignore[attr-defined]
            text = _one_line([line.decode() for line in lines])
            if text is not None:
                return text
        text, _, more = ast.unparse(node).partition("\n")
        return f"{text} …" if more else text


def _one_line(lines: list[str]) -> str | None:
    """Return lines of code as one, None where a string spans them."""
    if len(lines) == 1:
        return lines[0]
    ends = [len(line) for line in lines]
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(lines)).readline):
            if token.type == tokenize.COMMENT:
                ends[token.start[0] - 1] = token.start[1]
            elif token.start[0] != token.end[0] and token.type == tokenize.STRING:
                return None
    except (tokenize.TokenError, SyntaxError):
        return None
    text = " ".join(
        line[:end].strip().rstrip("\\ ") for line, end in zip(lines, ends, strict=True) if line[:end].strip()
    )
    return re.sub(r"(?<=[(\[{]) | (?=[)\]}])", "", text) if "'" not in text and '"' not in text else text


@functools.lru_cache(maxsize=64)
def read_context(source: str) -> Context:
    """Return the context of this source text."""
    return Context(source)


def _trees(lines: list[str]) -> Iterator[ast.Module]:
    whole = _parsed(lines, 0, len(lines))
    if whole is not None:
        yield whole
        return
    at = 0
    while at < len(lines):
        if _empty(lines[at]):
            at += 1
            continue
        end = _end(lines, at)
        for _ in range(_LONGER):
            tree = _parsed(lines, at, end)
            if tree is not None or end >= len(lines):
                break
            end = _end(lines, end)
        if tree is not None:
            yield tree
        at = end if tree is not None else _end(lines, at)


def _end(lines: list[str], first: int) -> int:
    """Return where the block that begins at a line ends: at the next line that is indented no deeper and begins anew."""
    indent, decorated = _indent(lines[first]), lines[first].lstrip().startswith("@")
    at = first + 1
    while at < len(lines):
        line = lines[at]
        if not _empty(line) and _indent(line) <= indent:
            text = line.lstrip()
            if not decorated and (_indent(line) < indent or not text.startswith(_GOES_ON[:-1])):
                break
            decorated = decorated and text.startswith(("@", ")"))
        at += 1
    return at


def _empty(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _parsed(lines: list[str], first: int, end: int) -> ast.Module | None:
    """Return the tree of some lines, its line numbers those of the context; None for what is no Python."""
    shown = next((line for line in lines[first:end] if not _empty(line)), "")
    inside = shown[:1] in (" ", "\t")
    text = "\n".join([*(["if 1:"] if inside else []), *lines[first:end], ""])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return ast.increment_lineno(tree, first - inside)
