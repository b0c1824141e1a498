"""The template writer: a trace as an account in English, without a model."""

import ast
from dataclasses import dataclass

from collectors.accounts.activation import Activation, activation_of
from collectors.accounts.context import read_context
from collectors.accounts.final_value import code, final_sentence, true_value
from collectors.accounts.passage import Passage, text_of
from collectors.accounts.teller import Detail, Teller
from collectors.accounts.wording import Phrases, assigned, shortened
from trajectories.account import Verdict
from trajectories.trace_record import Trace
from trajectories.trajectory import content_id

METHOD = "template-1"
_DETAILS = (
    Detail(rounds=4, calls=6, depth=12, width=100),
    Detail(rounds=3, calls=4, depth=5, width=80),
    Detail(rounds=2, calls=3, depth=3, width=70),
    Detail(rounds=1, calls=2, depth=2, width=60),
    Detail(rounds=1, calls=1, depth=1, width=50),
    Detail(rounds=1, calls=1, depth=0, width=40),
)
_EXACT_LINES = (3, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What the writer made of a trace: an account, or the verdict on the trace and the reason why there is none."""

    text: str = ""
    verdict: Verdict = Verdict.KEPT
    reason: str = ""


def write_account(trace: Trace, *, longest: int) -> Written:
    """Return an account of at most `longest` characters, in as much detail as fits; the same trace gives the same text.

    It ends in the final sentence. A trace that was cut has no end, and so no account.
    """
    entry, end = activation_of(trace.frames), trace.result
    if entry is None or end is None or trace.cut:
        return Written(verdict=Verdict.CUT, reason="the trace was cut before its end")
    seed = content_id(trace.entry, trace.source, [frame.source_line for frame in trace.frames], end.value)
    final = final_sentence(true_value(end))
    for detail in _DETAILS:
        teller = Teller(read_context(trace.source), Phrases(seed), detail, exact=_has_exact_lines(trace.python))
        text = f"{_told(entry, teller, Phrases(seed), detail)}\n\n{final}"
        if len(text) <= longest:
            return Written(text=text)
    return Written(
        verdict=Verdict.LONG, reason=f"its shortest account has {len(text):,} characters, more than {longest:,}"
    )


def _told(entry: Activation, teller: Teller, phrases: Phrases, detail: Detail) -> str:
    """Return the opening and the points of an account; a `main` that only makes the call is not told."""
    scene = teller.scene(entry)
    wrapped = _wrapped(entry, teller)
    if wrapped is not None:
        call, inner = wrapped
        scene = teller.scene(inner)
        opening = [phrases.say("opening", "", call=code(shortened(call, 2 * detail.width)))]
    else:
        what = "one run of the program" if scene.name == "the program" else f"a call of {scene.name}"
        opening = [phrases.say("opening_function", "", what=what)]
    given = scene.arguments() or {}
    if given:
        values = assigned(given, detail.width, by="=")
        opening.append(phrases.say("arguments", "", values=values))
    told = teller.body(scene, 0 if wrapped is None else 1)
    return "\n\n".join([" ".join(opening), text_of(told or [Passage(text="Nothing of it is shown.")])])


def _wrapped(entry: Activation, teller: Teller) -> tuple[str, Activation] | None:
    """Return the call that a `main` of one line makes, as it is written and as it ran; None where the entry is no such main."""
    scene = teller.scene(entry)
    if entry.function != "main" or len(scene.steps) != 1 or len(scene.steps[0].calls) != 1:
        return None
    node = scene.steps[0].statement.node
    if not isinstance(node, ast.Return) or not isinstance(node.value, ast.Call):
        return None
    return scene.context.segment(node.value), scene.steps[0].calls[0]


def _has_exact_lines(python: str) -> bool:
    """Say whether the interpreter gives a line event for every line that runs, which holds from CPython 3.10 on."""
    parts = python.split(".")[:2]
    return all(part.isdigit() for part in parts) and len(parts) == 2 and tuple(map(int, parts)) >= _EXACT_LINES
