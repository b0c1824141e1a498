"""Documents: trajectories and source files as token ids, with the weight of each token in the loss."""

import random
from collections.abc import Iterable, Iterator

from model.account_question import account_question
from model.output_question import output_question
from model.packed import Document
from model.render import Control, Piece, render_context, render_frames
from model.tokenizer import Tokenizer
from trajectories.episode import Episode
from trajectories.trace_record import Trace


def code_documents(tokenizer: Tokenizer, text: str, *, longest: int) -> Iterator[Document]:
    """Yield a source file as documents of at most `longest` tokens; all is learnt."""
    ids = [tokenizer.control("begin_of_text"), *tokenizer.encode_text(text), tokenizer.control("end_of_text")]
    for start in range(0, len(ids), longest):
        part = tuple(ids[start : start + longest])
        yield Document(tokens=part, weights=(1.0,) * len(part))


def trace_documents(tokenizer: Tokenizer, trace: Trace, *, longest: int) -> Iterator[Document]:
    """Yield the trace as documents of at most `longest` tokens, cut at frame boundaries, each with the source in front.

    The source is not learnt. A document that goes on in the middle begins with a state in full, as the format does behind a
    nested call; that frame, which nothing foretells, is not learnt either. A frame that does not fit ends the documents, and a
    source of over a quarter of `longest` is shown once only: most of a second document would be what is not learnt.
    """
    at = 0
    context = len(tokenizer.encode(render_context(trace.source)))
    while at < (len(trace.frames) if context <= longest // 4 else 1):
        document, taken = _trace_window(tokenizer, trace, at, longest)
        if not taken:
            return
        if any(document.weights):
            yield document
        at += taken


def _trace_window(tokenizer: Tokenizer, trace: Trace, first: int, longest: int) -> tuple[Document, int]:
    """Return the document that begins at a frame, and how many frames it holds."""
    ids = tokenizer.encode(render_context(trace.source))
    weights = [0.0] * len(ids)
    taken = 0
    for pieces in render_frames(trace.frames[first:]):
        frame = tokenizer.encode(pieces)
        if len(ids) + len(frame) >= longest:
            break
        ids += frame
        weights += [float(first == 0 or taken > 0)] * len(frame)
        taken += 1
    else:
        if not trace.cut:
            ids.append(tokenizer.control("end_of_text"))
            weights.append(1.0)
    return Document(tokens=tuple(ids), weights=tuple(weights)), taken


def output_document(tokenizer: Tokenizer, trace: Trace) -> Document | None:
    """Return the trace as a question, its call given and its output learnt; None when it did not return."""
    question = output_question(trace)
    if question is None:
        return None
    prompt, answer = map(tokenizer.encode, question)
    return Document(tokens=(*prompt, *answer), weights=(0.0,) * len(prompt) + (1.0,) * len(answer))


def account_document(tokenizer: Tokenizer, trace: Trace, account: str) -> Document:
    """Return the account of a trace as a conversation: source and call are given, the account is learnt."""
    prompt, answer = tokenizer.encode(account_question(trace)), tokenizer.encode([account, Control("eot_id")])
    return Document(tokens=(*prompt, *answer), weights=(0.0,) * len(prompt) + (1.0,) * len(answer))


def episode_document(tokenizer: Tokenizer, episode: Episode, *, longest: int, seed: int) -> Document | None:
    """Return the episode as a conversation; actions are learnt, and half of the observations, drawn at random as CWM did.

    A long observation is cut in the middle, an episode that is too long after its last whole
    step; None when not even its first step fits.
    """
    draw = random.Random(f"{seed} {episode.task_id}")
    ids = [tokenizer.control("begin_of_text"), *tokenizer.encode(message("user", episode.goal))]
    weights = [0.0] * len(ids)
    kept = 0
    for step in episode.steps:
        body = step.arguments.get("body", "")
        action = f"{step.thought}\n<tool: {step.tool}>\n{body}\n</tool>" if step.tool else step.thought
        said = tokenizer.encode(message("assistant", action))
        seen = tokenizer.encode(message(f"tool: {step.tool}", _shortened(step.observation, longest // 2)))
        if len(ids) + len(said) + len(seen) > longest:
            break
        ids += said + seen
        weights += [1.0] * len(said) + [float(draw.random() < 0.5)] * len(seen)
        kept += 1
    return Document(tokens=tuple(ids), weights=tuple(weights)) if kept else None


def _shortened(text: str, longest: int) -> str:
    """Return the text cut in the middle to `longest` characters, with how many are left out."""
    if len(text) <= longest:
        return text
    return f"{text[: longest // 2]}\n[... {len(text) - longest} characters left out ...]\n{text[-longest // 2 :]}"


def message(role: str, body: str) -> list[Piece]:
    """Return one message in the chat format of the released model."""
    return [Control("start_header_id"), role, Control("end_header_id"), f"\n\n{body}", Control("eot_id")]


def within(documents: Iterable[Document | None], longest: int) -> tuple[list[Document], int]:
    """Return the documents that are there and fit, and how many are not or do not."""
    kept: list[Document] = []
    refused = 0
    for document in documents:
        if document is not None and len(document.tokens) <= longest:
            kept.append(document)
        else:
            refused += 1
    return kept, refused
