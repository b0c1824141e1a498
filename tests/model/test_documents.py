"""Episodes as documents."""

from model.documents import episode_document
from model.render import Control
from tests.model.test_training import _TOKENIZER
from trajectories.episode import Episode, Step


def _episode(steps: int, observation: str) -> Episode:
    step = Step(thought="t", tool="bash", arguments={"body": "ls"}, observation=observation, exit_code=0, seconds=0.0)
    return Episode(
        task_id="t", policy="p", goal="g", steps=(step,) * steps, ended_by="submit", patch="", judged={}, reward=1.0
    )


def test_actions_are_learnt_the_goal_is_not_and_about_half_of_the_observations_are() -> None:
    document = episode_document(_TOKENIZER, _episode(40, "seen"), longest=10_000, seed=0)
    assert document is not None
    start = _TOKENIZER.control("start_header_id")
    places = [n for n, token in enumerate(document.tokens) if token == start]
    learnt = [document.weights[n] for n in places]
    assert learnt[0] == 0.0
    assert set(learnt[1::2]) == {1.0}
    assert 10 <= sum(learnt[2::2]) <= 30


def test_a_long_episode_is_cut_after_a_whole_step() -> None:
    document = episode_document(_TOKENIZER, _episode(40, "word " * 5000), longest=1200, seed=0)
    assert document is not None
    assert len(document.tokens) <= 1200
    assert _TOKENIZER.decode(document.tokens)[-1] == Control("eot_id")
