"""Source texts: the files that traced code runs through: their lines, and the context that a trace shows of them."""

import inspect
import io
from collections.abc import Mapping, Sequence
from tokenize import NEWLINE, TokenError, generate_tokens

from collectors.events import CodeSeen
from collectors.program_layout import MODULE, START, program_context


class SourceTexts:
    """Texts of files by the name that the interpreter gives them; `root` is left out of the names that are stored."""

    def __init__(self, texts: Mapping[str, str], *, root: str = "") -> None:
        self._lines = {file: _lines(text) for file, text in texts.items()}
        self._root = root
        self._blocks: dict[tuple[str, int], list[str]] = {}
        self._contexts: dict[tuple[CodeSeen, ...], str] = {}

    def with_text(self, file: str, text: str) -> "SourceTexts":
        """Return these texts and one more; what was read of the others is shared."""
        made = SourceTexts({file: text}, root=self._root)
        made._lines |= {name: lines for name, lines in self._lines.items() if name != file}
        made._blocks = {place: block for place, block in self._blocks.items() if place[0] != file}
        return made

    def with_missing(self, sources: Mapping[str, str]) -> "SourceTexts":
        """Return these texts and those of the files that are not among them."""
        made = self
        for file, text in sources.items():
            if file not in self._lines:
                made = made.with_text(file, text)
        return made

    def shown(self, file: str) -> str:
        """Return the name under which a file is stored."""
        return file.removeprefix(f"{self._root}/") if self._root else file

    def line(self, file: str, number: int) -> str:
        """Return the line with its newline; an empty line for one that the file does not have."""
        lines = self._lines.get(file, [])
        line = lines[number - 1] if 0 < number <= len(lines) else ""
        return line if line.endswith("\n") else line + "\n"

    def files(self) -> list[str]:
        """Return the files by the names that the interpreter gives them."""
        return list(self._lines)

    def lines(self, file: str) -> Sequence[str]:
        """Return the lines of the file, none where it is not there."""
        return self._lines.get(file, [])

    def is_function(self, code: CodeSeen) -> bool:
        """Say whether a `def` made the code, and not a comprehension, a lambda, a class body or text that is not there."""
        block = [] if code.name.endswith(">") else self.block(code.file, code.first_line)
        return bool(block) and block[definition(block)].lstrip().startswith(("def ", "async def "))

    def context(self, codes: Sequence[CodeSeen]) -> str:
        """Return the source of all functions that a trace ran, as it stands in their files, in the order of the files.

        It begins with a newline; the entry function, which is the first code, carries the start-of-trace comment. A whole
        program, whose entry is its module, is laid out by `program_context`.
        """
        key = tuple(codes)
        if key not in self._contexts:
            self._contexts[key] = self._made_context(key)
        return self._contexts[key]

    def _made_context(self, codes: Sequence[CodeSeen]) -> str:
        if codes[0].name == MODULE:
            file = codes[0].file
            others = self._kept_blocks([code for code in codes if code.file != file], entry=None)
            return program_context("".join(self._lines.get(file, [])), others)
        return "\n" + "\n".join(self._kept_blocks(codes, entry=(codes[0].file, codes[0].first_line)))

    def _kept_blocks(self, codes: Sequence[CodeSeen], *, entry: tuple[str, int] | None) -> list[str]:
        """Return the blocks of the codes that are in no other's; that of the entry is marked, and kept in any case."""
        blocks = {(code.file, code.first_line): self.block(code.file, code.first_line) for code in codes}
        kept: list[str] = []
        for (file, first), block in sorted(blocks.items()):
            last = first + max(1, len(block)) - 1
            inside = any(f == file and a < first and last < a + len(b) for (f, a), b in blocks.items())
            if (file, first) == entry or not inside:
                kept.append("".join(_marked(block) if (file, first) == entry else block))
        return kept

    def block(self, file: str, first: int) -> list[str]:
        """Return the lines of the block that starts at `first`: those that are indented deeper, or in open brackets."""
        if (file, first) not in self._blocks:
            lines = self._lines.get(file, [])
            found = _block(lines[first - 1 :]) if 0 < first <= len(lines) else []
            self._blocks[file, first] = [line if line.endswith("\n") else line + "\n" for line in found]
        return self._blocks[file, first]


def _lines(text: str) -> list[str]:
    """Return the lines as the interpreter counts them: a form feed or a Unicode separator ends none."""
    return io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n")).readlines()


def _block(lines: list[str]) -> list[str]:
    """Return the lines of the definition that begins with the first, or else those that its statement goes on for."""
    try:
        if lines[0].lstrip().startswith(("@", "def ", "async def ", "class ")):
            return lines[: max(1, len(inspect.getblock(lines)))]
        return lines[: next(token.end[0] for token in generate_tokens(iter(lines).__next__) if token.type == NEWLINE)]
    except (SyntaxError, TokenError, StopIteration):
        return lines[:1]


def definition(block: Sequence[str]) -> int:
    """Return which line of a block defines its function or class, behind the decorators; 0 where none does."""
    indent = block[0][: len(block[0]) - len(block[0].lstrip())] if block else ""
    words = tuple(indent + word for word in ("def ", "async def ", "class "))
    return next((number for number, line in enumerate(block) if line.startswith(words)), 0)


def _marked(block: Sequence[str]) -> list[str]:
    """Return the lines with the comment on the one that defines the function."""
    marked, mark = list(block), definition(block)
    if marked:
        marked[mark] = marked[mark].rstrip("\n") + START + "\n"
    return marked
