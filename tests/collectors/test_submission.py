"""What of an agent's work reaches the judge, and what the rest shows."""

import pytest

from collectors.patches import apply_patch
from collectors.start_state import prepare_state
from collectors.submission import Submission, collect_submission, take_snapshot
from images.docker_container import DockerContainer
from images.engine import Engine
from tests.collectors.planted import BUGGY, CLEAN, PLANTED, SOURCES, open_sample
from tests.conftest import sample_files


def _submitted(command: str) -> Submission:
    with open_sample() as agent:
        prepare_state(agent, PLANTED, SOURCES)
        snapshot = take_snapshot(agent, PLANTED)
        assert agent.run(["sh", "-c", command]).exit_code == 0
        return collect_submission(agent, PLANTED, SOURCES, snapshot)


def test_an_untouched_tree_is_an_empty_patch() -> None:
    assert _submitted("true") == Submission(patch="")


def test_changed_and_new_sources_are_a_patch_of_the_start() -> None:
    made = _submitted("sed -i 's/amount < best/amount > best/' ledger.py; echo 'A = 1' > more.py")
    assert apply_patch({"ledger.py": BUGGY}, made.patch) == {"ledger.py": CLEAN, "more.py": "A = 1\n"}
    assert (made.left_out, made.flags) == ({}, ())


def test_files_that_run_the_tests_are_left_out_and_flagged() -> None:
    made = _submitted("touch conftest.py x.pth pytest.py; echo '[tool.x]' >> pyproject.toml")
    assert (made.patch, made.flags) == ("", ("runner", "shadow"))
    assert set(made.left_out) == {"conftest.py", "x.pth", "pytest.py", "pyproject.toml"}


def test_new_tests_are_left_out_and_no_forgery() -> None:
    made = _submitted(
        "printf 'import os\\n\\n\\ndef test_more():\\n    pass\\n' >> tests/test_ledger.py; touch tests/test_new.py notes.md"
    )
    assert (made.patch, made.flags, len(made.left_out)) == ("", (), 3)


def test_weaker_tests_are_flagged() -> None:
    for command in (
        "rm tests/test_ledger.py",
        "sed -i 's/== 7$/== 8/' tests/test_ledger.py",
        "echo 'pytestmark = pytest.mark.skip' >> tests/test_ledger.py",
        "printf '\\ndef test_largest():\\n    pass\\n' >> tests/test_ledger.py",
    ):
        assert _submitted(command).flags == ("tests",)


def test_links_and_bytes_that_are_no_text_are_left_out() -> None:
    made = _submitted("ln -sf /etc/hostname ledger.py; printf '\\377' > more.py")
    assert (made.patch, made.left_out, made.flags) == ("", {"ledger.py": "a link", "more.py": "not UTF-8"}, ("link",))


def test_a_removed_source_stays_as_it_was() -> None:
    assert _submitted("rm ledger.py") == Submission(patch="", left_out={"ledger.py": "removed"})


def test_a_tree_of_many_files_is_listed_whole_and_not_fetched() -> None:
    made = _submitted(
        "mkdir d; cd d; seq 20000 | xargs touch; cd ..; sed -i 's/amount < best/amount > best/' ledger.py"
    )
    assert apply_patch({"ledger.py": BUGGY}, made.patch) == {"ledger.py": CLEAN}
    assert len(made.left_out) == 20000


@pytest.mark.docker
def test_a_file_that_its_owner_has_closed_is_left_out(engine: Engine, base: str) -> None:
    with DockerContainer(engine, base) as agent:
        agent.put(sample_files())
        prepare_state(agent, PLANTED, SOURCES)
        snapshot = take_snapshot(agent, PLANTED)
        agent.run(["sh", "-c", "chmod 0 ledger.py; mkdir gone; touch gone/a.py; chmod 0 gone"])
        made = collect_submission(agent, PLANTED, SOURCES, snapshot)
    assert (made.patch, made.left_out) == ("", {"ledger.py": "unreadable"})
