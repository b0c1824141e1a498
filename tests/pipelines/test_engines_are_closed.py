"""Every connection to the engine that a command or a job opens is closed by whoever opened it."""

import ast
from pathlib import Path
from typing import Any

import pytest

from images import container_choice
from images.engine import Engine
from pipelines import collected, doctor, images_command
from pipelines.doctor import doctor as run_doctor
from pipelines.images_command import list_images, prune, show_usage
from pipelines.jobs import episode_job, image_job, map_job, program_job, task_job, trace_job

_ROOT = Path(doctor.__file__).parents[1]
# Where a connection is handed to the caller, who closes it.
_HANDED_ON = {"images/container_choice.py": 1, "images/engine_setup.py": 2}


def _opened(tree: ast.Module) -> list[ast.Call]:
    """Return the calls that open a connection: `Engine(...)` and `....session()`."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    made = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in ("Engine", "ensure_engine")]
    return made + [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "session"]


def _closed(tree: ast.Module) -> set[ast.expr]:
    """Return the expressions that a `with` or an `enter_context` closes."""
    closed = {item.context_expr for node in ast.walk(tree) if isinstance(node, ast.With) for item in node.items}
    entering = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    entering = [call for call in entering if isinstance(call.func, ast.Attribute) and call.func.attr == "enter_context"]
    return closed | {argument for call in entering for argument in call.args}


def test_a_connection_is_opened_only_where_it_is_closed() -> None:
    left, seen = {}, 0
    for folder in ("images", "collectors", "pipelines", "benchmarks"):
        for path in (_ROOT / folder).rglob("*.py"):
            tree = ast.parse(path.read_text())
            opened = _opened(tree)
            seen += len(opened)
            if number := len(set(opened) - _closed(tree)):
                left[str(path.relative_to(_ROOT))] = number
    assert left == _HANDED_ON
    assert seen > 15


@pytest.mark.parametrize("job", [episode_job, image_job, map_job, program_job, task_job, trace_job])
def test_every_job_with_containers_takes_them_from_the_recipe(job: object) -> None:
    text = Path(str(getattr(job, "__file__", ""))).read_text()
    assert "recipe.containers.session()" in text
    assert "Engine(" not in text


class _Counted(Engine):
    """An engine that counts how many of its kind are open."""

    opened, closed = 0, 0

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        _Counted.opened += 1

    def close(self) -> None:
        _Counted.closed += 1
        super().close()


@pytest.mark.docker
def test_commands_and_sessions_close_what_they_opened(
    engine: Engine, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (images_command, doctor, container_choice):
        monkeypatch.setattr(module, "Engine", _Counted)
    (tmp_path / "recipe.json").write_text('{"name": "t", "run_folder": "r", "repositories": [{"spec": "pypi:t==1"}]}')
    run = collected.Collected(folder=tmp_path, train=[], test=[])
    assert [list_images("base"), show_usage(), prune(quota=None, package_quota=None, dry_run=True)] == [0, 0, 0]
    run_doctor()
    with pytest.raises(KeyError), run.containers().session() as session:
        assert session.make_ready(base)
        raise KeyError
    assert (_Counted.opened, _Counted.closed) == (5, 5)
