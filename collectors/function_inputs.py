"""FunctionCall: one call of a repository's function with literal arguments; recorded from passing tests, and varied."""

import ast
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from collectors.entry_points import Function
from collectors.ship import read_lines, run_with_guest
from images.container import Container
from images.health import TestSelection
from trajectories.trajectory import content_id

_MOST_CHARACTERS = 400
# A clock that is read in whole seconds shows another value after this.
_PAUSE_SECONDS = 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionCall:
    """A call of a top-level function; `arguments` is the text between the parentheses, literals only."""

    function: Function
    arguments: str

    @property
    def text(self) -> str:
        """Return the call as an expression of its module."""
        return f"{self.function.name}({self.arguments})"

    @property
    def module(self) -> str:
        """Return the dotted name under which the function's file is imported."""
        return module_of(self.function.path)

    def id(self, source_digest: str, collector: str) -> str:
        """Return the id of the call's trace: it depends on source, call and collector alone."""
        return content_id("call", source_digest, self.function.path, self.text, collector)


def module_of(path: str) -> str:
    """Return the dotted name under which a file of a project is imported."""
    return path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def record_inputs(
    container: Container, tests: Sequence[str], functions: Iterable[Function], *, most: int, timeout_s: float = 600
) -> list[FunctionCall]:
    """Run the tests twice and return the calls that they made both times, distinct and with literal arguments.

    At most `most` of each top-level function. What differs between two runs, a random or a clock's value, is left out:
    every collection then calls the same.
    """
    wanted = {(f"{container.root}/{f.path}", f.first_line): f for f in functions if "." not in f.name}
    settings = {"functions": list(map(list, wanted)), "most": most, "characters": _MOST_CHARACTERS}
    chosen, found = TestSelection(ids=list(tests)), []
    for pause in (0.0, _PAUSE_SECONDS):
        time.sleep(pause)
        _, output = run_with_guest(container, "worldline_inputs_plugin", settings, chosen=chosen, timeout_s=timeout_s)
        found.append(_calls(output, wanted))
    return [call for call in found[0] if call in found[1]]


def _calls(output: bytes, wanted: Mapping[tuple[str, int], Function]) -> dict[FunctionCall, None]:
    made: dict[FunctionCall, None] = {}
    for file, line, _, arguments in read_lines(output):
        function = wanted.get((file, line))
        if function is not None and _values(str(arguments)) is not None:
            made[FunctionCall(function=function, arguments=str(arguments))] = None
    return made


def vary(call: FunctionCall, *, seed: int, count: int) -> list[FunctionCall]:
    """Return up to `count` other calls in which one value was replaced by another of its type."""
    values = _values(call.arguments)
    draw = random.Random(f"{seed} {call.text}")
    made: dict[FunctionCall, None] = {}
    for _ in range(4 * count if values else 0):
        assert values is not None
        changed, place = list(values), draw.randrange(len(values))
        name, value = changed[place]
        changed[place] = (name, _other(value, draw))
        text = ", ".join(f"{name}={literal(v)}" if name else literal(v) for name, v in changed)
        if text != call.arguments and len(text) <= _MOST_CHARACTERS:
            made[replace(call, arguments=text)] = None
        if len(made) == count:
            break
    return list(made)


def _values(arguments: str) -> list[tuple[str | None, Any]] | None:
    """Return the arguments as (keyword or None, value), or None when they are not all literals."""
    try:
        call = ast.parse(f"f({arguments})", mode="eval").body
        assert isinstance(call, ast.Call)
        plain = [(None, ast.literal_eval(argument)) for argument in call.args]
        return [*plain, *((k.arg, ast.literal_eval(k.value)) for k in call.keywords)]
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None


def literal(value: Any) -> str:
    """Return the literal of a value of builtin types; the items of a set are in the order of their texts."""
    if type(value) is list:
        return "[" + ", ".join(map(literal, value)) + "]"
    if type(value) is tuple:
        return "(" + ", ".join(map(literal, value)) + ("," if len(value) == 1 else "") + ")"
    if type(value) is dict:
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    if type(value) is set:
        return "{" + ", ".join(sorted(map(literal, value))) + "}" if value else "set()"
    return repr(value)


def _other(value: Any, draw: random.Random) -> Any:
    """Return another value of the same type, near the given one."""
    kind = type(value)
    if kind is bool:
        return not value
    if kind is int:
        return draw.choice((value + 1, value - 1, 0, -value, 2 * value, value * 10 + 7))
    if kind is float:
        return draw.choice((value + 1, -value, value / 2, 0.0, round(value)) if abs(value) < 1e15 else (0.5,)) * 1.0
    if kind in (str, bytes):
        at = draw.randrange(len(value) + 1)
        return draw.choice((value[:at], value[at:], value[::-1], value + value[:at], value[:0], value.upper()))
    if kind in (list, tuple, set):
        return kind(_other_items(list(value), draw))
    if kind is dict and value:
        pairs = _other_items([list(pair) for pair in value.items()], draw, keyed=True)
        return dict(map(tuple, pairs))
    return value


def _other_items(items: list[Any], draw: random.Random, *, keyed: bool = False) -> list[Any]:
    if not items:
        return items
    at, kind = draw.randrange(len(items)), draw.randrange(4)
    if kind == 0:
        return items[:at] + items[at + 1 :]
    if kind == 1:
        return items[::-1]
    if kind == 2 and not keyed:
        return [*items, items[at]]
    changed = [item[0], _other(item[1], draw)] if keyed and (item := items[at]) else _other(items[at], draw)
    return [*items[:at], changed, *items[at + 1 :]]
