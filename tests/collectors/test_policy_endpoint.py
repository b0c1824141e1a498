"""Episodes that a model behind an endpoint plays: real sockets on loopback, a model that says what it is told."""

import itertools
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from collectors.actions import format_call, parse_action
from collectors.episode_limits import EpisodeLimits
from collectors.forager import play
from collectors.policy import Message, PolicySpent
from collectors.policy_endpoint import EndpointPolicy, EndpointSettings
from collectors.tool_calls import arguments_of, chat_messages, message_of, tool_definitions
from collectors.tools import TOOLS
from images.local_container import LocalContainer
from tests.chat_server import Heard, Reply, chat_server, completion
from tests.collectors.test_forager import FIX, SOURCES, TASK
from tests.conftest import sample_files
from trajectories.ends import End
from trajectories.episode import Episode

EDIT = {"path": "ledger.py", "old": "        if amount < best:", "new": "        if amount > best:"}
CALLS = [("view", {"path": "ledger.py", "lines": "15-25"}), ("edit", EDIT), ("submit", {"summary": "Done."})]
WORDS = [format_call("I edit.", "edit", FIX), format_call("", "submit", "Done.")]


def call(name: str, arguments: Any, **usage: int) -> Reply:
    """Return a completion with one tool call and no words."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    message = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c", "type": "function", "function": function}],
    }
    answer = {"choices": [{"message": message, "finish_reason": "tool_calls"}], "usage": usage}
    return Reply(json.dumps(answer).encode())


def _calls(body: dict[str, Any], number: int) -> Reply:
    return call(*CALLS[number], prompt_tokens=100 * (number + 1), completion_tokens=10)


def _policy(heard: Heard, **settings: Any) -> EndpointPolicy:
    chosen = EndpointSettings(url=heard.url, model="small", **{"seconds": 3.0, "attempts": 3, **settings})
    return EndpointPolicy(chosen, key="k-1", sleep=lambda _: None)


def _played(answer: Callable[[dict[str, Any], int], Reply], **settings: Any) -> tuple[Episode, Heard]:
    with chat_server(answer) as heard:
        policy = _policy(heard, **settings)
        episode = play(TASK, policy, lambda: LocalContainer(sample_files()), SOURCES, EpisodeLimits())
    return episode, heard


def test_a_model_with_function_calls_repairs_the_bug_and_its_tokens_are_counted() -> None:
    episode, heard = _played(_calls, prompt_price=2.0, completion_price=10.0)
    assert (str(episode.cause), episode.reward, [s.tool for s in episode.steps]) == (
        "solved",
        1.0,
        ["view", "edit", "submit"],
    )
    assert [(s.model_calls, s.prompt_tokens, s.completion_tokens) for s in episode.steps] == [
        (1, 100 * n, 10) for n in (1, 2, 3)
    ]
    assert episode.cost == pytest.approx(600 * 2e-6 + 30 * 10e-6)
    assert episode.policy.startswith("small calls-") and heard.headers[0]["Authorization"] == "Bearer k-1"
    last = heard.bodies[2]["messages"]
    assert [m["role"] for m in last] == ["system", "user", "assistant", "tool", "assistant", "tool"]
    assert json.loads(last[4]["tool_calls"][0]["function"]["arguments"]) == {
        k: v + "\n" * (k != "path") for k, v in EDIT.items()
    }
    assert (last[5]["tool_call_id"], last[5]["content"]) == (last[4]["tool_calls"][0]["id"], "Edited ledger.py.")
    assert {tool["function"]["name"] for tool in heard.bodies[0]["tools"]} == set(TOOLS)


def test_the_history_only_grows() -> None:
    _, heard = _played(_calls)
    histories = [body["messages"] for body in heard.bodies]
    assert all(after[: len(before)] == before for before, after in itertools.pairwise(histories))


def test_a_model_without_function_calls_repairs_the_bug_in_words() -> None:
    episode, heard = _played(lambda body, number: Reply(completion(f"<think>hm</think>\n{WORDS[number]}")), form="text")
    assert str(episode.cause) == "solved" and "tools" not in heard.bodies[0]
    assert [m["role"] for m in heard.bodies[1]["messages"]] == ["system", "user", "assistant", "user"]
    assert "<tool: NAME>" in heard.bodies[0]["messages"][0]["content"]
    assert [s.model_calls for s in episode.steps] == [1, 1]


FAULTY = {
    "busy": Reply(b"", 429, {"Retry-After": "1"}),
    "broken": Reply(b"oh", 500),
    "gone": Reply(b"", 404),
    "locked": Reply(b"no", 401),
    "refused": Reply(b'{"error": "unknown field"}', 400),
    "nonsense": Reply(b"<html>welcome</html>"),
    "empty": Reply(b""),
    "half": Reply(completion("x")[:20]),
    "deep": Reply(b"[" * 100_000),
    "cut": Reply(completion("x" * 1000)[:100], headers={"Content-Length": "1000"}),
    "slow": Reply(completion("x"), wait=0.4),
}


@pytest.mark.parametrize("kind", FAULTY)
@pytest.mark.parametrize("after", [0, 2])
def test_a_faulty_endpoint_is_no_failure_of_the_agent(kind: str, after: int) -> None:
    def answer(body: dict[str, Any], number: int) -> Reply:
        return _calls(body, number) if number < after else FAULTY[kind]

    episode, heard = _played(answer, seconds=0.3, attempts=2)
    assert (str(episode.cause), episode.ended_by, episode.reward) == ("model fault", "model", None)
    assert len(episode.steps) == after and ("amount > best" in episode.patch) == (after == 2)
    assert episode.reason.startswith("'small' gave no answer in ")
    assert len(heard.bodies) - after == (1 if kind in ("gone", "locked", "refused") else 2)


@pytest.mark.parametrize("kind", ["busy", "broken", "nonsense", "cut", "slow"])
def test_a_fault_that_passes_costs_an_attempt_alone(kind: str) -> None:
    def answer(body: dict[str, Any], number: int) -> Reply:
        return FAULTY[kind] if number % 2 == 0 else _calls(body, number // 2)

    episode, heard = _played(answer, seconds=0.3)
    assert str(episode.cause) == "solved" and len(heard.bodies) == 6


def test_a_key_that_a_server_repeats_is_not_stored() -> None:
    episode, heard = _played(lambda body, number: Reply(b"the key k-1 is wrong", 401))
    assert heard.headers[0]["Authorization"] == "Bearer k-1"
    assert "the key KEY is wrong" in episode.reason and "k-1" not in repr(episode)


def test_a_server_process_that_is_killed_in_its_answer_is_a_model_fault() -> None:
    command = [sys.executable, "-m", "tests.dying_server", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        policy = _policy(Heard(url=server.stdout.readline().strip()), attempts=2)
        episode = play(TASK, policy, lambda: LocalContainer(sample_files()), SOURCES, EpisodeLimits())
    assert server.returncode == -signal.SIGKILL
    assert (str(episode.cause), episode.ended_by, episode.reward) == ("model fault", "model", None)
    assert [step.observation for step in episode.steps] == ["here\n"] * 2


def test_a_server_that_is_not_there_is_a_model_fault() -> None:
    with chat_server(_calls) as heard:
        pass
    episode = play(TASK, _policy(heard), lambda: LocalContainer(sample_files()), SOURCES, EpisodeLimits())
    assert episode.ended_by == "model" and "the connection failed" in episode.reason


WRONG_CALLS = [
    Reply(completion("I think that is all.")),
    Reply(completion("")),
    call("dance", {"x": "y"}),
    call("edit", {"path": "ledger.py"}),
    call("bash", {"command": 7}),
    call("bash", [1]),
    Reply(
        json.dumps(
            {"choices": [{"message": {"tool_calls": [{"function": {"name": "bash", "arguments": "{"}}]}}]}
        ).encode()
    ),
    Reply(json.dumps({"choices": [{"message": {"tool_calls": "no"}}]}).encode()),
]


@pytest.mark.parametrize("reply", WRONG_CALLS)
def test_a_model_that_talks_nonsense_is_told_so_and_gives_up_in_the_end(reply: Reply) -> None:
    episode, heard = _played(lambda body, number: reply)
    assert (str(episode.cause), episode.ended_by, episode.reward) == ("gave up", "malformed", 0.0)
    assert {step.exit_code for step in episode.steps} == {2} and len(heard.bodies) == 5
    assert heard.bodies[1]["messages"][-1]["role"] == "user"


@pytest.mark.parametrize(
    ("settings", "budget"),
    [({"total_tokens": 100}, "tokens"), ({"prompt_price": 1e4, "most_cost": 0.5}, "cost")],
)
def test_tokens_and_cost_have_bounds(settings: dict[str, Any], budget: str) -> None:
    episode, heard = _played(_calls, **settings)
    assert (str(episode.cause), episode.ended_by, episode.reward) == ("budget", budget, 0.0)
    assert len(heard.bodies) == 1


@pytest.mark.parametrize(
    "text",
    [
        '{"error": {"code": "context_length_exceeded"}}',
        "This model's maximum context length is 4096 tokens",
        "prompt is too long: 200000 tokens > 199999 maximum",
    ],
)
def test_a_conversation_that_is_too_long_for_the_model_is_a_budget(text: str) -> None:
    episode, _ = _played(lambda body, number: _calls(body, number) if number < 1 else Reply(text.encode(), 400))
    assert (str(episode.cause), episode.ended_by, episode.reward) == ("budget", "tokens", 0.0)


def test_tokens_that_nobody_counted_are_estimated() -> None:
    episode, _ = _played(lambda body, number: Reply(completion(WORDS[number])), form="text")
    assert all(step.prompt_tokens and step.completion_tokens for step in episode.steps)


def test_each_tool_survives_being_a_function_call_and_back() -> None:
    bodies = {
        "bash": "ls\n<tool: x>", "view": "a b.py 1-2", "edit": FIX, "create": "a.py\nx = 1\n\ny", "test": "a.py::b\nc.py",
        "spectrum": "", "submit": "Done.",
    }  # fmt: skip
    assert set(bodies) == set(TOOLS) == {tool["function"]["name"] for tool in tool_definitions()}
    for tool, body in bodies.items():
        action = parse_action(format_call("Why.", tool, body))
        assert action is not None
        assert message_of("Why.", tool, json.dumps(arguments_of(action))) == format_call("Why.", tool, body)


def test_words_that_look_like_a_call_do_not_become_one() -> None:
    action = parse_action(message_of("I use <tool: bash>\nrm", "view", '{"path": "a.py"}'))
    assert action is not None and (action.tool, action.body) == ("view", "a.py")


def _says(messages: Sequence[Message]) -> list[str]:
    return [str(message["role"]) for message in chat_messages(messages, calls=True)]


def test_a_message_without_a_call_stays_words() -> None:
    talk = [
        Message(role="user", content="g"),
        Message(role="assistant", content="hm"),
        Message(role="user", content="no"),
    ]
    assert _says(talk) == ["user", "assistant", "user"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"form": "xml"}, "form is 'xml'"),
        ({"total_tokens": -1}, "must not be below 0"),
        ({"most_cost": 1.0}, "no price is given"),
        ({"url": "ftp://x"}, "http:// or https://"),
    ],
)
def test_settings_are_checked(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        EndpointSettings(**{"url": "https://host/v1", "model": "m", **settings})


def test_what_is_spent_is_not_asked_for_again() -> None:
    with chat_server(_calls) as heard:
        policy = _policy(heard, total_tokens=1)
        policy.reply([Message(role="system", content="s"), Message(role="user", content="g")])
        with pytest.raises(PolicySpent) as caught:
            policy.reply([Message(role="system", content="s"), Message(role="user", content="g")])
    assert caught.value.budget is End.TOKENS
