"""`worldline trace`: runs the user's own code and shows what it did, line by line."""

import io
import os
import sys
from collections.abc import Sequence

from collectors.own_program import Ended, OwnProgram, Recording, record_program
from pipelines.errors import UserError
from pipelines.trace_arguments import read_arguments
from pipelines.trace_output import notes, write_traces

_INTERRUPTED = 130


def trace_command(words: Sequence[str]) -> int:
    """Trace what the words name and write the trace; return 0 however the program ended, 130 when it was interrupted."""
    request = read_arguments(words)
    recording = record_program(request.program, request.bounds, python=request.python)
    _refuse(request.program, recording)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        write_traces(recording, request)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough; what is still buffered must not be written when we leave.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if request.form != "text" or request.output is not None:
        for note in notes(recording, request):
            print(f"worldline: {note}", file=sys.stderr)
    return _INTERRUPTED if recording.ended.how == "interrupted" else 0


def _refuse(program: OwnProgram, recording: Recording) -> None:
    """Raise `UserError` when there is nothing to show."""
    ended = recording.ended
    if ended.how == "missing":
        known = ", ".join(ended.functions) or "none"
        raise UserError(f"the file has no top-level function {ended.detail!r}: it has {known}")
    if ended.how == "refused":
        where = f" ({os.path.relpath(ended.place[0])}, line {ended.place[1]})" if ended.place else ""
        raise UserError(f"{program.target!r} cannot be run: {ended.detail}{where}")
    if not recording.traces and ended.how == "interrupted":
        raise KeyboardInterrupt
    if not recording.traces:
        raise UserError(_nothing(program, ended))


def _nothing(program: OwnProgram, ended: Ended) -> str:
    if ended.how == "pytest":
        tests = ", ".join(f"{test} {outcome}" for test, outcome in ended.tests.items())
        return (
            f"pytest (exit code {ended.detail}) ran no code of a test in this process: {tests or 'no test was found'}"
        )
    return f"nothing of {program.target!r} was recorded before it ended"
