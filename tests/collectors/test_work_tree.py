"""Digests of the work tree, in every kind of container."""

import pytest

from collectors.work_tree import WorkTree
from images.container import Container
from images.local_container import LocalContainer
from tests.conftest import sample_files


def test_equal_trees_have_equal_digests_and_a_change_taken_back_is_none(container: Container) -> None:
    tree = WorkTree(container)
    first = tree.digest()
    with LocalContainer(sample_files()) as other:
        assert WorkTree(other).digest() == first
    before = container.get(["ledger.py"])
    container.put({"ledger.py": b"x = 1\n"})
    changed = tree.digest()
    container.put(before)
    assert changed != first and tree.digest() == first and WorkTree(container).digest() == first


@pytest.mark.parametrize(
    "command",
    [
        "echo >> ledger.py",
        "rm ledger.py",
        "mv ledger.py other.py",
        "chmod +x ledger.py",
        "mkdir empty",
        "ln -s ledger.py link",
        "printf x > $'odd\\nname \\xff'",
        "touch -r ledger.py keep; printf '#' | dd of=ledger.py conv=notrunc 2>&1; touch -r keep ledger.py; rm keep",
        "rm -r tests; mkfifo tests",
    ],
)
def test_any_change_shows_and_is_the_same_in_another_look(local: Container, command: str) -> None:
    tree = WorkTree(local)
    first = tree.digest()
    assert local.run(["bash", "-c", command]).exit_code == 0
    changed = tree.digest()
    assert len(changed) == 64 and changed != first
    assert WorkTree(local).digest() == changed


@pytest.mark.parametrize("command", ["true", "touch ledger.py", "mkdir .git; echo x > .git/index", "cp ledger.py /tmp"])
def test_what_is_no_change_does_not_show(local: Container, command: str) -> None:
    tree = WorkTree(local)
    first = tree.digest()
    local.run(["bash", "-c", command])
    assert tree.digest() == first
