"""Tools: carries out an action in the container; whatever the action asks for, an observation comes back."""

from collections.abc import Callable

from collectors.actions import Action, Observation
from collectors.file_tools import create, edit, view
from collectors.run_tools import bash, spectrum, test
from images.container import Container

_FILE_TOOLS: dict[str, Callable[[Container, str], Observation]] = {"view": view, "edit": edit, "create": create}
_RUN_TOOLS: dict[str, Callable[[Container, str, float], Observation]] = {
    "bash": bash,
    "test": test,
    "spectrum": spectrum,
}
TOOLS = (*_RUN_TOOLS, *_FILE_TOOLS, "submit")
# Those behind which the work tree can be another one.
CHANGING = frozenset({"bash", "test", "spectrum", "edit", "create"})
MALFORMED = Observation(text="The message held no well-formed tool call: <tool: NAME>, body, </tool>.", exit_code=2)


def perform(container: Container, action: Action, *, seconds: float = 60.0) -> Observation:
    """Carry out the action and return the whole of what came of it; a command is ended after `seconds`."""
    if "\0" in action.body:
        return Observation(text="The body holds a NUL, which no command and no text file can.", exit_code=2)
    if action.tool in _RUN_TOOLS:
        return _RUN_TOOLS[action.tool](container, action.body, seconds)
    if action.tool in _FILE_TOOLS:
        return _FILE_TOOLS[action.tool](container, action.body)
    if action.tool == "submit":
        return Observation(text="Submitted.")
    return Observation(text=f"There is no tool {action.tool!r}: there are {', '.join(TOOLS)}.", exit_code=2)
