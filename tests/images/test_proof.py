"""What several runs of the same tests say together."""

from images.health import TestSelection
from images.local_container import LocalContainer
from images.proof import Proof, prove

UNSTEADY = b"""
import os, pathlib
def test_good(): pass
def test_seed(): assert os.environ['PYTHONHASHSEED'] == '0'
def test_bad(): assert False
"""


def _prove(files: dict[str, bytes], *, runs: int = 3, share: float = 0.1) -> Proof:
    return prove(
        lambda: LocalContainer(files), TestSelection(paths=sorted(files)), runs=runs, share=share, timeout_s=60
    )


def test_each_test_has_its_pass_rate_and_unsteady_ones_are_flaky() -> None:
    proof = _prove({"test_a.py": UNSTEADY})
    rates = {test.id.split("::")[1]: (test.outcome, test.pass_rate) for test in proof.tests}
    assert rates == {"test_good": ("passed", 1.0), "test_seed": ("flaky", 0.6667), "test_bad": ("failed", 0.0)}
    assert (proof.judged, round(proof.share, 3)) == (3, 0.333)


def test_a_test_that_needs_another_before_it_is_flaky() -> None:
    lines = [f"def test_{n}():\n    assert seen == list(range({n}))\n    seen.append({n})\n" for n in range(8)]
    proof = _prove({"test_a.py": ("seen = []\n" + "".join(lines)).encode()})
    assert "flaky" in {test.outcome for test in proof.tests}


def test_a_file_that_is_not_collected_counts_as_failed() -> None:
    proof = _prove({"test_a.py": b"def test_a(): pass\n", "test_b.py": b"import nowhere_at_all\n"})
    assert (proof.share, proof.judged, list(proof.collection_errors)) == (0.5, 2, ["test_b.py"])
    assert "nowhere_at_all" in proof.messages()


def test_a_first_run_under_the_share_is_the_only_one() -> None:
    proof = _prove({"test_a.py": UNSTEADY}, share=0.8)
    assert {test.pass_rate for test in proof.tests} == {0.0, 1.0}


def test_what_a_run_did_not_come_to_was_not_passed() -> None:
    proof = _prove(
        {"test_a.py": b"import os\ndef test_a(): pass\ndef test_b(): os._exit(0)\ndef test_c(): pass\n"}, runs=1
    )
    assert (proof.judged, len(proof.tests)) == (3, 1)


def test_a_test_that_hangs_fails_and_the_others_go_on() -> None:
    files = {"test_a.py": b"import time\ndef test_a(): time.sleep(60)\ndef test_b(): pass\n"}
    selection = TestSelection(paths=["test_a.py"], env={"WORLDLINE_TEST_SECONDS": "0.2"})
    proof = prove(lambda: LocalContainer(files), selection, runs=1, share=0.5, timeout_s=60)
    assert [test.outcome for test in proof.tests] == ["failed", "passed"]
    assert "took longer than 0.2 s" in proof.tests[0].message


def test_the_class_of_a_failed_suite_is_that_of_most_failures() -> None:
    lines = ["def test_net(): raise OSError('Temporary failure in name resolution')\n"]
    lines += [f"def test_{n}(): open('/nowhere')\n" for n in range(3)]
    assert _prove({"test_a.py": "".join(lines).encode()}, runs=1).failure_class() == "missing-file"
    assert _prove({"test_a.py": b"def test_a(): assert 0\n"}, runs=1).failure_class() == "tests-fail"


def test_ids_that_depend_on_the_hash_seed_have_a_class_of_their_own() -> None:
    text = b"import pytest\n@pytest.mark.parametrize('x', [hash('a')])\ndef test_a(x): pass\n"
    proof = _prove({"test_a.py": text}, share=0.8)
    assert {test.outcome for test in proof.tests} == {"flaky"}
    assert proof.failure_class() == "unsteady-ids"
