"""Tells the traces of one repository in English, and has a model tell them again where an endpoint is configured."""

import time
from collections.abc import Sequence
from pathlib import Path

from collectors.accounts.chat_endpoint import ChatEndpoint
from collectors.accounts.rewriter import Asked, Rewriter, judge, rewrite_all
from collectors.accounts.writer import METHOD, write_account
from pipelines.errors import EndpointSilent
from pipelines.jobs.image_job import repository_name
from pipelines.policies import key_of
from pipelines.recipe import CollectRecipe, RepositoryEntry
from trajectories.account import TEMPLATE, Account, Verdict, account_from_row
from trajectories.rows import from_row
from trajectories.store import Store
from trajectories.trajectory import Trajectory, content_id


def check_rewriter(recipe: CollectRecipe) -> None:
    """Raise `UserError` when the variable that holds the endpoint's key is not set."""
    if recipe.accounts.rewriter is not None:
        _key(recipe.accounts.rewriter.key_variable)


def _key(variable: str) -> str:
    return key_of(variable, "accounts.rewriter.key_variable")


def tell(folder: Path, recipe: CollectRecipe, entry: RepositoryEntry) -> str:
    """Commit the template's account of each trace of the repository; return how many were kept."""
    store, unit = Store(folder, "accounts"), repository_name(entry)
    if store.is_done(unit):
        return "done before"
    began = time.monotonic()
    accounts = [_told(from_row(row), recipe) for row in Store(folder, "traces").unit_rows(unit)]
    store.commit(unit, [account.to_row() for account in accounts], seconds=time.monotonic() - began)
    return f"{sum(account.verdict is Verdict.KEPT for account in accounts)} of {len(accounts)} kept"


def _told(trajectory: Trajectory, recipe: CollectRecipe) -> Account:
    assert trajectory.trace is not None
    written = write_account(trajectory.trace, longest=recipe.accounts.longest)
    return Account(
        id=content_id("account", trajectory.id, TEMPLATE, METHOD, recipe.accounts.longest),
        trace_id=trajectory.id,
        repository=trajectory.origin.repository,
        split=trajectory.origin.split,
        writer=TEMPLATE,
        method=METHOD,
        seed=recipe.seed,
        verdict=written.verdict,
        reason=written.reason,
        text=written.text,
        attempts=1,
    )


def to_rewrite(folder: Path, recipe: CollectRecipe, entry: RepositoryEntry) -> list[tuple[Account, ...]]:
    """Return the kept accounts of the repository in the parts that a model is to tell again; none without an endpoint."""
    if recipe.accounts.rewriter is None:
        return []
    rows = Store(folder, "accounts").unit_rows(repository_name(entry))
    kept = [account for account in map(account_from_row, rows) if account.verdict is Verdict.KEPT]
    size = recipe.accounts.at_once
    return [tuple(kept[place : place + size]) for place in range(0, len(kept), size)]


def rewrite(folder: Path, recipe: CollectRecipe, entry: RepositoryEntry, accounts: Sequence[Account]) -> str:
    """Commit what the configured model makes of these accounts; return how many were kept."""
    settings = recipe.accounts.rewriter
    assert settings is not None
    return commit_rewritten(folder, recipe, accounts, ChatEndpoint(settings, key=_key(settings.key_variable)))


def commit_rewritten(folder: Path, recipe: CollectRecipe, accounts: Sequence[Account], rewriter: Rewriter) -> str:
    """Commit what a rewriter makes of the accounts of one repository, refused answers included; return how many were kept.

    Raises `EndpointSilent` when none was answered.
    """
    seed = recipe.seed
    unit = content_id("rewrite", rewriter.name, rewriter.method, seed, [account.id for account in accounts])
    store = Store(folder, "accounts")
    if store.is_done(unit):
        return "done before"
    began, wanted = time.monotonic(), {account.trace_id for account in accounts}
    rows = Store(folder, "traces").unit_rows(accounts[0].repository)
    traces = {row["id"]: from_row(row).trace for row in rows if row["id"] in wanted}
    asked = [
        Asked(trace=trace, account=account.text, seed=int(content_id(account.id, seed)[:7], 16))
        for account in accounts
        if (trace := traces[account.trace_id]) is not None
    ]
    made, answered = [], False
    for account, question, answer in zip(accounts, asked, rewrite_all(rewriter, asked), strict=True):
        verdict, reason = judge(answer, question.trace, longest=recipe.accounts.longest)
        answered = answered or answer.answered
        made.append(
            Account(
                id=content_id("account", account.id, rewriter.name, rewriter.method, seed),
                trace_id=account.trace_id,
                repository=account.repository,
                split=account.split,
                writer=rewriter.name,
                method=rewriter.method,
                seed=question.seed,
                verdict=verdict,
                reason=reason,
                text=answer.text,
                attempts=answer.attempts,
            )
        )
    if not answered:
        raise EndpointSilent(f"{rewriter.name!r} answered none of {len(made)} questions, the last: {made[-1].reason}")
    store.commit(unit, [account.to_row() for account in made], seconds=time.monotonic() - began)
    return f"{sum(account.verdict is Verdict.KEPT for account in made)} of {len(made)} kept"
