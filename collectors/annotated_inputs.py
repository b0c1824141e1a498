"""Annotated inputs: calls of functions with values that Hypothesis makes from the annotations of their parameters."""

import ast
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from hypothesis.strategies import SearchStrategy

from collectors.annotations import Annotations, UnknownType
from collectors.entry_points import Function
from collectors.function_inputs import FunctionCall, literal

_MOST_CHARACTERS = 200
_BACKEND = "worldline"
_OMITTED = object()
_MOST_REST = 3


class PlainProvider(HypothesisProvider):
    """Hypothesis's own way to choose, without the constants of whatever code is imported: they differ between processes."""

    def _maybe_draw_constant(self, *_: Any, **__: Any) -> None:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatedInputs:
    """The calls, and how many functions have parameters of which no values can be made."""

    calls: list[FunctionCall]
    skipped: int


def annotated_inputs(
    sources: Mapping[str, str], functions: Iterable[Function], *, seed: int, count: int
) -> AnnotatedInputs:
    """Return up to `count` calls of each top-level function all of whose parameters are annotated or have defaults.

    The same seed gives the same calls in every process. Coroutines, generators, functions without parameters and those of
    files that run when they are imported are left out.
    """
    if count < 1:
        return AnnotatedInputs(calls=[], skipped=0)
    wanted = {(f.path, f.first_line): f for f in functions if "." not in f.name}
    calls: list[FunctionCall] = []
    skipped = 0
    for path, source in sorted(sources.items()):
        for node, annotations in _annotated(path, source):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            function = wanted.get((path, first))
            if function is None:
                continue
            try:
                arguments = _arguments(node.args, annotations)
            except UnknownType:
                skipped += 1
                continue
            texts = _drawn(arguments, f"{seed} {path} {function.name}", count)
            calls += [FunctionCall(function=function, arguments=text) for text in texts]
    return AnnotatedInputs(calls=calls, skipped=skipped)


def _annotated(path: str, source: str) -> list[tuple[ast.FunctionDef, Annotations]]:
    """Return the last definition of each top-level function that a call returns from with its result."""
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return []
    if path.endswith("__main__.py"):
        return []
    annotations = Annotations(module)
    found = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    return [(node, annotations) for node in found.values() if _has_parameters(node) and not _yields(node)]


def _has_parameters(node: ast.FunctionDef) -> bool:
    arguments = node.args
    return bool(arguments.posonlyargs or arguments.args or arguments.kwonlyargs or arguments.vararg)


def _yields(node: ast.AST) -> bool:
    inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
    return any(
        isinstance(child, (ast.Yield, ast.YieldFrom)) or (not isinstance(child, inner) and _yields(child))
        for child in ast.iter_child_nodes(node)
    )


def _arguments(arguments: ast.arguments, annotations: Annotations) -> SearchStrategy[str]:
    """Return a strategy for the text between the parentheses; raise `UnknownType` when there is none."""
    plain = [*arguments.posonlyargs, *arguments.args]
    required = len(plain) - len(arguments.defaults)
    first = [_parameter(a, annotations, default=n >= required) for n, a in enumerate(plain)]
    defaults = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    named = [_parameter(argument, annotations, default=default is not None) for argument, default in defaults]
    rest: SearchStrategy[list[Any]] = st.just([])
    if arguments.vararg is not None and arguments.vararg.annotation is not None:
        rest = st.lists(annotations.strategy(arguments.vararg.annotation), max_size=_MOST_REST)
    names = [argument.arg for argument in arguments.kwonlyargs]
    only = len(arguments.posonlyargs)

    def text(drawn: tuple[tuple[Any, ...], list[Any], tuple[Any, ...]]) -> str:
        given_first, given_rest, given_named = drawn
        end = next((n for n, value in enumerate(given_first) if value is _OMITTED), len(given_first))
        parts = [literal(value) for value in given_first[:end]]
        if end == len(given_first):
            parts += [literal(value) for value in given_rest]
        pairs = [(a.arg, v) for n, (a, v) in enumerate(zip(plain, given_first, strict=True)) if n >= max(end, only)]
        pairs += list(zip(names, given_named, strict=True))
        return ", ".join([*parts, *(f"{name}={literal(value)}" for name, value in pairs if value is not _OMITTED)])

    return st.tuples(st.tuples(*first), rest, st.tuples(*named)).map(text)


def _parameter(argument: ast.arg, annotations: Annotations, *, default: bool) -> SearchStrategy[Any]:
    """Return a strategy for one parameter, which may be left out when it has a default."""
    try:
        values = annotations.strategy(argument.annotation)
    except UnknownType:
        if default:
            return st.just(_OMITTED)
        raise
    return st.just(_OMITTED) | values if default else values


def _drawn(arguments: SearchStrategy[str], key: str, count: int) -> list[str]:
    """Return up to `count` distinct short texts."""
    AVAILABLE_PROVIDERS.setdefault(_BACKEND, f"{__name__}.{PlainProvider.__name__}")
    found: dict[str, None] = {}
    every = settings(
        max_examples=4 * count, database=None, deadline=None, phases=[Phase.generate], backend=_BACKEND,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip

    @seed(int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big"))
    @every
    @given(arguments)
    def draw(text: str) -> None:
        if len(text) <= _MOST_CHARACTERS:
            found[text] = None

    draw()
    return list(found)[:count]
