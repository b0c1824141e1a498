"""StartState: the tree that an agent is given: the task's state as one commit without a past, and no byte-code."""

from collections.abc import Mapping
from importlib.resources import files

from collectors.errors import CollectorError
from collectors.task import Task
from images.container import Container


class StartStateError(CollectorError):
    """The tree of a task could not be made ready in a container."""


def prepare_state(container: Container, task: Task, sources: Mapping[str, str]) -> None:
    """Plant the task's bug in a container at the clean state, and make it the only commit that git knows.

    A bug that is merely put into the tree is shown by `git diff` and undone by `git checkout`.
    """
    planted = {path: text.encode() for path, text in task.start(sources).items()}
    container.put(planted)
    script = (files("collectors") / "start_state.sh").read_text()
    done = container.run(["sh", "-c", script, "sh", *planted], timeout_s=300)
    if done.exit_code != 0:
        raise StartStateError(f"the tree could not be made one commit: {done.shown[-300:]!r}")
