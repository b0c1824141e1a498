"""How a command ends: bad input is one sentence and exit code 2."""

import sys
from collections.abc import Callable

from collectors.function_tracing import FunctionNotFound
from collectors.programs_file import BadProgram
from images.errors import BadSource, BaseError, EngineError
from model.errors import InterchangeError
from pipelines.errors import UserError
from trajectories.errors import TrajectoryError

_SENTENCES = (
    UserError,
    BadSource,
    BaseError,
    EngineError,
    TrajectoryError,
    FunctionNotFound,
    BadProgram,
    InterchangeError,
)


def exit_with_sentence(command: Callable[[], int]) -> int:
    """Return the command's exit code; 2 with one sentence for what the user can mend, 130 when interrupted."""
    try:
        return command()
    except _SENTENCES as error:
        print(f"worldline: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("worldline: interrupted; run the same command to go on", file=sys.stderr)
        return 130
