"""Frame: one decoded interpreter step."""

from dataclasses import dataclass
from enum import StrEnum


class FrameKind(StrEnum):
    """What the interpreter did; the values are the names of CWM's separator tokens without `_sep`."""

    CALL = "call"
    LINE = "line"
    RETURN = "return"
    EXCEPTION = "exception"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One step: the state before a line runs, or the value that leaves a scope.

    `depth` is 0 in the entry function. `locals` maps every live name, in binding order, to the text of its value; it is
    empty for return and exception frames, which carry `value` instead. `source_line` keeps its indentation and its
    final newline. `file` and `function` are those of its code, empty where they are not known.
    """

    kind: FrameKind
    depth: int
    line_number: int
    source_line: str
    locals: dict[str, str]
    value: str | None = None
    file: str = ""
    function: str = ""

    def __post_init__(self) -> None:
        leaves = self.kind in (FrameKind.RETURN, FrameKind.EXCEPTION)
        if leaves != (self.value is not None):
            raise ValueError(f"a {self.kind} frame has value {self.value!r}: only return and exception frames have one")
        if leaves and self.locals:
            raise ValueError(f"a {self.kind} frame has locals {list(self.locals)!r}: only call and line frames do")
