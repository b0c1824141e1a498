"""How it is told that a value has changed: on every interpreter of this machine, all engines write the same bytes."""

from pathlib import Path

import pytest

from tests.played import VERSIONS, check_harmless, engines, play

_CLASSES = """
class Plain:
    def __init__(self, number):
        self.number, self.word, self.inner = number, "w", [number]

asked = []

def swap(thing):
    word = thing.__dict__.pop("word")
    thing.other = word
    del thing.other
    thing.word = word

def main():
    thing, again = Plain(1), Plain(2)
    held = {"a": thing, 1: again, 2.5: None}
    thing.inner = [1]
    swap(thing)
    held[1.0] = 3
    del held["a"]
    held["a"] = thing
    thing.__dict__ = {"number": 1, "word": "w", "inner": 2}
    Plain.__getattribute__ = lambda self, name: asked.append(name) or object.__getattribute__(self, name)
    number = again.number
    again.word = "v"
    again.inner.append(thing)
    del Plain.__getattribute__
    again.word = "u"
    print(asked)
    return number
"""
_HOT = """
def mixed(count):
    total, text, items, cell = 0, "", [], []
    for step in range(count):
        total += step
        text = str(total)[-3:]
        if step % 3:
            items.append(step)
        else:
            items[-1:] = []
        late = len(items) > 4
        if late:
            del late
            items.clear()
        pairs = [(n, cell) for n in items if n > step - 2]
        cell.append(step) if step % 17 == 0 else None
        whole = step << 27
        whole = float(step) if step % 5 else whole
        name = (lambda: text)()
    return total, name, pairs

def main():
    return mixed(120)
"""


def _check(version: str, folder: Path, source: str) -> None:
    played = play(version, folder, {"program": source})
    check_harmless(played)
    digests = {played["program"][engine].digest for engine in engines(version)}
    assert len(digests) == 1 and digests != {""}


@pytest.mark.parametrize("version", VERSIONS)
def test_attributes_are_seen_to_change_and_a_class_that_comes_to_look_them_up_itself_is_never_asked(
    version: str, tmp_path: Path
) -> None:
    _check(version, tmp_path, _CLASSES)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_code_is_shown_the_same_before_and_after_it_was_studied(version: str, tmp_path: Path) -> None:
    _check(version, tmp_path, _HOT)
