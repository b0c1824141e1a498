"""Episodes and accounts as documents."""

from model.documents import account_document, episode_document
from model.render import Control
from tests.model.test_training import _TOKENIZER
from trajectories.ends import Cause
from trajectories.episode import Episode, Step
from trajectories.frame import Frame, FrameKind
from trajectories.trace_record import Trace


def _episode(steps: int, observation: str) -> Episode:
    step = Step(thought="t", tool="bash", arguments={"body": "ls"}, observation=observation, exit_code=0, seconds=0.0)
    texts = {"task_id": "t", "policy": "p", "goal": "g", "ended_by": "submit", "patch": ""}
    return Episode(**texts, cause=Cause.SOLVED, steps=(step,) * steps, judged={}, reward=1.0)


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


def test_of_an_account_source_and_arguments_are_given_and_the_text_is_learnt() -> None:
    call = Frame(kind=FrameKind.CALL, depth=0, line_number=1, source_line="def f(x):\n", locals={"x": "'<|eot_id|>'"})
    trace = Trace(entry="a.py:f", source="\ndef f(x):  # << START_OF_TRACE\n    return 1\n", frames=(call,))
    document = account_document(_TOKENIZER, trace, "It is over.\n\nThe call returns `1`.")
    parts = ([t for t, w in zip(document.tokens, document.weights, strict=True) if w == weight] for weight in (0, 1))
    given, learnt = map(_TOKENIZER.decode, parts)
    assert given[0] == Control("begin_of_text") and given[-2:] == [Control("end_header_id"), "\n\n"]
    assert "def f(x):" in str(given[4]) and "called with:\nx = '<|eot_id|>'" in str(given[4])
    assert learnt == ["It is over.\n\nThe call returns `1`.", Control("eot_id")]
