"""The rewriter against a server on loopback: what is sent, what is tried again, and what is refused with its reason."""

import socket
from typing import Any

import pytest

from collectors.accounts.chat_endpoint import ChatEndpoint, ChatSettings
from collectors.accounts.rewriter import Answer, Asked, judge, rewrite_all
from tests.chat_server import Heard, Reply, chat_server, completion
from trajectories.account import Verdict
from trajectories.frame import Frame, FrameKind
from trajectories.trace_record import Trace

_CALL = Frame(kind=FrameKind.CALL, depth=0, line_number=1, source_line="def f():\n", locals={})
_END = Frame(
    kind=FrameKind.RETURN, depth=0, line_number=2, source_line="    return {1: '{x}'}\n", locals={}, value="{1: '{x}'}"
)
TRACE = Trace(entry="a.py:f", source="\ndef f():\n    return {1: '{x}'}\n", frames=(_CALL, _END))
RIGHT = "It goes as it must.\n\nThe call returns `{1: '{x}'}`."


def _asked(seed: int = 5) -> Asked:
    return Asked(trace=TRACE, account="- `f` returns `{1: '{x}'}`.", seed=seed)


def _endpoint(heard: Heard, waited: list[float] | None = None, key: str = "", **settings: Any) -> ChatEndpoint:
    chosen = ChatSettings(url=heard.url, model="small", **{"seconds": 5.0, **settings})
    return ChatEndpoint(chosen, key=key, sleep=(waited if waited is not None else []).append)


def test_a_question_has_prompt_seed_and_key() -> None:
    with chat_server(lambda body, number: Reply(completion(RIGHT))) as heard:
        answer = _endpoint(heard, key="k-1", temperature=0.25, most_tokens=99).rewrite(_asked())
    assert answer == Answer(text=RIGHT)
    body = heard.bodies[0]
    assert body["path"] == "/v1/chat/completions" and heard.headers[0]["Authorization"] == "Bearer k-1"
    assert (body["model"], body["temperature"], body["seed"], body["max_tokens"]) == ("small", 0.25, 5, 99)
    content = body["messages"][0]["content"]
    assert "return {1: '{x}'}\n" in content and "- `f` returns" in content
    assert "\n\nThe call returns `{1: '{x}'}`.\n\n" in content
    assert judge(answer, TRACE, longest=1000) == (Verdict.KEPT, "")


def test_without_a_key_none_is_sent() -> None:
    with chat_server(lambda body, number: Reply(completion(RIGHT))) as heard:
        _endpoint(heard).rewrite(_asked())
    assert "Authorization" not in heard.headers[0]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_again(status: int) -> None:
    waited: list[float] = []
    with chat_server(lambda body, number: Reply(completion(RIGHT), 200 if number == 2 else status)) as heard:
        answer = _endpoint(heard, waited, first_wait=2.0).rewrite(_asked())
    assert answer == Answer(text=RIGHT, attempts=3)
    assert 1.0 <= waited[0] <= 2.0 <= waited[1] <= 4.0


def test_attempts_and_waits_have_bounds() -> None:
    waited: list[float] = []
    with chat_server(lambda body, number: Reply(b"", 429, {"Retry-After": "3600"})) as heard:
        answer = _endpoint(heard, waited, attempts=3, longest_wait=7.0).rewrite(_asked())
    assert answer == Answer(reason="status 429", attempts=3, answered=False)
    assert waited == [7.0, 7.0] and len(heard.bodies) == 3
    assert judge(answer, TRACE, longest=1000) == (Verdict.UNANSWERED, "status 429")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(b"<html>busy</html>"), "no chat completion came back: '<html>busy</html>'"),
        (Reply(b"[]"), "no chat completion came back: '[]'"),
        (Reply(b'{"choices": [7]}'), "no chat completion came back"),
        (Reply(b'{"choices": [{"message": {"content": null}}]}'), "the answer has no text"),
        (Reply(completion(RIGHT, "length")), "the answer was cut at its most tokens"),
        (Reply(completion("x" * 5000)), "the answer has more than 4,000 bytes"),
        (Reply(b"\xff\xfe", 400), "status 400"),
    ],
)
def test_what_cannot_be_used_is_not_tried_again(reply: Reply, reason: str) -> None:
    with chat_server(lambda body, number: reply) as heard:
        answer = _endpoint(heard, most_bytes=4000).rewrite(_asked())
    assert answer.text == "" and answer.reason.startswith(reason) and answer.answered
    assert len(heard.bodies) == 1


def test_a_wrong_key_and_a_redirect_are_no_answers_to_the_question() -> None:
    for reply in (Reply(b"no", 401), Reply(b"", 302, {"Location": "http://127.0.0.1:1/"})):
        with chat_server(lambda body, number, reply=reply: reply) as heard:
            answer = _endpoint(heard, key="k").rewrite(_asked())
        assert not answer.answered and answer.reason.startswith(f"status {reply.status}") and len(heard.bodies) == 1


@pytest.mark.parametrize("wait", [0.4, 0.2])
def test_a_slow_server_is_given_up(wait: float) -> None:
    with chat_server(lambda body, number: Reply(completion(RIGHT), wait=wait)) as heard:
        answer = _endpoint(heard, seconds=0.3, attempts=2).rewrite(_asked())
    assert not answer.answered and "in 0.3 seconds" in answer.reason and answer.attempts == 2


def test_a_server_that_is_not_there_is_a_reason() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        heard = Heard(url=f"http://127.0.0.1:{free.getsockname()[1]}/v1")
    answer = _endpoint(heard, attempts=2).rewrite(_asked())
    assert answer == Answer(reason="the connection failed: ConnectionError", attempts=2, answered=False)


def test_answers_come_in_order_and_not_too_many_at_once() -> None:
    def answer(body: dict[str, Any], number: int) -> Reply:
        return Reply(completion(f"seed {body['seed']}"), wait=0.03)

    with chat_server(answer) as heard:
        found = list(rewrite_all(_endpoint(heard, concurrency=3), [_asked(seed) for seed in range(9)]))
    assert [one.text for one in found] == [f"seed {seed}" for seed in range(9)]
    assert 1 < heard.at_once <= 3


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("The call returns `{1: '{y}'}`.", Verdict.WRONG),
        ("The call raises `{1: '{x}'}`.", Verdict.WRONG),
        (f"{RIGHT}\n\nI hope this helps!", Verdict.UNFINISHED),
        (f"{'x' * 1000}{RIGHT}", Verdict.LONG),
        ('The call returns `{1: "{x}"}`.', Verdict.KEPT),
        (f"<think>The call returns `3`.</think>\n{RIGHT}", Verdict.KEPT),
    ],
)
def test_a_rewritten_account_is_kept_for_its_true_end(text: str, verdict: Verdict) -> None:
    with chat_server(lambda body, number: Reply(completion(text))) as heard:
        answer = _endpoint(heard).rewrite(_asked())
    assert judge(answer, TRACE, longest=1000)[0] is verdict
    assert "<think>" not in answer.text


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"url": "localhost:80"}, "must begin with http:// or https://"),
        ({"url": "https://user:secret@host/v1"}, "a key belongs into the variable"),
        ({"model": ""}, "model is empty"),
        ({"attempts": 0}, "must be above 0"),
    ],
)
def test_settings_are_checked(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        ChatSettings(**{"url": "https://host/v1", "model": "m", **settings})
    assert "secret" not in str(caught.value)
