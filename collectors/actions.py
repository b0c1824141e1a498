"""Actions: what a policy's message asks for, and what it sees of the result.

A message holds a thought and one call, in the form that CWM uses:  <tool: NAME> newline, body, newline </tool>.
"""

import re
from dataclasses import dataclass

_CALL = re.compile(r"(?P<thought>.*?)<tool: (?P<tool>\w+)>\n(?P<body>.*?)\n?</tool>\s*", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One call of a tool: `bash`, `view`, `edit`, `create`, `test`, `spectrum` or `submit`."""

    thought: str
    tool: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What came of an action: the text, and the bytes that its commands wrote in all, where they are more than the text's."""

    text: str
    exit_code: int | None = None
    written: int = 0

    @property
    def output_bytes(self) -> int:
        """Return how many bytes were written, shown or not."""
        return max(self.written, len(self.text.encode("utf-8", "replace")))


def format_call(thought: str, tool: str, body: str) -> str:
    """Return the message that `parse_action` reads."""
    return f"{thought}\n<tool: {tool}>\n{body}\n</tool>"


def format_edit(path: str, old: str, new: str) -> str:
    """Return the body of an edit that replaces the whole lines `old`."""
    return f"{path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE"


def parse_action(message: str) -> Action | None:
    """Return the message's call, or None when it has none or is not well formed."""
    call = _CALL.fullmatch(message)
    return Action(thought=call["thought"].strip(), tool=call["tool"], body=call["body"]) if call else None


def cut_in_the_middle(text: str, longest: int) -> str:
    """Return at most `longest` characters of the text, and where some are missing how many."""
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters left out ...]\n{text[len(text) - half :]}"


def storable(text: str) -> str:
    """Return the text with a question mark for each lone surrogate, which JSON can hold and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()
