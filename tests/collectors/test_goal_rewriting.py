"""A goal that a model tells again is kept when it leaks nothing and loses nothing."""

from typing import Any

import pytest
import requests

from collectors.errors import CollectorError
from collectors.goal_leaks import Hidden
from collectors.goal_rewriting import prompt_of, rewrite_goal
from collectors.goals import Goal, Style
from tests.chat_server import Reply, chat_server, completion
from tests.collectors.test_forager import BUGGY, TASK

GOAL = Goal(
    style=Style.SYMPTOM, text="There is a bug in ledger. `largest([1, 7, 3])` gives `1`, but it should give `7`.\n"
)
HIDDEN = Hidden(tests=TASK.fail_to_pass, oracle_patch=TASK.oracle_patch, known=[BUGGY])


def _answered(text: str) -> Goal:
    """Return what becomes of the answer of a real server."""

    def answer(body: dict[str, Any], number: int) -> Reply:
        assert GOAL.text.strip() in body["messages"][0]["content"]
        return Reply(body=completion(text))

    with chat_server(answer) as heard:

        def ask(prompt: str, seed: int) -> str:
            body = {"messages": [{"role": "user", "content": prompt}], "seed": seed}
            said = requests.post(f"{heard.url}/chat/completions", json=body, timeout=10).json()
            return str(said["choices"][0]["message"]["content"])

        return rewrite_goal(GOAL, "ledger", HIDDEN, ask)


def test_an_answer_that_keeps_to_the_report_is_used() -> None:
    told = _answered("When I call `largest([1, 7, 3])` I get `1`. The largest is `7`.")
    assert (told.reason, told.style) == ("", Style.SYMPTOM)
    assert told.text.startswith("When I call")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("`largest([1, 7, 3])` is `1`, not `7`: see test_largest.", "it would give away the test 'test_largest'"),
        ("`largest([1, 7, 3])` is `1`, not `7`: use amount > best.", "it would give away the line"),
        ("The function largest is wrong somehow.", "it lost 'largest([1, 7, 3])'"),
        ("", "the answer has no text"),
        ("word " * 2000, "it has 9,999 characters"),
    ],
)
def test_an_answer_that_leaks_or_loses_something_is_none(answer: str, reason: str) -> None:
    told = _answered(answer)
    assert told.text == ""
    assert told.reason.startswith(reason)


def test_a_model_that_does_not_answer_is_a_reason() -> None:
    def ask(prompt: str, seed: int) -> str:
        raise CollectorError("status 503")

    assert rewrite_goal(GOAL, "ledger", HIDDEN, ask).reason == "no answer came: status 503"


def test_braces_of_a_goal_are_its_own() -> None:
    goal = Goal(style=Style.SYMPTOM, text="`f({goal})` gives `{project}`.\n")
    assert "`f({goal})` gives `{project}`." in prompt_of(goal, "p")
