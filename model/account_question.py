"""The account question: what happens, step by step, in this call?"""

from model.render import Control, Piece
from trajectories.trace_record import Trace

_MARK = "# << START_OF_TRACE"


def account_question(trace: Trace) -> list[Piece]:
    """Return the chat in which the source and the call are given and the assistant's message is open.

    A `main` is the call; any other entry function is given with the arguments that it was called with.
    """
    asked = f"{trace.source.strip()}\n\nWhat happens, step by step, in the function marked `{_MARK}`?"
    if trace.arguments:
        values = "\n".join(f"{name} = {text}" for name, text in trace.arguments.items())
        asked = f"{asked} It is called with:\n{values}"
    opening: list[Piece] = [Control("begin_of_text"), Control("start_header_id"), "user", Control("end_header_id")]
    opening += [
        f"\n\n{asked}",
        Control("eot_id"),
        Control("start_header_id"),
        "assistant",
        Control("end_header_id"),
        "\n\n",
    ]
    return opening
