"""The claims that the benchmark of the coverage map makes."""

from benchmarks.coverage_map import Lines, Run, cost_claim, same_lines_claim

ONE: Lines = {"t": {"a.py": [1, 2]}}
TWO: Lines = {"t": {"a.py": [1]}}


def test_a_map_of_a_suite_that_failed_holds_no_claim():
    bare = [Run(seconds=1.0, ended="5 passed, 1 xpassed in 1s")]
    good = [Run(seconds=1.4, ended="5 passed in 1s", lines=ONE, cores=("SysMonitor",))]
    failed = [Run(seconds=1.4, ended="1 failed, 4 passed in 1s", lines=ONE, cores=("SysMonitor",))]
    assert cost_claim("3.13", bare, good).holds
    assert not cost_claim("3.13", bare, failed).holds


def test_a_test_with_other_lines_counts_unless_it_differs_from_run_to_run():
    assert same_lines_claim("3.13", ONE, ONE, []).holds
    assert not same_lines_claim("3.13", ONE, TWO, [TWO, TWO]).holds
    assert same_lines_claim("3.13", ONE, TWO, [TWO, ONE]).holds
    assert not same_lines_claim("3.13", ONE, {}, [ONE, ONE]).holds
    assert same_lines_claim("3.13", {**ONE, "at 12:00": {}}, {**ONE, "at 12:01": {}}, [ONE, ONE]).holds
