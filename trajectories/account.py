"""Account: what a writer made of a trace in English, and whether it may be used."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

TEMPLATE = "template"


class Verdict(StrEnum):
    """Whether an account may be used; only one that was kept may."""

    KEPT = "kept"
    CUT = "trace cut"
    LONG = "too long"
    UNFINISHED = "no final value"
    WRONG = "other value"
    UNANSWERED = "no answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One telling of the trace `trace_id`; a refused one is stored too, with its text where there is one, and counted.

    `writer` is `template` or the name of a model, `method` the version of the code that wrote or asked, `attempts` how
    often a model was asked.
    """

    id: str
    trace_id: str
    repository: str
    split: str
    writer: str
    method: str
    seed: int
    verdict: Verdict
    reason: str
    text: str
    attempts: int

    def to_row(self) -> dict[str, Any]:
        """Return the row of the accounts' schema that holds this account."""
        return {**asdict(self), "verdict": str(self.verdict)}


def account_from_row(row: dict[str, Any]) -> Account:
    """Return the account that `to_row` made this row of."""
    return Account(**{**row, "verdict": Verdict(row["verdict"])})
