"""Trace measures on held-out functions, for a model and for two baselines that need none.

Greedy decoding of a frame equals the truth exactly when each of its tokens has the highest logit given the true ones
before it, so one forward pass per trace measures what generation would.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from model.output_question import output_question
from model.packed import Document, pack
from model.render import UNCHANGED, Control, Piece, render_context, render_frames
from model.tokenizer import Tokenizer
from model.transformer import Transformer
from trajectories.frame import FrameKind
from trajectories.trace_record import Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Shares of exact matches: of the next frame given the true ones before it, and of the output given the call."""

    next_frame: float
    output: float
    frames: int
    outputs: int


def score_model(model: Transformer, tokenizer: Tokenizer, traces: Sequence[Trace], *, longest: int) -> Score:
    """Return the model's score on the traces; frames and outputs past `longest` tokens are not counted."""
    hits: Counter[str] = Counter()
    for trace in traces:
        ids, spans = _spans(tokenizer, trace, longest)
        if spans:
            right = _matches(model, ids[: spans[-1][1]])
            hits["frames"] += len(spans)
            hits["right"] += sum(all(right[a - 1 : b - 1]) for a, b in spans)
        question = _question(tokenizer, trace, longest)
        if question is not None:
            prompt, answer = question
            right = _matches(model, prompt + answer)
            hits["outputs"] += 1
            hits["answered"] += all(right[len(prompt) - 1 :])
    return _score(hits)


def score_baselines(
    tokenizer: Tokenizer, traces: Sequence[Trace], known: Sequence[Trace], *, longest: int
) -> dict[str, Score]:
    """Return the scores of copying the last state (with the line that follows it) and of the most frequent answer.

    They are counted on the frames and outputs that a model is scored on.
    """
    answers = Counter(t.result.value for t in known if t.result and t.result.kind is FrameKind.RETURN)
    frames = Counter(_key(pieces) for trace in known for pieces in render_frames(trace.frames))
    copy: Counter[str] = Counter()
    frequent: Counter[str] = Counter()
    for trace in traces:
        counted = len(_spans(tokenizer, trace, longest)[1])
        for at, pieces in enumerate(list(render_frames(trace.frames))[1 : counted + 1], 1):
            copy["frames"] += 1
            frequent["frames"] += 1
            copy["right"] += _key(pieces) == _copied(trace, at)
            frequent["right"] += _key(pieces) == frames.most_common(1)[0][0]
        end = trace.result
        if end is not None and _question(tokenizer, trace, longest) is not None:
            for counter, guess in ((copy, _last_value(trace)), (frequent, answers.most_common(1)[0][0])):
                counter["outputs"] += 1
                counter["answered"] += end.value == guess
    return {"copy the last state": _score(copy), "most frequent answer": _score(frequent)}


def _spans(tokenizer: Tokenizer, trace: Trace, longest: int) -> tuple[list[int], list[tuple[int, int]]]:
    """Return the trace's ids and where the frames behind the first one lie, of those that fit."""
    ids = tokenizer.encode(render_context(trace.source))
    spans = []
    for pieces in render_frames(trace.frames):
        frame = tokenizer.encode(pieces)
        spans.append((len(ids), len(ids) + len(frame)))
        ids += frame
    return ids, [span for span in spans[1:] if span[1] <= longest]


def _question(tokenizer: Tokenizer, trace: Trace, longest: int) -> tuple[list[int], list[int]] | None:
    question = output_question(trace)
    if question is None:
        return None
    prompt, answer = tokenizer.encode(question[0]), tokenizer.encode(question[1])
    return (prompt, answer) if len(prompt) + len(answer) <= longest else None


def _key(pieces: Sequence[Piece]) -> tuple[str, ...]:
    return tuple(map(str, pieces))


def _copied(trace: Trace, at: int) -> tuple[str, ...]:
    before = trace.frames[at - 1]
    lines = trace.source.splitlines(keepends=True)
    place = next((n for n, line in enumerate(lines) if line == before.source_line), 0)
    following = lines[min(place + 1, len(lines) - 1)]
    state = "{" + ", ".join(f'"{name}": "{UNCHANGED}"' for name in before.locals) + "}"
    return _key([Control("line_sep"), state, Control("action_sep"), following, Control("frame_sep")])


def _last_value(trace: Trace) -> str | None:
    """Return the value of the last argument: the only value that is known when the output is asked for."""
    return next(reversed(trace.frames[0].locals.values()), None)


@torch.no_grad()
def _matches(model: Transformer, ids: Sequence[int]) -> list[bool]:
    packed = pack([Document(tokens=tuple(ids), weights=(1.0,) * len(ids))])
    logits_TV = model(packed) @ model.lm_head.weight.T
    return (logits_TV.argmax(-1) == packed.targets_T)[:-1].tolist()


def _score(hits: "Counter[str]") -> Score:
    return Score(
        next_frame=hits["right"] / max(1, hits["frames"]),
        output=hits["answered"] / max(1, hits["outputs"]),
        frames=hits["frames"],
        outputs=hits["outputs"],
    )
