"""Mutation: one edit of one place of a Python source."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """The text between two offsets of the source (in characters) is replaced; what is around it stays as it is.

    `line_number` is where the edit begins, `runs_at` the line that a test must run for the edit to matter: another one for
    an edit of a signature, which the import runs and no test.
    """

    operator: str
    line_number: int
    runs_at: int
    start: int
    end: int
    replacement: str

    def apply(self, source: str) -> str:
        """Return the source with the edit made."""
        return source[: self.start] + self.replacement + source[self.end :]

    def undo(self, changed: str, source: str) -> str:
        """Return the source again, from the changed text and what stood at the place."""
        return changed[: self.start] + source[self.start : self.end] + changed[self.start + len(self.replacement) :]
