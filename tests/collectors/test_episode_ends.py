"""How episodes end: each with its cause, none with an exception, and no fault with a reward."""

from collections.abc import Callable

import pytest

from collectors.actions import format_call, format_edit
from collectors.episode_limits import EpisodeLimits
from collectors.forager import play
from collectors.policy import Policy, PolicyFault, PolicySpent, ScriptedPolicy
from images.container import Container
from images.container_limits import ContainerLimits
from images.docker_container import DockerContainer
from images.engine import Engine
from images.errors import ContainerLost, EngineBusy, EngineError
from images.local_container import LocalContainer
from tests.collectors.faulty import FailingContainer, RaisingPolicy, in_turn
from tests.collectors.test_forager import FIX, SOURCES, TASK
from tests.conftest import sample_files
from trajectories.ends import End
from trajectories.episode import Episode

EDIT = format_call("Fix.", "edit", FIX)
SUBMIT = format_call("", "submit", "Done.")
BASH = format_call("", "bash", "echo one; echo two >&2; (exit 3)")
FATAL = format_call("", "bash", "echo fatal")
WRONG = format_call("", "edit", format_edit("ledger.py", "        if amount < best:\n", "        if amount == best:\n"))


def _good() -> LocalContainer:
    return LocalContainer(sample_files())


def _play(policy: Policy, opened: Callable[[], Container] = _good, **limits: float) -> Episode:
    return play(TASK, policy, opened, SOURCES, EpisodeLimits(**limits))  # type: ignore[arg-type]


def _says(episode: Episode) -> tuple[str, str, float | None]:
    return str(episode.cause), episode.ended_by, episode.reward


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        ([EDIT, SUBMIT], ("solved", "submit", 1.0)),
        ([EDIT], ("solved", "policy", 1.0)),
        ([WRONG, SUBMIT], ("unsolved", "submit", 0.0)),
        ([SUBMIT], ("gave up", "submit", 0.0)),
        ([BASH], ("gave up", "policy", 0.0)),
        (["words"] * 9, ("gave up", "malformed", 0.0)),
        (["words", BASH] * 4, ("gave up", "policy", 0.0)),
    ],
)
def test_what_an_agent_does_is_its_cause(messages: list[str], says: tuple[str, str, float]) -> None:
    assert _says(_play(ScriptedPolicy(messages))) == says


@pytest.mark.parametrize(
    ("limits", "budget", "steps"),
    [
        ({"steps": 2}, "steps", 2),
        ({"tokens": 600}, "tokens", 1),
        ({"bytes": 20}, "bytes", 1),
        ({"seconds": 0.001}, "seconds", 0),
    ],
)
def test_a_budget_that_is_spent_is_named(limits: dict[str, float], budget: str, steps: int) -> None:
    episode = _play(ScriptedPolicy([format_call("x" * 2000, "bash", "true")] * 9), **limits)
    assert _says(episode) == ("budget", budget, 0.0)
    assert len(episode.steps) == steps


def test_what_was_repaired_within_the_budget_is_solved() -> None:
    assert _says(_play(ScriptedPolicy([EDIT, BASH]), steps=1)) == ("solved", "steps", 1.0)


@pytest.mark.parametrize(
    ("error", "ended_by", "words"),
    [
        (PolicyFault("status 500"), "model", "status 500"),
        (ValueError("oh"), "model", "the policy raised ValueError: oh"),
        (PolicySpent(End.COST, "1 dollar is spent"), "cost", "1 dollar is spent"),
    ],
)
def test_a_policy_that_raises_ends_the_episode(error: Exception, ended_by: str, words: str) -> None:
    episode = _play(RaisingPolicy([BASH, EDIT], error))
    assert (episode.ended_by, episode.reason, len(episode.steps)) == (ended_by, words, 2)
    assert episode.reward_valid == (ended_by == "cost")
    assert "+        if amount > best:" in episode.patch


def test_what_stops_the_process_is_not_kept_from_it() -> None:
    with pytest.raises(KeyboardInterrupt):
        _play(RaisingPolicy([], KeyboardInterrupt()))


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ContainerLost("ended", "gone"), ("container fault", "container", None)),
        (ContainerLost("protocol", "odd"), ("container fault", "container", None)),
        (EngineBusy("slow"), ("container fault", "container", None)),
        (ContainerLost("disk", "full"), ("budget", "disk", 0.0)),
        (ContainerLost("poisoned", "held"), ("budget", "memory", 0.0)),
        (RuntimeError("ours"), ("harness fault", "harness", None)),
    ],
)
def test_a_container_that_dies_in_the_middle_leaves_its_steps(error: Exception, says: tuple[str, str, float]) -> None:
    opened = in_turn(lambda: FailingContainer(error), _good)
    episode = _play(ScriptedPolicy([EDIT, FATAL, SUBMIT]), opened)
    assert _says(episode) == says
    assert [step.tool for step in episode.steps][:2] == ["edit", "bash"][: len(episode.steps)]
    assert str(error) in episode.reason


