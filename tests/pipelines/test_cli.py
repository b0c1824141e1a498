"""The command line: what bad input gets."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.errors import UserError
from pipelines.recipe import CollectRecipe, read_recipe
from pipelines.recipe_table import from_table
from pipelines.train_recipe import TrainRecipe


def _worldline(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pipelines.cli", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "HOME": "/root", **environment}
    )


def _refused(done: "subprocess.CompletedProcess[str]", words: str) -> None:
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_trace_prints_the_format(tmp_path: Path) -> None:
    (tmp_path / "f.py").write_text("def f(x):\n    return x + 1\n")
    done = _worldline("trace", f"{tmp_path}/f.py:f", "2", "--format", "cwm")
    assert done.returncode == 0
    assert done.stdout.endswith('<|arg_sep|>"3"<|frame_sep|><|end_of_text|>')


def test_bad_traces_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "f.py").write_text("def f(x):\n    return x + 1\n")
    _refused(_worldline("trace", f"{tmp_path}/f.py:g"), "no top-level function 'g'")
    _refused(_worldline("trace", f"{tmp_path}/g.py:f"), "was not found")
    _refused(_worldline("trace", f"{tmp_path}/f.py:f", "1 +"), "is no Python expression")


@pytest.mark.docker
def test_bad_images_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    _refused(_worldline("images", "build", str(tmp_path)), "no Python source")
    (tmp_path / "a.py").write_text("x = 1")
    _refused(_worldline("images", "build", str(tmp_path)), "ships no tests")
    _refused(_worldline("images", "build", "pypi:no"), "write it as pypi:NAME==VERSION")


def test_without_an_engine_there_is_one_sentence(tmp_path: Path) -> None:
    recipe = tmp_path / "r.toml"
    recipe.write_text(f'name = "r"\nrun_folder = "{tmp_path}/run"\n[[repositories]]\nspec = "pypi:a==1"\n')
    done = _worldline("collect", str(recipe), DOCKER_HOST="unix:///nowhere.sock")
    _refused(done, "no container engine answers")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nam = 1", "unknown key 'nam': did you mean 'name'?"),
        ('name = "r"\nrun_folder = "x"\nrepositories = []', "at least one [[repositories]] or [[programs]]"),
        ('name = "r"', "is missing"),
        ("name = 3", "key 'name' is 3: expected str"),
        ("name = ", "is not TOML"),
        ("[traces]\nevent = 3", "unknown key 'traces.event': did you mean 'events'?"),
        ("[traces]\nevents = 0", "it must be at least 1"),
        ("[[repositories]]\nspec = 'a'\nsplit = 'tset'", "it must be 'train' or 'test'"),
    ],
)
def test_bad_recipes_are_named(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(UserError) as caught:
        read_recipe(tmp_path / "r.toml", CollectRecipe)
    assert words in str(caught.value)


def test_training_without_what_it_needs_is_one_sentence(tmp_path: Path) -> None:
    recipe = tmp_path / "t.toml"
    text = f'name = "t"\nrun_folder = "{tmp_path}"\nsteps = 1\ncontinues = "s"\n[rows]\ntokens = 64\nmixture = {{ code = 1 }}\n'
    recipe.write_text(text)
    _refused(_worldline("train", str(recipe)), "is no run's folder: run `worldline collect` first")
    (tmp_path / "recipe.json").write_text("{}")
    _refused(_worldline("train", str(recipe)), "recipe 't' continues 's', which is not done")
    recipe.write_text(f"{text}per_steps = 2\n")
    _refused(_worldline("train", str(recipe)), "unknown key 'rows.per_steps': did you mean 'per_step'?")
    recipe.write_text(text.split("[rows]")[0])
    _refused(_worldline("train", str(recipe)), "either [rows] or [rl]")


def test_the_training_recipes_are_a_chain_of_which_the_first_two_share_a_cosine() -> None:
    names = ("pretrain", "midtrain", "sft", "rl")
    first, second, third, last = (read_recipe(Path(f"recipes/demo-{name}.toml"), TrainRecipe) for name in names)
    assert [r.continues for r in (first, second, third, last)] == ["", first.name, second.name, third.name]
    assert first.optimisation.cosine_steps == second.optimisation.cosine_steps == first.steps + second.steps
    assert second.optimisation.cosine_start == first.steps
    assert third.optimisation.cosine_steps == last.optimisation.cosine_steps == 0
    assert last.rl is not None


def test_the_demo_recipe_is_read() -> None:
    recipe = read_recipe(Path("recipes/demo.toml"), CollectRecipe)
    assert len(recipe.repositories) == 5
    assert {entry.split for entry in recipe.repositories} == {"train", "test"}


def test_importing_loads_nothing_heavy() -> None:
    code = "import sys, trajectories, model.render, images, collectors; print({'torch', 'ray', 'pyarrow'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "set()\n"


def test_a_recipe_is_the_same_read_back_from_the_folder_of_its_run() -> None:
    recipe = read_recipe(Path("recipes/demo.toml"), CollectRecipe)
    assert from_table(CollectRecipe, json.loads(recipe.resolved()), where="") == recipe
