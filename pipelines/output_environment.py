"""OutputEnvironment: asks for the output of a call, and judges the answer by making the call in the repository's image."""

import ast
import json
from collections.abc import Sequence
from contextlib import suppress

from collectors.ship import guest_files
from images.container import Container
from images.health import GUEST
from images.source_tree import is_test_name
from model.output_question import output_question
from model.rl.environment import Question
from trajectories.trace_record import Trace
from trajectories.trajectory import Trajectory

_SECONDS = 120.0


class OutputEnvironment:
    """Output prediction on functions whose arguments are literals; `containers` holds one per repository.

    A question is kept only when executing it gives the recorded output. A wrong format or output is -1, the right
    output 1, and a call that could not be made None.
    """

    def __init__(self, trajectories: Sequence[Trajectory], containers: dict[str, Container]) -> None:
        self._containers = containers
        for container in containers.values():
            container.put(guest_files())
        asked = {t.id: t for t in trajectories if t.origin.repository in containers and _can_be_called(t)}
        self._trajectories = asked
        truth = [(key, json.dumps(_output(t), ensure_ascii=False)) for key, t in asked.items()]
        right = {key for (key, _), reward in zip(truth, self.rewards(truth), strict=True) if reward == 1.0}
        self._trajectories = {key: t for key, t in asked.items() if key in right}

    def questions(self) -> Sequence[Question]:
        """See `Environment.questions`."""
        made = []
        for key, trajectory in sorted(self._trajectories.items()):
            assert trajectory.trace is not None
            question = output_question(trajectory.trace)
            assert question is not None
            made.append(Question(key=key, prompt=tuple(question[0])))
        return made

    def rewards(self, answers: Sequence[tuple[str, str]]) -> list[float | None]:
        """See `Environment.rewards`; the calls of one repository are made in one process of its container."""
        rewards: list[float | None] = [-1.0] * len(answers)
        calls: dict[str, list[tuple[int, list[object]]]] = {}
        for number, (key, text) in enumerate(answers):
            predicted = _json_string(text)
            if predicted is not None:
                trajectory = self._trajectories[key]
                call = [*_place(trajectory), trajectory.trace.arguments, predicted]  # type: ignore[union-attr]
                calls.setdefault(trajectory.origin.repository, []).append((number, call))
        for repository, asked in calls.items():
            found = self._execute(self._containers[repository], [call for _, call in asked])
            for (number, _), right in zip(asked, found, strict=True):
                rewards[number] = None if right is None else 1.0 if right else -1.0
        return rewards

    def _execute(self, container: Container, calls: list[list[object]]) -> list[bool | None]:
        file = f"{GUEST}/runs/calls.json"
        container.put({file: json.dumps(calls).encode(), f"{file}.out": b""})
        container.run([container.python, f"{GUEST}/worldline_check_outputs.py", file], timeout_s=_SECONDS)
        with suppress(ValueError, KeyError):
            found = json.loads(container.get([f"{file}.out"])[f"{file}.out"])
            if isinstance(found, list) and len(found) == len(calls) and all(f in (True, False, None) for f in found):
                return found
        return [None] * len(calls)


def _json_string(text: str) -> str | None:
    with suppress(ValueError):
        value = json.loads(text)
        return value if isinstance(value, str) else None
    return None


def _output(trajectory: Trajectory) -> str | None:
    end = trajectory.trace.result if trajectory.trace else None
    return end.value if end else None


def _place(trajectory: Trajectory) -> tuple[str, str]:
    """Return the module and name of the entry function."""
    assert trajectory.trace is not None
    path, _, function = trajectory.trace.entry.partition(":")
    module = path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return module, function


def is_test(trace: Trace) -> bool:
    """Say whether the entry function stands in a test module."""
    return is_test_name(trace.entry.partition(":")[0])


def _can_be_called(trajectory: Trajectory) -> bool:
    """Say whether the entry is a call, or a top-level function with literal arguments, and its output a literal.

    A test's output, which is None, is not worth asking for.
    """
    if trajectory.trace is None or output_question(trajectory.trace) is None or is_test(trajectory.trace):
        return False
    if "." in _place(trajectory)[1].partition("(")[0]:
        return False
    try:
        for text in (*trajectory.trace.arguments.values(), _output(trajectory) or "?"):
            ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False
    return True
