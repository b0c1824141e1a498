"""Episodes as units of a collection: which policy, what is committed, what of a fault, replay and marks."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from collectors.actions import format_call
from collectors.task import task_to_row
from images.engine import Engine
from images.release_history import write_history
from images.source_tree import SourceTree
from pipelines.errors import EpisodeFault, RecipeError, UserError
from pipelines.jobs.episode_job import forage
from pipelines.jobs.image_job import build
from pipelines.jobs.near_duplicate_job import mark
from pipelines.jobs.task_job import read_tasks
from pipelines.policies import make_policy
from pipelines.recipe import CollectRecipe
from pipelines.recipe_table import from_table
from pipelines.replay_command import replay_command
from pipelines.run_folder import claim
from pipelines.summary import summarise
from tests.chat_server import Reply, chat_server, completion
from tests.collectors.test_forager import FIX, TASK
from tests.collectors.test_policy_endpoint import CALLS, FAULTY, call
from tests.conftest import sample_files
from trajectories.store import Store


def _recipe(folder: Path, **episodes: Any) -> CollectRecipe:
    table = {"name": "m", "run_folder": str(folder), "repositories": [{"spec": str(folder.parent / "ledger")}]}
    return from_table(CollectRecipe, {**table, "episodes": episodes}, where="")


def _endpoint(url: str) -> dict[str, Any]:
    return {"policy": "endpoint", "endpoint": {"url": url, "model": "small", "attempts": 1, "seconds": 5.0}}


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory, engine: Engine, base: str) -> Callable[..., CollectRecipe]:
    """Give a function that makes a run of one image and two tasks, and returns its recipe with the given episodes."""
    place = tmp_path_factory.mktemp("runs")
    write_history(place / "ledger", [("1", SourceTree(files=sample_files()))])
    first = _recipe(place / "first")
    (place / "first").mkdir()
    assert build(place / "first", first, first.repositories[0]) == "executable"
    (image,) = Store(place / "first", "images").rows()

    def make(**episodes: Any) -> CollectRecipe:
        folder = place / f"run-{len(list(place.iterdir()))}"
        recipe = _recipe(folder, **episodes)
        claim(recipe)
        (unit,) = Store(place / "first", "images").units()
        Store(folder, "images").commit(unit, [image])
        (folder / "sources").symlink_to(place / "first" / "sources")
        tasks = [replace(TASK, id=name, repository=unit, image=image["image"]) for name in ("t1", "t2")]
        Store(folder, "tasks").commit(unit, [task_to_row(task) for task in tasks])
        return recipe

    return make


def _forage(recipe: CollectRecipe, number: int = 0) -> str:
    folder, entry = Path(recipe.run_folder), recipe.repositories[0]
    return forage(folder, recipe, entry, read_tasks(folder, entry)[number])


@pytest.mark.docker
@pytest.mark.slow
def test_the_repairer_plays_where_nothing_else_is_asked_for_and_its_episodes_replay(
    collected: Callable[..., CollectRecipe], capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = collected()
    folder = Path(recipe.run_folder)
    assert [_forage(recipe, number) for number in (0, 1, 1)][2] == "done before"
    assert mark(folder, recipe, recipe.repositories[0]) == "1 of 2 kept"
    assert mark(folder, recipe, recipe.repositories[0]) == "done before"
    counts = summarise(folder)
    assert (counts["episodes"]["solved"], counts["near_duplicates"]["True"], counts["faults"]["rows"]) == (2, 1, 0)
    capsys.readouterr()
    assert replay_command(folder, [], workers=2, as_json=False) == 0
    assert "100.0 %" in capsys.readouterr().out
    first, _ = Store(folder, "episodes").units()
    assert replay_command(folder, [first[:10]], workers=1, as_json=True) == 0
    assert [one["sameness"] for one in json.loads(capsys.readouterr().out)] == ["equal"]
    with pytest.raises(UserError, match="'zz' is the beginning of 0 episode ids"):
        replay_command(folder, ["zz"], workers=1, as_json=False)


@pytest.mark.docker
def test_an_endpoint_plays_an_episode_of_a_recipe(collected: Callable[..., CollectRecipe]) -> None:
    with chat_server(lambda body, number: call(*CALLS[number])) as heard:
        assert _forage(collected(**_endpoint(heard.url))) == "solved in 3 steps"


@pytest.mark.docker
def test_a_faulty_endpoint_loses_no_episode_and_counts_for_nobody(collected: Callable[..., CollectRecipe]) -> None:
    replies = [Reply(completion("hm")), FAULTY["broken"], FAULTY["nonsense"], *(call(*one) for one in CALLS)]
    with chat_server(lambda body, number: replies[number]) as heard:
        recipe = collected(**_endpoint(heard.url))
        folder = Path(recipe.run_folder)
        for steps, words in ((1, "status 500"), (0, "no chat completion")):
            with pytest.raises(EpisodeFault, match=f"model fault after {steps} steps: .*{words}"):
                _forage(recipe)
            assert not Store(folder, "episodes").units()
        assert _forage(recipe) == "solved in 3 steps"
    faults = [row["episode"] for row in Store(folder, "faults").rows()]
    assert [(f["cause"], f["reward"], f["reward_valid"], len(f["steps"])) for f in faults] == [
        ("model fault", None, False, 1),
        ("model fault", None, False, 0),
    ]


@pytest.mark.docker
def test_a_fault_of_ours_stands_for_the_episode_after_the_third_time(collected: Callable[..., CollectRecipe]) -> None:
    recipe = collected()
    folder, entry = Path(recipe.run_folder), recipe.repositories[0]
    broken = replace(read_tasks(folder, entry)[0], patch=TASK.patch.replace("best", "worst"))
    with pytest.raises(EpisodeFault, match="harness fault after 0 steps: PatchError"):
        forage(folder, recipe, entry, broken)
    assert forage(folder, recipe, entry, broken) == "harness fault in 0 steps"
    assert forage(folder, recipe, entry, broken) == "done before"
    (row,) = Store(folder, "episodes").rows()
    assert (row["outcome"], row["episode"]["reward"], len(Store(folder, "faults").units())) == ("invalid", None, 3)


def test_a_script_plays_the_same_for_each_task(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps([format_call("", "edit", FIX)]))
    policies = [make_policy(_recipe(tmp_path, policy="script", script=str(script)).episodes, seed=0) for _ in "ab"]
    assert policies[0].name == policies[1].name and policies[0].name.startswith("script-")
    assert [policy.reply([]) for policy in policies] == [format_call("", "edit", FIX)] * 2


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "cannot be read"), ("[", "is not JSON"), ("{}", "must be a JSON list"), ("[1]", "must be a JSON list")],
)
def test_a_script_that_is_none_is_a_sentence(tmp_path: Path, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / "s.json").write_text(text)
    with pytest.raises(UserError, match=words):
        make_policy(_recipe(tmp_path, policy="script", script=str(tmp_path / "s.json")).episodes, seed=0)


def test_a_key_that_is_not_set_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = {"url": "https://host/v1", "model": "m", "key_variable": "WORLDLINE_TEST_KEY"}
    settings = _recipe(tmp_path, policy="endpoint", endpoint=endpoint).episodes
    monkeypatch.delenv("WORLDLINE_TEST_KEY", raising=False)
    with pytest.raises(UserError, match="'WORLDLINE_TEST_KEY', which"):
        make_policy(settings, seed=0)
    monkeypatch.setenv("WORLDLINE_TEST_KEY", "k-1")
    assert make_policy(settings, seed=0).name.startswith("m calls-")


@pytest.mark.parametrize(
    ("episodes", "words"),
    [
        ({"policy": "human"}, "policy is 'human': it must be one of repairer, endpoint, script"),
        ({"policy": "endpoint"}, "policy is 'endpoint', but endpoint is not given"),
        ({"script": "x"}, "script is given, but policy is 'repairer'"),
        ({"steps": 0}, "steps is 0: it must be above 0"),
        ({"shown": 10}, "needs at least 200"),
        ({"policy": "endpoint", "endpoint": {"url": "https://h", "modell": "m"}}, "did you mean 'model'"),
    ],
)
def test_a_recipes_episodes_are_checked(tmp_path: Path, episodes: dict[str, Any], words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        _recipe(tmp_path, **episodes)
