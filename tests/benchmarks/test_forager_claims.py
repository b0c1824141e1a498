"""What the benchmark of ForagerAgent claims of rows."""

from typing import Any

from benchmarks.forager.claims import claims, operator_table

Row = dict[str, Any]


def _task(status: str, *operators: str) -> Row:
    return {
        "status": status,
        "reason": "" if status == "valid" else "no test fails",
        "places": [{"operator": o} for o in operators],
    }


def _row(*, tasks: int = 150, refused: int = 50, equal: bool = True, cpu: float = 10.0) -> Row:
    return {
        "spec": "pypi:a==1",
        "lines": 3001,
        "plant_cpu": 0.1 * (tasks + refused),
        "tasks": [_task("valid", "index")] * tasks
        + [_task("refused", "index")] * refused
        + [_task("valid", "index", "dropped-not")],
        "fresh": [{"equal": equal, "cpu": 0.5}],
        "episodes": [
            {"operator": "index", "solved": True, "cpu": cpu},
            {"operator": "a+b", "solved": False, "cpu": cpu},
        ],
    }


def _failed(rows: list[Row]) -> set[str]:
    return {claim.claim for claim in claims(rows) if not claim.holds}


def test_all_holds_when_every_bar_is_reached() -> None:
    assert _failed([_row()] * 12) == set()


def test_each_bar_can_fail() -> None:
    assert "projects" in _failed([_row()] * 11)
    assert "candidates that become tasks" in _failed([_row(refused=150)] * 12)
    assert "projects of over 3,000 lines with 150 tasks" in _failed([_row()] * 11 + [_row(tasks=148)])
    assert "outcomes as in a fresh process, of a sample" in _failed([_row()] * 11 + [_row(equal=False)])
    assert "episodes a core-hour, containers and judging included" in _failed([_row(cpu=40)] * 12)


def test_nothing_measured_holds_nothing_that_has_a_bar() -> None:
    assert {"projects", "candidates that become tasks"} <= _failed([])


def test_the_table_counts_candidates_tasks_episodes_and_solved_ones_of_each_operator() -> None:
    assert operator_table([_row(tasks=2, refused=1)]) == [("(2 places)", 1, 1, 1, 0), ("index", 3, 2, 1, 1)]
