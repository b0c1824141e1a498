"""What a release states of its own needs."""

from images.source_tree import SourceTree
from images.static_metadata import read_static_metadata

TEXT = """Metadata-Version: 2.2
Name: Some.Thing
Version: 1.0
Requires-Dist: six>=1
Requires-Dist: tomli; python_version < "3.11"
Requires-Dist: colorama; sys_platform == "win32"
Requires-Dist: pytest; extra == "test"
Requires-Dist: sphinx; extra == "docs"
Provides-Extra: test
"""


def _tree(text: str) -> SourceTree:
    return SourceTree(files={"PKG-INFO": text.encode()})


def test_needs_are_those_of_the_extras_and_of_the_python() -> None:
    found = read_static_metadata(_tree(TEXT))
    assert found is not None
    assert found.name == "some-thing"
    assert found.needs((), python="3.11") == ["six>=1"]
    assert found.needs(("test",), python="3.9") == ["six>=1", "tomli", "pytest"]


def test_what_is_left_to_the_build_is_not_taken() -> None:
    assert read_static_metadata(_tree(TEXT.replace("2.2", "2.1"))) is None
    assert read_static_metadata(_tree(TEXT + "Dynamic: requires-dist\n")) is None
    assert read_static_metadata(_tree("Metadata-Version: odd\n")) is None
    assert read_static_metadata(SourceTree(files={})) is None
