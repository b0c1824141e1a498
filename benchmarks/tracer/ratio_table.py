"""The table of ratios, in Markdown: every tool on every workload and interpreter; the bare run is 1."""

from typing import TextIO

from benchmarks.tracer.claims import Ratios
from benchmarks.tracer.plan import PROGRAMS, TOOLS


def print_ratios(measured: list[Ratios], *, file: TextIO) -> None:
    """Print one row for a tool, one column for a workload, `3.11 / 3.12` in a field; then why fields are empty."""
    workloads = list(dict.fromkeys(w for ratios in measured for w in ratios.workloads))
    columns = [(w, False) for w in workloads] + [(w, True) for w in workloads if w not in PROGRAMS]
    names = [f"{w}, inside calls" if inside else w for w, inside in columns]
    print(f"CPU time over the bare run, on CPython {' / '.join(r.label for r in measured)}:\n", file=file)
    print(f"| tool | {' | '.join(names)} |\n|---|{'---|' * len(names)}", file=file)
    reasons: dict[str, list[str]] = {}
    for tool in TOOLS:
        fields = []
        for workload, inside in columns:
            values = [ratios.ratio(workload, tool, inside=inside) for ratios in measured]
            for ratios, value in zip(measured, values, strict=True):
                if not inside:
                    _note(reasons, tool, f"{workload} on {ratios.label}", value, ratios.failures(tool, workload))
            fields.append(" / ".join(_text(value) for value in values))
        print(f"| {tool} | {' | '.join(fields)} |", file=file)
    print("\n" + "\n".join(f"- {why} ({', '.join(where)})" for why, where in reasons.items()) + "\n", file=file)


def _note(reasons: dict[str, list[str]], tool: str, where: str, value: float | str, failed: tuple[str, ...]) -> None:
    if isinstance(value, str) and value != "not measured":
        reasons.setdefault(f"{tool}: {value}", []).append(where)
    elif failed:
        reasons.setdefault(f"{tool}: tests fail under it: {', '.join(failed)}", []).append(where)


def _text(value: float | str) -> str:
    if isinstance(value, str):
        return "-"
    return f"{value:,.0f}" if value >= 20 else f"{value:.1f}" if value >= 3 else f"{value:.2f}"
