"""Lists of repositories: what they say, and what is said of their mistakes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from images.repository_entry import RepositoryEntry
from pipelines.errors import RecipeError
from pipelines.recipe import CollectRecipe, read_recipe
from pipelines.repository_list import read_repository_list

JSONL = """{"spec": "pypi:a==1", "python": "3.12", "as_of": "2024-05-31"}

"history:b>=1"
{"releases": ["pypi:c==1", "pypi:c==2"], "split": "test", "as_of": "source"}
"""
TOML = """
[[repositories]]
spec = "pypi:a==1"
python = "3.12"
as_of = 2024-05-31

[[repositories]]
spec = "history:b>=1"

[[repositories]]
releases = ["pypi:c==1", "pypi:c==2"]
split = "test"
as_of = "source"
"""
ENTRIES = (
    RepositoryEntry(spec="pypi:a==1", python="3.12", as_of="2024-05-31"),
    RepositoryEntry(spec="history:b>=1"),
    RepositoryEntry(releases=("pypi:c==1", "pypi:c==2"), split="test", as_of="source"),
)


@pytest.mark.parametrize(("name", "text"), [("l.jsonl", JSONL), ("l.toml", TOML)])
def test_a_list_says_what_a_recipe_says(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert read_repository_list(tmp_path / name) == ENTRIES
    recipe = tmp_path / "r.toml"
    recipe.write_text(f'name = "r"\nrun_folder = "r"\nrepositories = "{tmp_path / name}"\n')
    assert read_recipe(recipe, CollectRecipe).repositories == ENTRIES


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("l.jsonl", '"pypi:a==1"\n{"spec": "b", "pyhton": "3.12"}', "line 2: unknown key 'pyhton': did you mean 'python'?"),
        ("l.jsonl", '\n\n{"spec": 3}', "line 3: key 'spec' is 3: expected str"),
        ("l.jsonl", '{"spec": "pypi:a==1"', "line 1: is not JSON"),
        ("l.jsonl", "[1]", "line 1: expected a table with a spec, found list"),
        ("l.jsonl", '{"spec": "pypi:a==1", "as_of": "last week"}', "line 1: as_of is 'last week': write 'source'"),
        ("l.jsonl", '{"spec": "pypi:a==1", "as_of": "2024-02-30"}', "line 1: as_of is '2024-02-30'"),
        ("l.jsonl", '{"python": "3.12"}', "line 1: a repository has either a spec or releases"),
        ("l.jsonl", '"pypi:a==1"\n{"spec": "pypi:a==1"}', "line 2: repeats line 1"),
        ("l.jsonl", "", "holds no repositories"),
        ("l.jsonl", "[" * 100_000, "line 1: is not JSON"),
        ("l.toml", '[[repositories]]\nspec = "pypi:a==1"\nas-of = "x"', "row 1: unknown key 'as-of': did you mean 'as_of'?"),
        ("l.toml", '[[repository]]\nspec = "x"', "unknown key 'repository': did you mean 'repositories'?"),
        ("l.toml", "x = ", "is not TOML"),
        ("l.csv", "x", "is neither a .toml nor a .jsonl file"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_with_its_place(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(RecipeError) as caught:
        read_repository_list(tmp_path / name)
    assert words in str(caught.value)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_mistake_in_a_recipes_list_ends_the_command_with_2(tmp_path: Path) -> None:
    (tmp_path / "l.jsonl").write_text('{"spec": "pypi:a==1", "spilt": "test"}')
    (tmp_path / "r.toml").write_text(f'name = "r"\nrun_folder = "r"\nrepositories = "{tmp_path}/l.jsonl"\n')
    command = [sys.executable, "-m", "pipelines.cli", "collect", str(tmp_path / "r.toml")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "line 1: unknown key 'spilt': did you mean 'split'?" in done.stderr


@pytest.mark.docker
def test_a_list_is_built_row_by_row_though_one_of_them_is_hostile(tmp_path: Path) -> None:
    files = {"a.py": "x = 1\n", "test_a.py": "import a\n\n\ndef test_a():\n    assert a.x == 1\n"}
    (tmp_path / "project").mkdir()
    for name, text in files.items():
        (tmp_path / "project" / name).write_text(text)
    rows = ['"ext::sh -c id"', f'"{tmp_path}/missing"', f'{{"spec": "{tmp_path}/project", "python": "3.11"}}']
    (tmp_path / "l.jsonl").write_text("\n".join(rows))
    command = [sys.executable, "-m", "pipelines.cli", "images", "build", str(tmp_path / "l.jsonl")]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "COLUMNS": "500"})
    said = done.stdout.splitlines()
    assert done.returncode == 2
    assert [" failed " in said[0], " failed " in said[1], " executable " in said[2]] == [True] * 3, done.stdout
    assert "source: repository URL 'ext::sh -c id' was refused" in said[0]
