"""The table that every benchmark prints."""

import json
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One line: what is claimed, what was measured, the bar, and whether it holds."""

    claim: str
    value: str
    bar: str
    holds: bool


def print_claims(claims: list[Claim], *, as_json: bool) -> int:
    """Print the claims; return 0 when all hold, else 1."""
    if as_json:
        print(json.dumps([asdict(claim) for claim in claims], indent=2))
    else:
        table = Table("claim", "value", "bar", "holds")
        for claim in claims:
            table.add_row(claim.claim, claim.value, claim.bar, "yes" if claim.holds else "NO")
        Console().print(table)
    return 0 if all(claim.holds for claim in claims) else 1
