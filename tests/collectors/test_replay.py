"""Replays: equal, equal after normalising, or the first step that differs and in what."""

from collections.abc import Callable

import pytest

from collectors.actions import format_call
from collectors.episode_limits import EpisodeLimits
from collectors.forager import play
from collectors.policy import PolicyFault, ScriptedPolicy
from collectors.repairer import Repairer
from collectors.replay import Comparison, Sameness, messages_of, replay
from images.container import Container
from images.docker_container import DockerContainer
from images.engine import Engine
from images.local_container import LocalContainer
from tests.collectors.faulty import RaisingPolicy
from tests.collectors.test_episode_ends import EDIT, SUBMIT, WRONG
from tests.collectors.test_forager import SOURCES, TASK
from tests.conftest import sample_files
from trajectories.episode import Episode

LIMITS = EpisodeLimits(command_seconds=5)


def _fresh() -> LocalContainer:
    return LocalContainer(sample_files())


def _bash(*commands: str) -> list[str]:
    return [format_call("", "bash", command) for command in commands]


def _record(messages: list[str], opened: Callable[[], Container] = _fresh) -> Episode:
    return play(TASK, ScriptedPolicy(messages), opened, SOURCES, LIMITS)


def _again(episode: Episode, opened: Callable[[], Container] = _fresh) -> Comparison:
    return replay(TASK, episode, opened, SOURCES, LIMITS)


def test_a_plain_episode_is_equal_in_another_folder() -> None:
    recorded = _record(["words", *_bash("pwd; ls; cd tests", "pwd; echo x > new.txt"), EDIT, SUBMIT])
    assert recorded.reward == 1.0
    assert _again(recorded).sameness in (Sameness.NORMALISED, Sameness.EQUAL)
    assert messages_of(recorded)[0] == "words" and len(messages_of(recorded)) == 5


@pytest.mark.parametrize(
    ("command", "rules"),
    [
        ("date +%FT%T.%N", ("clock",)),
        ("mktemp -u", ("temporary path",)),
        ("python -c 'print(object())'", ("address",)),
        ("echo pid $$", ("process",)),
        ("cat /proc/sys/kernel/random/uuid", ("identifier",)),
        ("echo took 0.$RANDOM s", ("timing",)),
        ("PYTHONHASHSEED=$RANDOM python -c 'print({str(n) for n in range(20)})'", ("order",)),
    ],
)
def test_what_differs_by_itself_is_equal_after_normalising(command: str, rules: tuple[str, ...]) -> None:
    found = _again(_record(_bash("echo same", command)))
    assert (found.sameness, found.rules) == (Sameness.NORMALISED, rules)


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("echo $RANDOM$RANDOM; true", "output"),
        (
            "head -c 40000 /dev/zero | tr '\\0' x; printf '%05d%05d' $RANDOM $RANDOM; head -c 40000 /dev/zero | tr '\\0' x",
            "output beyond what is shown",
        ),
        ("seq 30 | shuf", "order of lines"),
        ("echo $RANDOM$RANDOM > file", "work tree"),
        ("[ -e /tmp/worldline-replay-test ] || { touch /tmp/worldline-replay-test; exit 3; }", "exit code"),
        ("while echo $RANDOM$RANDOM; do sleep 0.1; done", "deadline, output"),
    ],
)
def test_what_really_differs_is_named_with_its_step(command: str, kind: str) -> None:
    recorded = _record(_bash("rm -f /tmp/worldline-replay-test; true", "echo same", command)[1:])
    found = _again(recorded)
    LocalContainer().run(["rm", "-f", "/tmp/worldline-replay-test"])
    assert (found.sameness, found.step, found.kind) == (Sameness.DIFFERS, 2, kind)


def test_another_state_at_the_start_is_seen_before_the_first_step() -> None:
    recorded = _record([SUBMIT])
    found = _again(recorded, lambda: LocalContainer({**sample_files(), "more.txt": b""}))
    assert (found.sameness, found.step, found.kind) == (Sameness.DIFFERS, 0, "work tree before the first step")


def test_another_judgement_is_a_difference_at_the_end() -> None:
    recorded = _record([WRONG, SUBMIT])
    better = play(TASK, ScriptedPolicy([EDIT, SUBMIT]), _fresh, SOURCES, LIMITS)
    assert better.reward == 1.0
    changed = Episode(**{**{name: getattr(recorded, name) for name in Episode.__slots__}, "judged": better.judged})
    found = _again(changed)
    assert (found.sameness, found.step, found.kind) == (Sameness.DIFFERS, 3, "verdict")


def test_an_episode_that_a_fault_broke_off_is_equal_as_far_as_it_goes() -> None:
    recorded = play(TASK, RaisingPolicy([*_bash("echo a"), EDIT], PolicyFault("gone")), _fresh, SOURCES, LIMITS)
    assert _again(recorded).sameness is Sameness.EQUAL


def test_a_replay_without_a_container_is_no_difference() -> None:
    def refuse() -> LocalContainer:
        raise PolicyFault("none")

    found = _again(_record([SUBMIT]), refuse)
    assert (found.sameness, found.kind) == (Sameness.FAULT, "harness fault: PolicyFault: none")


@pytest.mark.docker
def test_the_repairers_episode_is_bit_equal_in_another_container(engine: Engine, base: str) -> None:
    def opened() -> DockerContainer:
        container = DockerContainer(engine, base)
        container.put(sample_files())
        return container

    recorded = play(TASK, Repairer(), opened, SOURCES, EpisodeLimits())
    assert recorded.reward == 1.0 and len(recorded.steps) > 4
    assert _again(recorded, opened) == Comparison(sameness=Sameness.EQUAL)
