"""Code that is made from text: scopes of their own, with the text where it is known."""

from pathlib import Path

import pytest

from collectors.events import read_stream
from tests.played import VERSIONS, check_harmless, engines, play

_MADE = """
import linecache
def made(text, names):
    file = main.__code__.co_filename
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    exec(compile(text, file, "exec"), names)
    return names
def main():
    print(made("def f(a):\\n    b = [a]\\n    return b\\n", {})["f"](1))
    print(made("def f(a):\\n    return a\\n", {})["f"](2), eval("sum(n for n in (1, 2))"))
    linecache.cache.clear()
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_the_text_of_made_code_is_in_the_stream(version: str, tmp_path: Path) -> None:
    [played] = play(version, tmp_path, {"made": _MADE}).values()
    check_harmless({"made": played})
    file = str(tmp_path / "made.py")
    for engine in engines(version):
        stream = read_stream(played[engine].data)
        assert stream.sources == {
            file: "def f(a):\n    b = [a]\n    return b\n",
            f"{file} 2": "def f(a):\n    return a\n",
        }
        assert [code.file for code in stream.codes if code.name == "f"] == [file, f"{file} 2"]
    assert len({found.digest for engine, found in played.items() if engine != "none"}) == 1
