"""Episode trees: the texts of the source behind each edit of an episode, told from its edits alone."""

import re
from collections.abc import Iterator, Mapping

from trajectories.episode import Episode

_EDIT = re.compile(r"(?P<path>[^\n]+)\n<<<<<<< SEARCH\n(?P<old>.*?\n)=======\n(?P<new>.*?)>>>>>>> REPLACE", re.DOTALL)


def trees_of(episode: Episode, start: Mapping[str, str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the number of each step that edited or created a file, and the texts that differ from `start` behind it.

    What a shell command changes is not seen: from there on an edit may not fit, and such edits are left out.
    """
    changed: dict[str, str] = {}
    for number, step in enumerate(episode.steps):
        body = step.arguments.get("body", "")
        edit = _EDIT.fullmatch(body.strip()) if step.tool == "edit" and step.exit_code == 0 else None
        if edit:
            path = edit["path"].strip()
            text = changed.get(path, start.get(path, ""))
            places = _places(text, edit["old"])
            if len(places) != 1:
                continue
            changed[path] = text[: places[0]] + edit["new"] + text[places[0] + len(edit["old"]) :]
        elif step.tool == "create" and step.exit_code == 0:
            path, _, content = body.partition("\n")
            changed[path.strip()] = content + "\n"
        else:
            continue
        yield number, {path: text for path, text in changed.items() if text != start.get(path)}


def _places(text: str, old: str) -> list[int]:
    return [m.start() for m in re.finditer(re.escape(old), text) if m.start() == 0 or text[m.start() - 1] == "\n"]
