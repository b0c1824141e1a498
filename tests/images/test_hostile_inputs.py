"""Hostile sources as rows of one list: each ends as it should, honest ones between them are there, the host is as it was."""

from pathlib import Path

import pytest

from images.engine import Engine
from tests.images.hostile.build_trial import containers_of_ours, try_builds
from tests.images.hostile.canary import Canary
from tests.images.hostile.projects import PROJECTS
from tests.images.hostile.trial import HONEST, hostile_list, try_list


@pytest.mark.slow
def test_every_hostile_source_of_a_list_ends_as_it_should_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with Canary(tmp_path / "home") as canary, hostile_list(tmp_path / "sources") as (rows, server):
        trials = try_list(rows, server, tmp_path / "list.jsonl")
        assert [(t.row.name, t.found, t.said) for t in trials if not t.holds] == []
        assert len([t for t in trials if t.row.group == HONEST and t.holds]) > 10
        assert canary.changed() == []
        assert canary.marks(*(t.said for t in trials)) == 0
    assert len({t.row.name for t in trials}) > 120
    assert not [path for path in tmp_path.rglob("*") if path.name in ("ran", "out")]


@pytest.mark.slow
@pytest.mark.docker
def test_every_hostile_project_ends_as_it_should_and_the_others_are_built(
    engine: Engine, base: str, tmp_path: Path
) -> None:
    before = set(containers_of_ours())
    with Canary(tmp_path / "home") as canary:
        trials = try_builds(engine, list(PROJECTS))
        assert [(t.name, t.record, t.escaped) for t in trials if not t.holds] == []
        assert canary.changed() == []
        assert canary.marks(*(repr(t.record) for t in trials)) == 0
    assert len([t for t in trials if t.honest]) >= 4
    assert all(len(t.record.reason) < 2_000 and t.record.seconds < 600 for t in trials if t.record)
    assert set(containers_of_ours()) <= before
