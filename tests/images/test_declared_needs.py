"""What projects say that their tests need, and where they say it."""

from images.declared_needs import read_needs
from images.pytest_config import PytestConfig
from images.recipe_inference import infer_recipes, test_paths
from images.source_tree import SourceTree


def _files(files: dict[str, str]) -> SourceTree:
    return SourceTree(files={name: text.encode() for name, text in files.items()})


def test_extras_and_groups_named_for_tests_are_found() -> None:
    text = """
[project]
name = "a"
requires-python = ">=3.9"
[project.optional-dependencies]
test = ["six"]
docs = ["sphinx"]
[dependency-groups]
base = ["attrs"]
tests = ["pytest", {include-group = "base"}, {include-group = "tests"}]
lint = ["ruff"]
"""
    needs = read_needs(_files({"pyproject.toml": text}))
    assert (needs.extras, needs.tests, needs.requires_python) == (("test",), ("pytest", "attrs"), ">=3.9")
    assert {"six", "sphinx", "ruff"} <= set(needs.anywhere)
    assert needs.installable


def test_tables_of_poetry_pdm_hatch_and_uv_are_read() -> None:
    text = """
[tool.poetry.group.test.dependencies]
a = "^1.0"
[tool.pdm.dev-dependencies]
test = ["b"]
[tool.hatch.envs.default]
dependencies = ["c"]
[tool.uv]
dev-dependencies = ["d"]
"""
    needs = read_needs(_files({"pyproject.toml": text}))
    assert (needs.tests, needs.dev) == (("a<2,>=1.0", "b", "c"), ("d",))


def test_tox_nox_and_setup_cfg_are_read_and_nothing_is_run() -> None:
    files = {
        "tox.ini": "[testenv]\ndeps =\n  py38: a\n  -r{toxinidir}/more.txt\n[testenv:docs]\ndeps = sphinx\n",
        "more.txt": "b\n",
        "noxfile.py": "raise SystemExit\ndef tests(session):\n    session.install('c', '-e', '.', '-r', 'more.txt')\n",
        "setup.cfg": "[options]\npython_requires = >=3.8\n[options.extras_require]\ntesting =\n  d\n",
        "setup.py": "raise SystemExit\nsetup(tests_require=['e'], extras_require={'test': ['f']})\n",
    }
    needs = read_needs(_files(files))
    assert set(needs.tests) == {"a", "b", "c", "e", "f"}
    assert (needs.extras, needs.requires_python) == (("testing",), ">=3.8")
    assert "sphinx" in needs.anywhere


def test_requirement_files_are_taken_by_their_names() -> None:
    files = {
        "requirements/tests.txt": "a",
        "test-requirements.txt": "b",
        "requirements-dev.txt": "c",
        "docs/requirements.txt": "d",
    }
    needs = read_needs(_files(files))
    assert (set(needs.tests), set(needs.dev), needs.installable) == ({"a", "b"}, {"c"}, False)
    assert "d" in needs.anywhere


def test_what_workflows_and_makefiles_install_is_a_lead_only() -> None:
    files = {
        ".github/workflows/ci.yml": "run: pip install -e . hypothesis 'six>1'\n",
        "Makefile": "t:\n\tpip install mock && x\n",
    }
    needs = read_needs(_files(files))
    assert (needs.tests, needs.anywhere) == ((), ("six>1", "hypothesis", "mock")) or set(needs.anywhere) == {
        "hypothesis",
        "six>1",
        "mock",
    }


def test_files_that_cannot_be_read_say_nothing() -> None:
    files = {"pyproject.toml": "[[", "setup.cfg": "x", "setup.py": "def (", "tox.ini": "]", "noxfile.py": "(("}
    needs = read_needs(_files(files))
    assert (needs.extras, needs.tests, needs.dev, needs.anywhere) == ((), (), (), ())


