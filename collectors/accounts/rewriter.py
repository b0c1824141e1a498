"""Rewriter: the protocol of what tells an account in other words, and the verdict on what it wrote."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from collectors.accounts.final_value import read_final, true_value
from trajectories.account import Verdict
from trajectories.trace_record import Trace

_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An account to be told in other words, with the trace that it is of; equal seeds ask for equal answers."""

    trace: Trace
    account: str
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back after some attempts: a text, or the reason why none did.

    `answered` says that the question was heard: an answer of its own came, not one that all questions would get.
    """

    text: str = ""
    reason: str = ""
    attempts: int = 1
    answered: bool = True


class Rewriter(Protocol):
    """Tells accounts in other words, several at a time; `name` and `method` go into what is stored."""

    name: str
    method: str
    concurrency: int

    def rewrite(self, asked: Asked) -> Answer:
        """Return the account in other words; whatever goes wrong is a reason, never an exception."""
        ...


def rewrite_all(rewriter: Rewriter, asked: Sequence[Asked]) -> Iterator[Answer]:
    """Yield an answer for each account in order, at most `concurrency` being asked for at a time."""
    with ThreadPoolExecutor(rewriter.concurrency) as pool:
        yield from pool.map(rewriter.rewrite, asked)


def judge(answer: Answer, trace: Trace, *, longest: int) -> tuple[Verdict, str]:
    """Return whether the answer may be used, and why not: it must be short enough and end in the true value."""
    if not answer.text:
        return Verdict.UNANSWERED, answer.reason
    if len(answer.text) > longest:
        return Verdict.LONG, f"it has {len(answer.text):,} characters, more than {longest:,}"
    stated, end = read_final(answer.text), trace.result
    if stated is None or end is None:
        return Verdict.UNFINISHED, "it does not end in the final sentence"
    if not stated.same(true_value(end)):
        return Verdict.WRONG, f"it ends in {stated.text[:_SHOWN]!r}, the true value is {(end.value or '')[:_SHOWN]!r}"
    return Verdict.KEPT, ""
