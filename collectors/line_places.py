"""LinePlaces: lines of two states of a file brought together, so that frames of both can be compared."""

from difflib import SequenceMatcher


class LinePlaces:
    """Places of the lines of one changed file: equal for lines that both states have, and for lines of one changed block.

    Of a block with as many lines in both states the lines have places of their own.
    """

    def __init__(self, buggy: str, fixed: str) -> None:
        self._buggy: dict[int, int | str] = {}
        self._fixed: dict[int, int | str] = {}
        self.changed_buggy: set[int] = set()
        self.changed_fixed: set[int] = set()
        matcher = SequenceMatcher(a=buggy.split("\n"), b=fixed.split("\n"), autojunk=False)
        for number, (kind, first, last, other, end) in enumerate(matcher.get_opcodes()):
            if kind == "equal":
                self._buggy |= {first + n + 1: other + n + 1 for n in range(last - first)}
                continue
            same = last - first == end - other
            self._buggy |= {n + 1: f"{number} {n - first if same else 0}" for n in range(first, last)}
            self._fixed |= {n + 1: f"{number} {n - other if same else 0}" for n in range(other, end)}
            self.changed_buggy |= set(range(first + 1, last + 1))
            self.changed_fixed |= set(range(other + 1, end + 1))

    def buggy(self, line: int) -> int | str:
        """Return the place of a line of the buggy state."""
        return self._buggy.get(line, line)

    def fixed(self, line: int) -> int | str:
        """Return the place of a line of the fixed state."""
        return self._fixed.get(line, line)