def test_candidates_come_cheapest_first_and_none_twice() -> None:
    text = "[project]\nname='a'\n[project.optional-dependencies]\ntest=['x']\ndev=['y']\n"
    tree = _files({"pyproject.toml": text, "tests/test_a.py": ""})
    recipes = infer_recipes(tree, read_needs(tree), PytestConfig())
    assert [r.name for r in recipes] == [
        "named for tests",
        "named for development",
        "the project alone",
        "not installed",
    ]
    bare = _files({"setup.py": "", "test_a.py": ""})
    assert [r.name for r in infer_recipes(bare, read_needs(bare), PytestConfig())] == [
        "the project alone",
        "not installed",
    ]


def test_tools_that_no_test_imports_and_very_large_packages_are_left_out() -> None:
    tree = _files(
        {"setup.py": "", "test-requirements.txt": "pytest-cov\nMyPy\nhypothesis\ntensorflow>=2\n", "test_a.py": ""}
    )
    assert infer_recipes(tree, read_needs(tree), PytestConfig())[0].needs == ("hypothesis",)


def test_tests_are_given_as_their_outermost_folders() -> None:
    names = ["src/a/tests/test_a.py", "src/a/tests/deep/test_b.py", "docs/test_c.py", "examples/tests/test_d.py"]
    tree = SourceTree(files=dict.fromkeys(names, b""))
    assert test_paths(tree, PytestConfig()) == ("src/a/tests",)
    assert test_paths(tree, PytestConfig(testpaths=("src/", "gone"))) == ("src",)
    assert test_paths(SourceTree(files={"test_six.py": b""}), PytestConfig()) == ("test_six.py",)


def test_tests_of_other_names_are_given_by_name_where_there_are_no_others() -> None:
    names = ["a.py", "tests/__init__.py", "tests/base.py", "tests/queries.py", "setup.py"]
    tree = SourceTree(files=dict.fromkeys(names, b""))
    assert test_paths(tree, PytestConfig()) == ("tests/base.py", "tests/queries.py")
    assert tree.source_files() == ["a.py"]


PROJECT = '[project]\nname = "a"\n[project.optional-dependencies]\nfull = ["six"]\nd = ["attrs"]\nextra = ["numpy"]\n'


def test_extras_that_environments_for_tests_ask_for_are_those_of_tests() -> None:
    files = {
        "pyproject.toml": PROJECT,
        "tox.ini": "[testenv]\nextras =\n  full\ncommands =\n  pip install -e .[d]\n[testenv:docs]\nextras = extra\n",
        ".github/workflows/a.yml": "run: python -m pip install -e.[extra] && sudo -E cmake -G Ninja\n",
    }
    needs = read_needs(_files(files))
    assert (needs.extras, needs.dev_extras) == (("full", "d"), ("extra",))


def test_nox_and_tox_in_toml_name_extras_and_groups() -> None:
    groups = '[dependency-groups]\nchecks = ["b"]\nmore = ["c"]\nsyncs = ["e"]\n'
    tox = '[tool.tox.env_run_base]\ndependency_groups = ["checks"]\ndeps = ["x", "-r more.txt"]\n'
    nox = (
        "def tests(session):\n"
        "    session.install(*nox.project.dependency_groups(PYPROJECT, 'more'))\n"
        "    session.run_install('uv', 'sync', '--extra', 'd', '--group=syncs')\n"
    )
    needs = read_needs(_files({"pyproject.toml": PROJECT + groups + tox, "more.txt": "y\n", "noxfile.py": nox}))
    assert (set(needs.tests), needs.extras) == ({"b", "c", "e", "x", "y"}, ("d",))


def test_extras_that_setuptools_reads_from_files_are_found() -> None:
    text = '[project]\nname = "a"\ndynamic = ["optional-dependencies"]\n[tool.setuptools.dynamic]\n'
    dynamic = "optional-dependencies.test = {file = ['t.txt', 'u.txt']}\n"
    needs = read_needs(_files({"pyproject.toml": text + dynamic, "t.txt": "six\n", "u.txt": "attrs\n"}))
    assert (needs.extras, set(needs.anywhere)) == (("test",), {"six", "attrs"})
