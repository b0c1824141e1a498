"""A task on the sample project: the largest amount is searched with the comparison turned round."""

from collectors.patches import unified_diff
from collectors.task import Place, Task
from images.local_container import LocalContainer
from tests.conftest import sample_files

SOURCES = {"ledger.py": sample_files()["ledger.py"].decode()}
CLEAN = SOURCES["ledger.py"]
BUGGY = CLEAN.replace("amount > best", "amount < best")
TESTS = [f"tests/test_ledger.py::{name}" for name in ("test_balance_adds", "test_largest", "test_largest_of_nothing")]
PLANTED = Task(
    id="planted",
    repository="ledger",
    split="train",
    image="",
    places=(Place(path="ledger.py", function="largest", line_number=20, operator="comparison"),),
    patch=unified_diff("ledger.py", CLEAN, BUGGY),
    oracle_patch=unified_diff("ledger.py", BUGGY, CLEAN),
    fail_to_pass=(TESTS[1],),
    pass_to_pass=(TESTS[0], TESTS[2]),
    goal="",
)
NO_CHANGE = unified_diff("ledger.py", BUGGY, f"{BUGGY}# no change\n")


def open_sample() -> LocalContainer:
    """Return a container with the sample project, clean."""
    return LocalContainer(sample_files())
