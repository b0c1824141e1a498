"""The arguments of `worldline trace`: our options stand before what is traced, all behind it is the program's own."""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from collectors.own_program import OwnProgram
from collectors.trace_bounds import TraceBounds
from pipelines.errors import UserError

FORMATS = ("text", "cwm", "json", "parquet")
_USAGE = """worldline trace [OPTIONS] FILE.py:FUNCTION [EXPRESSION ...]
       worldline trace [OPTIONS] PROGRAM.py [ARGUMENT ...] [< INPUT]
       worldline trace [OPTIONS] -m MODULE [ARGUMENT ...]
       worldline trace [OPTIONS] -m pytest tests/test_x.py::test_y [PYTEST OPTION ...]"""
_FORMS = "FILE.py:FUNCTION, PROGRAM.py, -m MODULE or -m pytest TEST"


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRequest:
    """What is traced, how much of it, and where the trace goes."""

    program: OwnProgram
    bounds: TraceBounds
    python: str
    form: str
    output: Path | None


def read_arguments(words: Sequence[str]) -> TraceRequest:
    """Return the request; raise `UserError` for what cannot be traced, and for options that there are not."""
    parser = _parser()
    ours, rest = _split(list(words))
    found = parser.parse_args(ours)
    program = _program(found.module, rest, parser, found)
    if found.form == "parquet" and found.output is None:
        raise UserError("--format parquet needs --output FILE")
    if found.output is not None and not found.output.absolute().parent.is_dir():
        raise UserError(f"--output {str(found.output)!r}: there is no folder {str(found.output.parent)!r}")
    try:
        bounds = TraceBounds(events=found.events, depth=found.depth, seconds=found.seconds)
    except ValueError as error:
        raise UserError(f"--{error}") from error
    return TraceRequest(
        program=program, bounds=bounds, python=_python(found.python), form=found.form, output=found.output
    )


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one sentence, without the whole usage."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message} (`worldline trace --help` lists the options)")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="worldline trace",
        usage=_USAGE,
        description="Run your own code and show each line that it ran, and what the line changed. What the program prints "
        "goes to standard error. Shown are the functions of files below the current folder that are no library's.",
    )
    plain = TraceBounds()
    parser.add_argument(
        "-m", dest="module", metavar="MODULE", help="run a module, as `python -m` does; pytest: its tests"
    )
    parser.add_argument(
        "--format", dest="form", choices=FORMATS, default="text", help="text for people; cwm: the exact text"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write there instead of standard output")
    parser.add_argument("--events", type=int, default=plain.events, metavar="N", help=f"most steps ({plain.events:,})")
    parser.add_argument("--depth", type=int, default=plain.depth, metavar="N", help=f"deepest call ({plain.depth})")
    parser.add_argument(
        "--seconds", type=float, default=plain.seconds, metavar="S", help=f"CPU time of the program ({plain.seconds:g})"
    )
    parser.add_argument(
        "--python", metavar="PATH", help="interpreter; else the active virtual environment's, else ours"
    )
    return parser


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """Return our options, and what is traced with all behind it."""
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] != "--":
        alone = words[at] in ("-h", "--help") or "=" in words[at] or (words[at].startswith("-m") and len(words[at]) > 2)
        module = words[at].startswith("-m")
        at += 1 if alone else 2
        if module:
            break
    return words[:at], words[at + 1 :] if words[at : at + 1] == ["--"] else words[at:]


def _program(
    module: str | None, rest: list[str], parser: argparse.ArgumentParser, found: argparse.Namespace
) -> OwnProgram:
    if module is not None:
        return OwnProgram(kind="pytest" if module == "pytest" else "module", target=module, arguments=tuple(rest))
    if not rest:
        raise UserError(f"nothing to trace was named: give {_FORMS}")
    target, *arguments = rest
    file, colon, function = target.rpartition(":")
    if Path(target).is_file():
        return OwnProgram(kind="file", target=target, arguments=tuple(arguments))
    if not colon or not function or not Path(file).is_file():
        raise UserError(f"{target!r} was not found: give {_FORMS}, with a file that exists")
    # Expressions are no options, so ours may stand behind them too.
    parser.add_argument("arguments", nargs="*")
    expressions = parser.parse_intermixed_args(arguments, found).arguments
    for expression in expressions:
        try:
            compile(expression, "<argument>", "eval")
        except (SyntaxError, ValueError) as error:
            raise UserError(f"argument {expression!r} is no Python expression") from error
    return OwnProgram(kind="call", target=file, arguments=(function, *expressions))


def _python(named: str | None) -> str:
    if named is not None:
        if not os.access(named, os.X_OK) or not Path(named).is_file():
            raise UserError(f"--python {named!r} is no interpreter: give the path of one")
        return named
    active = Path(os.environ.get("VIRTUAL_ENV", "/nowhere")) / "bin" / "python"
    return str(active) if active.is_file() else sys.executable
