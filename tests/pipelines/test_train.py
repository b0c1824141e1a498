"""Training recipes on a collection of two traced functions."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from collectors.function_tracing import trace_function
from images.local_container import LocalContainer
from model.mixture import Mixture
from model.phase import Optimisation
from model.row_lesson import RowSettings
from pipelines.errors import UserError
from pipelines.report import write_report
from pipelines.train import train
from pipelines.train_recipe import Start, TrainRecipe
from tests.model.test_trace_format import TALLY
from tests.trajectories.test_rows import ORIGIN
from trajectories.account import Account, Verdict
from trajectories.rows import to_row
from trajectories.store import Store
from trajectories.trajectory import Outcome, Trajectory


def _collection(folder: Path, local: LocalContainer) -> Path:
    for split, argument in (("train", "[2, 5]"), ("test", "[3]")):
        trace, _ = trace_function(local, TALLY, "tally", [argument])
        origin = replace(ORIGIN, split=split, repository=split)
        row = to_row(Trajectory(id=split, origin=origin, outcome=Outcome.RETURNED, trace=trace))
        Store(folder, "traces").commit(split, [row])
    (folder / "recipe.json").write_text(
        json.dumps({"name": "t", "run_folder": "r", "repositories": [{"spec": "pypi:t==1"}]})
    )
    return folder


def _recipes(folder: Path) -> tuple[TrainRecipe, TrainRecipe]:
    rows = RowSettings(tokens=512, mixture=Mixture(traces=1.0))
    first = TrainRecipe(
        name="z-first",
        run_folder=str(folder),
        steps=3,
        start=Start(merges=300),
        rows=rows,
        threads=1,
        optimisation=Optimisation(cosine_steps=5, warmup_steps=1),
    )
    shared = Optimisation(cosine_steps=5, cosine_start=3, warmup_steps=1)
    return first, replace(first, name="a-second", steps=2, start=None, continues="z-first", optimisation=shared)


def test_a_recipe_continues_the_one_that_it_names(local: LocalContainer, tmp_path: Path) -> None:
    first, second = _recipes(_collection(tmp_path, local))
    before, after = train(first), train(second)
    assert (before / "tokenizer.json").read_text() == (after / "tokenizer.json").read_text()
    lines = [json.loads(line) for f in (before, after) for line in (f / "metrics.jsonl").read_text().splitlines()]
    assert [(line["phase"], line["step"]) for line in lines[2:4]] == [("z-first", 2), ("a-second", 0)]
    assert lines[3]["learning_rate"] > lines[4]["learning_rate"]
    scores = json.loads((after / "evaluation.json").read_text())
    assert list(scores)[2:] == ["after z-first", "after a-second"]


def test_a_finished_recipe_is_left_alone_and_a_changed_one_is_refused(local: LocalContainer, tmp_path: Path) -> None:
    first, second = _recipes(_collection(tmp_path, local))
    with pytest.raises(UserError, match="continues 'z-first', which is not done"):
        train(second)
    metrics = train(first) / "metrics.jsonl"
    written = metrics.stat().st_mtime_ns
    train(first)
    assert metrics.stat().st_mtime_ns == written
    with pytest.raises(UserError, match="belongs to another recipe"):
        train(replace(first, steps=4, optimisation=Optimisation()))


def test_accounts_are_a_source_of_a_mixture(local: LocalContainer, tmp_path: Path) -> None:
    first, second = _recipes(_collection(tmp_path, local))
    rows = RowSettings(tokens=2048, mixture=Mixture(traces=0.5, accounts=0.5))
    train(first)
    with pytest.raises(UserError, match=r"takes 'accounts', of which run .* has none that fit 2048 tokens"):
        train(replace(second, rows=rows))
    shared = {"repository": "train", "split": "train", "writer": "template", "method": "m", "seed": 0, "attempts": 1}
    kept = Account(id="a", trace_id="train", verdict=Verdict.KEPT, reason="", text="The call returns `7`.", **shared)
    wrong = replace(kept, id="b", verdict=Verdict.WRONG, text="x" * 9999)
    unknown = replace(kept, id="c", trace_id="test", text="y" * 9999)
    Store(tmp_path, "accounts").commit("u", [account.to_row() for account in (kept, wrong, unknown)])
    lines = (train(replace(second, rows=rows)) / "metrics.jsonl").read_text().splitlines()
    assert {name for line in lines for name in json.loads(line)["values"]} >= {"loss", "accounts", "traces"}


def test_the_report_shows_phases_in_the_order_of_training(local: LocalContainer, tmp_path: Path) -> None:
    for recipe in _recipes(_collection(tmp_path, local)):
        train(recipe)
    numbers = write_report(tmp_path)
    assert [run["name"] for run in numbers["training"]] == ["z-first", "a-second"]
    assert {run["curve"]["name"] for run in numbers["training"]} == {"loss"}
    assert "after a-second" in numbers["scores"]
    page = (tmp_path / "report.html").read_text()
    assert page.index("after z-first") < page.index("after a-second")
