"""File tools: view, edit and create. What is not there or not unique is said to the agent, with exit code 1 or 2."""

import re

from collectors.actions import Observation
from images.container import Container
from images.errors import ContainerLost, EngineBusy, EngineError

_RANGE = re.compile(r"(?P<path>.+?)(?:\s+(?P<first>\d{1,9})-(?P<last>\d{1,9}))?", re.DOTALL)
_EDIT = re.compile(r"(?P<path>[^\n]+)\n<<<<<<< SEARCH\n(?P<block>.*)>>>>>>> REPLACE", re.DOTALL)
_DIVIDER = re.compile(r"^=======\n", re.MULTILINE)


def view(container: Container, body: str) -> Observation:
    """Show a file with its line numbers, or a range of its lines."""
    asked = _RANGE.fullmatch(body.strip())
    if asked is None:
        return Observation(text="Give a path, and optionally a range of lines such as 10-40.", exit_code=2)
    data = container.get([asked["path"]]).get(asked["path"])
    if data is None:
        return Observation(text=f"There is no file {asked['path']!r}.", exit_code=1)
    lines = data.decode("utf-8", "replace").splitlines()
    first, last = (int(asked["first"]), int(asked["last"])) if asked["first"] else (1, len(lines))
    shown = [f"{number:5d}|{line}" for number, line in enumerate(lines, 1) if first <= number <= last]
    return Observation(text="\n".join(shown), exit_code=0)


def edit(container: Container, body: str) -> Observation:
    """Replace whole lines that stand exactly once in a file; its other bytes stay as they are."""
    asked = _EDIT.fullmatch(body.strip())
    sides = _sides(asked["block"]) if asked else []
    if asked is None or not sides:
        return Observation(text="The edit was not understood: give a path, then one SEARCH/REPLACE block.", exit_code=2)
    path = asked["path"].strip()
    data = container.get([path]).get(path)
    if data is None:
        return Observation(text=f"There is no file {path!r}.", exit_code=1)
    whole = data.decode("utf-8", "surrogateescape")
    # The last line may have no newline, which the edit's lines all have.
    text = whole if whole.endswith("\n") else whole + "\n"
    for old, new in reversed(sides):
        places = _places(text, old)
        if len(places) == 1:
            changed = text[: places[0]] + new + text[places[0] + len(old) :]
            changed = changed if whole == text else changed.removesuffix("\n")
            return _written(container, path, changed.encode("utf-8", "surrogateescape"), f"Edited {path}.")
    count = len(_places(text, sides[0][0]))
    return Observation(text=f"The searched lines stand {count} times in {path}: exactly once is needed.", exit_code=1)


def _sides(block: str) -> list[tuple[str, str]]:
    """Return what the block may mean, the shortest search first: a file's own text can hold the line that divides it."""
    found = [(block[: divider.start()], block[divider.end() :]) for divider in _DIVIDER.finditer(block)]
    return [(old, new) for old, new in found if old]


def _places(text: str, old: str) -> list[int]:
    found, at = [], text.find(old)
    while at >= 0:
        if at == 0 or text[at - 1] == "\n":
            found.append(at)
        at = text.find(old, at + 1)
    return found


def create(container: Container, body: str) -> Observation:
    """Write a file that does not exist yet."""
    path, _, content = body.partition("\n")
    path = path.strip()
    if not path:
        return Observation(text="Give a path on the first line, then the content.", exit_code=2)
    if container.run(["test", "-e", path, "-o", "-L", path]).exit_code == 0:
        return Observation(text=f"{path} exists already: use edit.", exit_code=1)
    return _written(container, path, (content + "\n").encode(), f"Created {path}.")


def _written(container: Container, path: str, data: bytes, said: str) -> Observation:
    try:
        container.put({path: data})
    except (ContainerLost, EngineBusy):
        raise
    except (EngineError, OSError):
        # The supervisor and a local folder refuse names and places that cannot be written, which the agent chose.
        return Observation(text=f"{path} could not be written.", exit_code=1)
    return Observation(text=said, exit_code=0)
