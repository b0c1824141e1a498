"""CruxEval: the items of a file in its format, traced and compared with the interpreter and the expected output."""

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fidelity.again import make_again
from benchmarks.fidelity.comparison import Tally, compare_value, end_of
from benchmarks.table import Claim
from collectors.errors import CollectorError
from collectors.function_tracing import trace_function
from images.local_container import LocalContainer


class BadItems(ValueError):
    """The file is not one of items in CruxEval's format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item: `code` defines `f`, and `f(input)` gives the value of `output`."""

    id: str
    code: str
    input: str
    output: str


def read_items(path: Path) -> list[Item]:
    """Return the items of a JSONL file; raise `BadItems` with the line that is none."""
    items = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadItems(f"file {str(path)!r} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    for number, line in enumerate(lines, 1):
        try:
            value = json.loads(line)
            items.append(Item(**{name: value[name] for name in ("id", "code", "input", "output")}))
        except (ValueError, KeyError, TypeError) as error:
            raise BadItems(f"line {number} of {str(path)!r} is no item with id, code, input and output") from error
    if not items:
        raise BadItems(f"file {str(path)!r} holds no items")
    return items


def item_claims(items: list[Item], native: str | None) -> list[Claim]:
    """Return the claims about the items, whose code runs on this machine."""
    interpreter, expected = Tally(), Tally()
    with LocalContainer() as container:
        calls = [[item.id, "builtins", "item", item.code, f"f({item.input})", item.output] for item in items]
        answers = make_again(container, calls)
        for number, item in enumerate(items):
            try:
                trace, _ = trace_function(container, item.code, "f", [item.input], native=native)
            except CollectorError as error:
                interpreter.take(f"{item.id}: {error}", None, holds=False)
                continue
            end = end_of(trace)
            if number not in answers or end is None:
                interpreter.take(item.id, "died untraced" if end else "cut", holds=False)
                continue
            answer = json.loads(answers[number])
            reason, same = compare_value(end[1], answer)
            interpreter.take(f"{item.id}: {end[1]!r}, not {answer['text']!r}", reason, holds=same)
            reason, same = compare_value(end[1], {**answer, "text": answer["expected"]})
            expected.take(f"{item.id}: {end[1]!r}, not {answer['expected']!r}", reason, holds=same)
    return [
        interpreter.claim("CruxEval items: last value is what the interpreter returns"),
        expected.claim("CruxEval items: last value is the expected output"),
    ]
