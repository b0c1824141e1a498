"""Ranking: all edits that may repair a file, the likeliest first."""

from collections.abc import Iterator
from dataclasses import dataclass

from collectors.mutations.mutation import Mutation
from collectors.mutations.operators import Chunks, operators, proposals
from collectors.mutations.source_text import SourceText
from collectors.repairs.clue import Clue
from collectors.repairs.expressions import missing_parts, shared_defaults
from collectors.repairs.statements import missing_statements

# How likely an edit of this kind is the repair, beside others of its line. Kinds with many edits at each place are low: a
# search that is bounded would else see nothing but them.
_LIKELY = {
    "comparison-flip": 1.0, "comparison-boundary": 0.9, "boolean-operator": 0.9, "dropped-not": 1.1, "added-not": 0.65,
    "swapped-branches": 0.9, "arithmetic-operator": 0.9, "augmented-assignment": 0.8, "swapped-operands": 0.8,
    "integer-literal": 0.7, "boolean-literal": 0.8, "range-bound": 0.8, "slice-bound": 0.7, "index": 0.8,
    "wrong-loop-exit": 0.9, "wrong-variable": 0.55, "wrong-attribute": 0.65, "swapped-variables": 0.6,
    "swapped-arguments": 0.8, "renamed-keyword": 0.6, "changed-default": 0.6, "wrong-function": 0.8,
    "identity-equality": 0.6, "another-exception": 0.7, "added-return": 0.8, "returned-variable": 0.8,
    "default-none": 0.7, "added-import": 2.5, "added-parameter": 1.2, "added-super": 0.6, "added-await": 0.8,
    "added-decorator": 0.5, "added-statement": 0.6, "another-variable": 0.4, "another-attribute": 0.5,
    "added-argument": 0.4, "added-term": 0.35, "added-sign": 0.35,
    "removed-return": 0.95, "added-operator": 0.5, "added-call": 0.25, "dropped-operand": 0.15,
    "dropped-term": 0.5, "removed-statement": 0.35, "dropped-call": 0.2,
}  # fmt: skip
# What leaves something out undoes what a bug put in; few bugs do.
_UNLIKELY = 0.08
_REASONS = {
    "added-import": "an import may be missing", "added-statement": "a statement may be missing",
    "added-super": "the method of the superclass may have to be called", "added-parameter": "a parameter may be missing",
    "added-decorator": "a decorator may be missing", "added-return": "the value may have to be returned",
    "returned-variable": "a variable may have to be returned", "added-argument": "an argument may be missing",
    "another-variable": "another variable may be meant", "another-attribute": "another attribute may be meant",
    "another-exception": "another exception class may be meant", "added-call": "a call around the value may be missing",
    "added-sign": "a sign may be missing", "added-term": "the value may be off by one",
    "removed-return": "it may return too early", "added-operator": "a value may have to be added, not set",
    "added-await": "an `await` may be missing", "default-none": "the default may have to be None",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One edit of one file that may repair it, how likely it is, and why it is tried."""

    path: str
    edit: Mutation
    score: float
    suspicion: float

    @property
    def reason(self) -> str:
        """Return in plain words what the edit supposes."""
        name = self.edit.operator
        known = _REASONS.get(name) or f"perhaps {operators()[name].bug}"
        return f"line {self.edit.line_number} has suspicion {self.suspicion:.2f}: {known} ({name})"


def repairs_of(path: str, source: str, clue: Clue) -> Iterator[Repair]:
    """Yield the edits that compile, the likeliest first; each text comes once."""
    try:
        text = SourceText(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    edits = [
        *proposals(text, clue.lines),
        *missing_statements(text, clue),
        *missing_parts(text, clue),
        *shared_defaults(text, clue),
    ]
    chunks, seen = Chunks(text), set()
    # Among equals, an edit that comes late in a function is tried first: values are made there.
    for edit in sorted(edits, key=lambda edit: (-_score(edit, clue), -edit.line_number, edit.start, edit.replacement)):
        # Different edits can make the same text.
        made = hash(edit.apply(source))
        if made not in seen and chunks.compiles(edit):
            seen.add(made)
            yield Repair(path=path, edit=edit, score=_score(edit, clue), suspicion=_suspicion(edit, clue))


def _score(edit: Mutation, clue: Clue) -> float:
    likely = _LIKELY.get(edit.operator, _UNLIKELY)
    named = edit.operator in ("added-statement", "added-parameter") and any(
        name in edit.replacement for name in clue.missing_names()
    )
    return _suspicion(edit, clue) * (2.0 if named else likely)


def _suspicion(edit: Mutation, clue: Clue) -> float:
    """Return the suspicion of the line that runs the edit; an import concerns all lines."""
    if edit.operator == "added-import":
        return max(clue.lines.values(), default=0.0)
    return clue.lines.get(edit.runs_at, 0.05)
