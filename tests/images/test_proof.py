"""What several runs of the same tests say together."""

from images.health import TestSelection
from images.local_container import LocalContainer
from images.proof import Proof, ProofRules, prove

UNSTEADY = b"""
import os, pathlib
def test_good(): pass
def test_seed(): assert os.environ['PYTHONHASHSEED'] == '0'
def test_bad(): assert False
"""


def _prove(files: dict[str, bytes], *, runs: int = 3, share: float = 0.1) -> Proof:
    rules = ProofRules(runs=runs, share=share, seconds=lambda: 60)
    return prove(lambda: LocalContainer(files), TestSelection(paths=sorted(files)), rules)


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


def test_a_test_that_kills_its_interpreter_fails_and_those_behind_it_are_run() -> None:
    deaths = "".join(f"def test_{n}(): {'os._exit(0)' if n in (1, 3, 4) else 'pass'}\n" for n in range(6))
    proof = _prove({"test_a.py": f"import os\n{deaths}".encode()}, share=0.5)
    assert [test.outcome for test in proof.tests] == ["passed", "failed", "passed", "failed", "failed", "passed"]
    assert "died in this test (exit code 0)" in proof.tests[1].message
    assert (proof.judged, proof.runs) == (6, 3)


def test_behind_a_death_the_share_is_still_that_of_the_whole_suite() -> None:
    text = "import os\n" + "".join(f"def test_{n}(): pass\n" for n in range(40)) + "def test_x(): os._exit(0)\n"
    text += "def test_y(): assert 0\ndef test_z(): pass\n"
    proof = _prove({"test_a.py": text.encode()}, share=0.8, runs=1)
    assert (proof.stopped, len(proof.tests), proof.unrun) == ("", 43, 0)


def test_what_a_run_did_not_come_to_was_not_passed() -> None:
    deaths = "import os\ndef test_a(): pass\n" + "".join(f"def test_{n}(): os._exit(0)\n" for n in range(9))
    proof = _prove({"test_a.py": deaths.encode()}, runs=1)
    assert (proof.judged, len(proof.tests), proof.share) == (10, 6, 0.1)
    assert proof.failure_class() == "crash"


def test_a_test_that_hangs_fails_and_the_others_go_on() -> None:
    files = {"test_a.py": b"import time\ndef test_a(): time.sleep(60)\ndef test_b(): pass\n"}
    selection = TestSelection(paths=["test_a.py"], env={"WORLDLINE_TEST_SECONDS": "0.2"})
    proof = prove(lambda: LocalContainer(files), selection, ProofRules(share=0.5))
    assert [test.outcome for test in proof.tests] == ["failed", "passed"]
    assert "took longer than 0.2 s" in proof.tests[0].message
    assert (proof.runs, proof.tests[0].pass_rate, proof.share) == (3, 0.0, 0.5)


def test_a_test_that_moves_the_clock_took_no_longer_than_it_did() -> None:
    text = b"from _pytest import timing\nnow = timing.perf_counter\n"
    text += b"def test_a():\n    timing.perf_counter = lambda: now() + 1e9\n"
    proof = _prove({"test_a.py": text}, runs=1)
    assert 0 <= proof.tests[0].seconds < 1000


def test_the_class_of_a_failed_suite_is_that_of_most_failures() -> None:
    lines = ["def test_net(): raise OSError('Temporary failure in name resolution')\n"]
    lines += [f"def test_{n}(): open('/nowhere')\n" for n in range(3)]
    assert _prove({"test_a.py": "".join(lines).encode()}, runs=1).failure_class() == "missing-file"
    assert _prove({"test_a.py": b"def test_a(): assert 0\n"}, runs=1).failure_class() == "tests-fail"


def test_cases_whose_ids_alone_depend_on_the_hash_seed_are_the_same_tests() -> None:
    text = b"import pytest\n@pytest.mark.parametrize('x', [hash('a'), hash('b')])\ndef test_a(x): pass\n"
    proof = _prove({"test_a.py": text}, share=0.8)
    assert [(test.outcome, test.pass_rate) for test in proof.tests] == [("passed", 1.0), ("passed", 1.0)]


def test_cases_that_come_and_go_with_the_hash_seed_have_a_class_of_their_own() -> None:
    seeds = b"import os\nimport pytest\nN = int(os.environ['PYTHONHASHSEED'])\n"
    text = seeds + b"@pytest.mark.parametrize('x', range(N * 10, N * 15 + 2))\ndef test_a(x): pass\n"
    proof = _prove({"test_a.py": text}, share=0.8)
    assert {test.outcome for test in proof.tests} == {"flaky"}
    assert proof.failure_class() == "unsteady-ids"


def test_a_run_ends_when_more_tests_have_failed_than_may() -> None:
    text = "".join(f"def test_{n}(): assert {n} % 2\n" for n in range(50))
    proof = _prove({"test_a.py": text.encode()}, share=0.8)
    assert proof.stopped == "more tests have failed than may"
    assert (len(proof.tests), proof.judged, proof.runs) == (21, 50, 1)


def test_a_large_suite_of_which_a_drawn_sample_fails_is_not_waited_for() -> None:
    text = "".join(f"def test_{n}(): assert {n} % 4 == 0\n" for n in range(1200))
    proof = _prove({"test_a.py": text.encode()}, share=0.8)
    assert proof.stopped.startswith("of 100 tests drawn at random ")
    assert len(proof.tests) < 200


def test_a_large_suite_whose_first_tests_fail_is_run_to_its_end() -> None:
    text = "".join(f"def test_{n}(): assert {n} > 60\n" for n in range(500))
    proof = _prove({"test_a.py": text.encode()}, share=0.8)
    assert (proof.stopped, proof.runs, proof.judged, proof.share) == ("", 3, 500, 0.878)


def test_a_good_first_run_is_the_only_one_where_its_failures_say_what_is_lacking() -> None:
    files = {"test_a.py": b"def test_a(): pass\n" * 9, "test_b.py": b"import nowhere_at_all\n"}
    rules = ProofRules(share=0.5, lacks=lambda said: "nowhere_at_all" in said)
    proof = prove(lambda: LocalContainer(files), TestSelection(paths=sorted(files)), rules)
    assert (proof.runs, proof.share) == (1, 0.5)
