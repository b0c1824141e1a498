"""Which tests are recorded, and which traces are kept."""

from collections import Counter

from collectors.entry_points import Function
from collectors.line_coverage import Reach
from collectors.trace_choice import Candidate, choose_tests, choose_traces


def _reach(test: str, function: str, outcome: str = "passed") -> Reach:
    place = Function(path="a.py", name=function, first_line=1, signature_line=1, body_line=2, last_line=3)
    return Reach(test=test, outcome=outcome, core="", function=place, lines=(2,))


def _candidate(function: str, test: str, number: int, *shown: str, resumed: bool = False) -> Candidate:
    return Candidate(
        batch=0,
        number=number,
        function=("a.py", function, 1),
        test=test,
        digest=f"{function} {test} {number}",
        shown=frozenset(("a.py", name, 1) for name in shown),
        resumed=resumed,
    )


def _chosen(candidates: list[Candidate], *, seed: int = 0, function: int = 4, repository: int = 99) -> list[Candidate]:
    return choose_traces(candidates, lambda c: True, seed=seed, per_function=function, per_repository=repository)


def test_each_function_has_the_test_that_reaches_least_besides_it() -> None:
    reached = [_reach("wide", f"f{n}") for n in range(9)] + [_reach(f"narrow{n}", f"f{n}") for n in range(9)]
    reached += [_reach("failed", "f0", "failed"), _reach("failed", "g", "failed")]
    tests = choose_tests(reached, seed=0, most=99)
    assert set(tests[:9]) == {f"narrow{n}" for n in range(9)}
    assert tests[9:] == ["wide"]
    assert choose_tests(reached[::-1], seed=0, most=4) == tests[:4]
    assert any(choose_tests(reached, seed=seed, most=4) != tests[:4] for seed in (1, 2))


def test_a_hot_function_leaves_room_for_the_others() -> None:
    hot = [_candidate("hot", f"t{n % 50}", n) for n in range(1000)]
    others = [_candidate(f"f{n}", "t", 1000 + n) for n in range(20)]
    chosen = _chosen(hot + others, function=3, repository=22)
    assert Counter(c.function[1] == "hot" for c in chosen) == {False: 20, True: 2}
    assert chosen[-1].function[1] == "hot"


def test_the_traces_of_a_function_are_of_as_many_tests_as_can_be() -> None:
    candidates = [_candidate("f", "long", n) for n in range(50)] + [_candidate("f", f"t{n}", 50 + n) for n in range(3)]
    assert {c.test for c in _chosen(candidates)} == {"long", "t0", "t1", "t2"}
    assert any(_chosen(candidates, seed=1) != _chosen(candidates, seed=seed) for seed in (2, 3))


def test_a_generator_that_goes_on_comes_after_all_that_begin() -> None:
    resumed = [_candidate("f", f"t{n}", n, resumed=True) for n in range(9)]
    chosen = _chosen([*resumed, _candidate("f", "t", 9), _candidate("f", "t", 10)], function=3)
    assert [c.resumed for c in chosen] == [False, False, True]


def test_functions_of_the_map_come_first_in_each_turn() -> None:
    tests = [_candidate(f"test_{n}", f"test_{n}", n) for n in range(30)]
    mapped = [_candidate(f"f{n}", f"test_{n % 30}", 30 + n, f"f{n}") for n in range(60)]
    chosen = _chosen(tests + mapped, function=2, repository=50)
    assert [len(c.shown) for c in chosen] == [1] * 50
    assert Counter(len(c.shown) for c in _chosen(tests + mapped[:10], repository=30)) == {1: 10, 0: 20}


def test_a_function_that_is_always_inlined_has_a_trace_that_shows_it() -> None:
    tests = [_candidate("test_it", f"t{n}", n, *(["inner", "other"] if n == 7 else [])) for n in range(50)]
    assert [c.number for c in _chosen(tests, function=1)] == [7]
    chosen = _chosen(tests, function=4)
    assert (len(chosen), chosen[0].number) == (4, 7)


def test_what_is_not_accepted_leaves_its_turn_to_the_next() -> None:
    candidates = [_candidate("f", "t", n) for n in range(9)] + [_candidate("g", "t", 9)]
    bounds = {"per_function": 2, "per_repository": 9}
    chosen = choose_traces(candidates, lambda c: c.number % 4 == 1, seed=0, **bounds)
    assert sorted(c.number for c in chosen) == [1, 5, 9]