def _refuse() -> LocalContainer:
    raise EngineError("no more containers")


def test_containers_that_do_not_open_are_faults() -> None:
    for opened in (_refuse, in_turn(_good, _refuse)):
        episode = _play(ScriptedPolicy([EDIT, SUBMIT]), opened)
        assert _says(episode) == ("container fault", "container", None)
        assert "no more containers" in episode.reason
    assert len(episode.steps) == 2 and "amount > best" in episode.patch


def test_a_judge_that_loses_its_container_is_asked_again() -> None:
    lost = ContainerLost("ended", "gone")
    opened = in_turn(_good, lambda: FailingContainer(lost, at_once=True), _good)
    assert _says(_play(ScriptedPolicy([EDIT, SUBMIT]), opened)) == ("solved", "submit", 1.0)


def test_code_that_fills_the_judges_disk_is_not_solved() -> None:
    full = ContainerLost("disk", "full")
    episode = _play(ScriptedPolicy([EDIT, SUBMIT]), in_turn(_good, lambda: FailingContainer(full, at_once=True), _good))
    assert _says(episode) == ("unsolved", "submit", 0.0) and episode.reason.endswith("full")


def test_a_task_that_does_not_fit_its_sources_is_a_harness_fault() -> None:
    episode = play(TASK, ScriptedPolicy([SUBMIT]), _good, {"ledger.py": "other\n"}, EpisodeLimits())
    assert _says(episode) == ("harness fault", "harness", None)
    assert episode.reason.startswith("PatchError: ")


def test_texts_that_utf_8_cannot_hold_are_stored_all_the_same() -> None:
    episode = _play(ScriptedPolicy(["\ud800", format_call("\udcff", "bash", "printf '\\377'")]))
    assert [step.thought for step in episode.steps] == ["?", "?"]
    assert episode.steps[1].observation == "\ufffd"


def test_files_of_odd_names_are_no_part_of_the_patch() -> None:
    odd = format_call("", "bash", "echo > $'\\xff.py'; echo > $'a\\nb.py'; echo > fine.py; ls | wc -l")
    episode = _play(ScriptedPolicy([odd, EDIT, SUBMIT]))
    assert _says(episode) == ("solved", "submit", 1.0)
    assert [line for line in episode.patch.splitlines() if line.startswith("+++")] == [
        "+++ b/fine.py",
        "+++ b/ledger.py",
    ]
    assert episode.patch.encode()


@pytest.mark.docker
def test_a_container_that_is_removed_under_an_episode_is_a_fault(engine: Engine, base: str) -> None:
    opened: list[DockerContainer] = []

    def open_one() -> DockerContainer:
        opened.append(DockerContainer(engine, base))
        opened[-1].put(sample_files())
        return opened[-1]

    class Removing(ScriptedPolicy):
        def reply(self, messages: object) -> str:
            if len(opened) == 1 and "zebra" in str(messages):
                engine.remove(opened[0].id)
            return super().reply([])

    episode = _play(Removing([format_call("", "bash", "echo zebra"), EDIT, SUBMIT]), open_one)
    assert _says(episode) == ("container fault", "container", None)
    assert [step.tool for step in episode.steps] == ["bash", "edit"]
    assert episode.steps[0].tree_digest == episode.start_digest != ""


@pytest.mark.docker
def test_what_a_container_bounds_is_an_observation_and_the_episode_goes_on(engine: Engine, base: str) -> None:
    def opened() -> DockerContainer:
        container = DockerContainer(engine, base, limits=ContainerLimits(memory_bytes=256 << 20))
        container.put(sample_files())
        return container

    fill = format_call("", "bash", "head -c 90000000 /dev/zero > /tmp/b")
    take = format_call("", "bash", "python -c 'x = bytearray(400 << 20)'")
    episode = _play(ScriptedPolicy([fill, take, EDIT, SUBMIT]), opened)
    assert _says(episode) == ("solved", "submit", 1.0)
    assert "No space left on device\n[exit code 1]" in episode.steps[0].observation
    assert "[a process was ended for its memory; exit code 137]" in episode.steps[1].observation
