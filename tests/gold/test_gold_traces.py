"""Gold traces: every engine records of every program what was read and found right, on every interpreter of this machine."""

import difflib
from typing import Any

import pytest

from model.parse import parse
from model.render import render
from tests.gold.gold_traces import VERSIONS, engines, gold, recorded, wrong, wrong_items
from tests.interpreters import interpreters

_PRESENT = [version for version in VERSIONS if version in interpreters()]


@pytest.mark.parametrize("engine", ["settrace", "monitoring", "native"])
@pytest.mark.parametrize("version", _PRESENT)
def test_an_engine_records_what_is_right(version: str, engine: str) -> None:
    if engine not in engines(version):
        pytest.skip(f"the engine does not work on {version} here")
    right, known = gold(version), wrong_items(version, engine)
    made = {item: text for item, (text, _) in recorded(version, engine).items()}
    assert made.keys() == right.keys()
    other = {item for item in right if made[item] != right[item]}
    shown = [
        line
        for item in sorted(other - known)
        for line in difflib.unified_diff(right[item].split("\n"), made[item].split("\n"), "right", "made")
    ]
    assert not other - known, "\n".join([f"{sorted(other - known)}", *shown])
    assert not known - other, "these are right now: take them out of wrong.toml"


@pytest.mark.parametrize(
    "entry",
    [pytest.param(w, marks=pytest.mark.xfail(strict=True, reason=w["reason"]), id=w["feature"]) for w in wrong()],
)
def test_what_is_known_to_be_wrong_is_right(entry: dict[str, Any]) -> None:
    for version in set(entry["versions"]) & set(_PRESENT):
        for engine in set(entry["engines"]) & set(engines(version)):
            for item in ((entry["feature"], function) for function in entry["functions"]):
                assert recorded(version, engine)[item][0] == gold(version)[item]


@pytest.mark.parametrize("version", _PRESENT)
def test_the_format_holds_every_right_trace(version: str) -> None:
    for item, (text, trace) in recorded(version, "settrace").items():
        if text == gold(version)[item]:
            source, frames = parse(render(trace))
            assert source == trace.source
            shown = [(f.kind, f.source_line, f.locals, f.value) for f in trace.frames]
            assert [(f.kind, f.source_line, f.locals, f.value) for f in frames] == shown, item
