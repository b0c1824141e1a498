"""Canaries: tests of random names whose outcomes are known, run among the hidden ones to show a forged result."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from string import Template

# What each kind must end as. Of each there is one function in a file of its own, beside the hidden tests.
_KINDS = {
    "failed": (
        "def $name():\n    assert $a == $b\n",
        "def $name():\n    value = ['$word', $a]\n    assert value != ['$word', $a]\n",
        "def $name():\n    raise ValueError('$word')\n",
        "import pytest\n\n\ndef $name():\n    with pytest.raises(KeyError):\n        {'$word': $a}['$word']\n",
        "import unittest\n\n\nclass $group(unittest.TestCase):\n    def $name(self):\n        self.assertEqual($a, $b)\n",
    ),
    "passed": ("def $name():\n    assert $a + 1 != $a\n",),
    "skipped": ("import pytest\n\n\ndef $name():\n    pytest.skip('$word')\n",),
    "error": (
        "import pytest\n\n\n@pytest.fixture\ndef f$word():\n    raise KeyError('$word')\n\n\ndef $name(f$word):\n    pass\n",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """One test: its id, its file's text, and the outcome that alone is honest."""

    id: str
    path: str
    text: str
    outcome: str


def plant_canaries(expected: Sequence[str]) -> list[Canary]:
    """Return canaries that are named like the expected tests and lie beside them."""
    models = list(expected) or ["test_it.py::test_it"]
    return [_canary(secrets.choice(models), text, outcome) for outcome, texts in _KINDS.items() for text in texts]


def canary_files(canaries: Sequence[Canary]) -> dict[str, bytes]:
    """Return the canaries' files by path."""
    return {canary.path: canary.text.encode() for canary in canaries}


def _canary(model: str, text: str, outcome: str) -> Canary:
    path, _, names = model.partition("::")
    name = names.split("[")[0].rsplit("::", 1)[-1]
    name = name if name.isidentifier() else "test_it"
    word, stem = secrets.token_hex(3), PurePosixPath(path).stem
    in_class = "TestCase" in text
    chosen = {
        "name": f"test_{word}" if in_class else f"{name}_{word}",
        "group": f"Test{word.capitalize()}",
        "word": word,
        "a": str(secrets.randbelow(900) + 1),
        "b": str(secrets.randbelow(900) + 1000),
    }
    file = str(PurePosixPath(path).with_name(f"{stem}_{secrets.token_hex(3)}.py"))
    group = f"{chosen['group']}::" if in_class else ""
    return Canary(
        id=f"{file}::{group}{chosen['name']}", path=file, text=Template(text).substitute(chosen), outcome=outcome
    )
