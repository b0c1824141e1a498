"""Trace view: a trace as coloured lines in a terminal or a notebook, and as plain ones elsewhere."""

from typing import TYPE_CHECKING

from trajectories.trace_record import Trace
from trajectories.trace_text import trace_lines

if TYPE_CHECKING:
    from rich.console import Console

# Readable on light and on dark terminals.
_STYLES = {
    "guide": "dim",
    "number": "dim",
    "code": "",
    "back": "dim",
    "file": "dim",
    "call": "bold cyan",
    "return": "green",
    "exception": "bold red",
    "name": "cyan",
    "new": "yellow",
    "changed": "bold yellow",
    "gone": "dim",
}


def print_trace(trace: Trace, console: "Console | None" = None) -> None:
    """Print a line per step: calls nested, and beside each line what it changed; nothing is cut where there is no terminal."""
    from rich.console import Console
    from rich.text import Text

    console = console or Console()
    shown = console.is_terminal or console.is_jupyter
    lines = trace_lines(trace, console.width if shown else None)
    made = [Text.assemble(*((piece.text, _STYLES[piece.role]) for piece in line)) for line in lines]
    console.print(Text("\n").join(made), soft_wrap=True, highlight=False)
