"""What the report says of a run's accounts: how many each writer made, by verdict, and a few of them in full."""

from pathlib import Path
from typing import Any

from trajectories.account import Account, Verdict, account_from_row
from trajectories.store import Store

_SAMPLES, _LONGEST = 3, 1500


def accounts_shown(folder: Path) -> dict[str, Any]:
    """Return the counts by writer and verdict, and for each writer up to three kept accounts with their sources."""
    accounts = [account_from_row(row) for row in Store(folder, "accounts").rows()]
    counts: dict[str, dict[str, int]] = {}
    shown: dict[str, list[Account]] = {}
    for account in sorted(accounts, key=lambda account: account.id):
        by_verdict = counts.setdefault(account.writer, {})
        by_verdict[str(account.verdict)] = by_verdict.get(str(account.verdict), 0) + 1
        samples = shown.setdefault(account.writer, [])
        if account.verdict is Verdict.KEPT and len(account.text) <= _LONGEST and len(samples) < _SAMPLES:
            samples.append(account)
    chosen = [account for _, samples in sorted(shown.items()) for account in samples]
    sources = _sources(folder, {account.trace_id for account in chosen})
    return {
        "counts": [{"writer": writer, **dict(sorted(found.items()))} for writer, found in sorted(counts.items())],
        "samples": [
            {"writer": one.writer, "repository": one.repository, "source": sources[one.trace_id], "text": one.text}
            for one in chosen
            if one.trace_id in sources
        ],
    }


def _sources(folder: Path, wanted: set[str]) -> dict[str, str]:
    """Return the source contexts of the traces with these ids."""
    if not wanted:
        return {}
    rows = Store(folder, "traces").rows(["id", "trace"])
    return {row["id"]: row["trace"]["source"].strip("\n") for row in rows if row["id"] in wanted}
