"""Releases and commits become tasks whose bug is what their tests need, and no more."""

from dataclasses import replace
from pathlib import Path

import coverage
import pytest

from collectors.issue_fix.mining import Change, Mined, Miner
from collectors.issue_fix.settings import IssueFixSettings
from collectors.issue_fix.sides import before_the_tests, split_change
from collectors.judge import judge
from collectors.patches import apply_patch
from images.local_container import LocalContainer
from images.source_tree import SourceTree
from tests.collectors.issue_fix.releases import AFTER, BEFORE, NEW_SOURCE, NEW_TESTS, OLD_SOURCE

COVERAGE = str(Path(coverage.__file__).parent.parent)
OLD_IDS = ("tests/test_other.py::test_other", "tests/test_words.py::test_first", "tests/test_words.py::test_shout")


def _change(*, whole: bool, before: SourceTree = BEFORE, after: SourceTree = AFTER) -> Change:
    return Change(
        repository="words",
        split="train",
        image="words:1",
        source_digest="d",
        name="1.0..1.1",
        whole=whole,
        sides=split_change(before, after),
        passing=OLD_IDS,
    )


def _mined(change: Change, image: SourceTree, settings: IssueFixSettings | None = None) -> list[Mined]:
    with LocalContainer(image.files) as container:
        return Miner(container, change, settings or IssueFixSettings(), package=COVERAGE).mine()


def _names(tests: tuple[str, ...]) -> list[str]:
    return [test.rpartition("::")[2] for test in tests]


def test_a_release_becomes_a_task_for_each_fix() -> None:
    tasks = [mined.task for mined in _mined(_change(whole=False), before_the_tests(BEFORE, AFTER))]
    assert {task.status for task in tasks} == {"valid"}
    found = {tuple(place.function for place in task.places): _names(task.fail_to_pass) for task in tasks}
    assert found == {
        ("count",): ["test_count"],
        ("first",): ["test_first_after_a_blank"],
        ("",): ["test_last"],
        ("wrap", "_lines"): ["test_wrap"],
    }
    for task in tasks:
        assert task.start({"words.py": NEW_SOURCE}) != {"words.py": NEW_SOURCE}
        assert apply_patch(task.start({"words.py": NEW_SOURCE}), task.oracle_patch) == {"words.py": NEW_SOURCE}
        assert {"test_first", "test_shout", "test_other"} <= set(_names(task.pass_to_pass))
        assert dict(task.hidden_files) == {"tests/test_words.py": NEW_TESTS}


def test_the_judge_agrees_with_every_task_of_a_release() -> None:
    image = before_the_tests(BEFORE, AFTER)
    for mined in _mined(_change(whole=False), image):
        start = mined.task.start({"words.py": NEW_SOURCE})
        for state, reward in ((start, 0.0), (apply_patch(start, mined.task.oracle_patch), 1.0)):
            with LocalContainer(image.files) as fresh:
                assert judge(fresh, mined.task, {p: t.encode() for p, t in state.items()}).reward == reward


def test_a_commit_is_one_task_in_the_files_before_it() -> None:
    (mined,) = _mined(_change(whole=True), BEFORE)
    assert (mined.task.status, mined.task.patch) == ("valid", "")
    assert apply_patch({"words.py": OLD_SOURCE}, mined.task.oracle_patch) == {"words.py": NEW_SOURCE}
    assert len(mined.task.fail_to_pass) == 4
    assert mined.failure is not None


def test_a_test_that_no_single_piece_breaks_is_found_by_delta_debugging() -> None:
    old = "def one(x):\n    return x\n\n\ndef two(x):\n    return x\n"
    new = old.replace("return x\n", "return abs(x)\n")
    tests = "import words\n\ndef test_shout():\n    assert words.{0}\n"
    before, after = (
        SourceTree(files={"words.py": source.encode(), "tests/test_words.py": test.encode()})
        for source, test in ((old, tests.format("one(1)")), (new, tests.format("one(words.two(-1)) == 1")))
    )
    change = replace(_change(whole=False, before=before, after=after), passing=OLD_IDS[2:])
    (mined,) = _mined(change, before_the_tests(before, after))
    assert [place.function for place in mined.task.places] == ["one", "two"]
    assert mined.task.status == "valid"


@pytest.mark.parametrize(
    ("source", "tests", "reason"),
    [
        (OLD_SOURCE, NEW_TESTS, "it changes no source"),
        (NEW_SOURCE, None, "it changes no test module"),
        (OLD_SOURCE.replace("Words", "Word"), NEW_TESTS, "it changes no behaviour of the source"),
        (OLD_SOURCE.replace("WIDTH = 10", "WIDTH = 11"), NEW_TESTS, "no new or changed test fails before"),
    ],
)
def test_what_is_no_fix_is_refused_with_its_reason(source: str, tests: str | None, reason: str) -> None:
    files = {**BEFORE.files, "words.py": source.encode()}
    files["tests/test_words.py"] = tests.encode() if tests else files["tests/test_words.py"]
    (mined,) = _mined(_change(whole=True, after=replace(BEFORE, files=files)), BEFORE)
    assert mined.task.status == "refused"
    assert mined.task.reason.startswith(reason)


def test_a_fix_that_breaks_what_stayed_is_no_task() -> None:
    source = "import sys\n" + NEW_SOURCE.replace("return text.upper()", "return sys.intern(text.upper())")
    after = replace(AFTER, files={**AFTER.files, "words.py": source.encode()})
    tasks = [m.task for m in _mined(_change(whole=False, after=after), before_the_tests(BEFORE, after))]
    assert all("import sys" not in task.patch for task in tasks)
    assert len(tasks) == 4


def test_bounds_are_checked() -> None:
    with pytest.raises(ValueError, match="runs is 0"):
        IssueFixSettings(runs=0)
    (mined,) = _mined(_change(whole=True), BEFORE, IssueFixSettings(lines=3))
    assert mined.task.reason == "it changes 14 lines of source, more than 3"
