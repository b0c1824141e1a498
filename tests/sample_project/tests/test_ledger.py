import ledger
import pytest


def test_balance_adds():
    assert ledger.balance([2, 5]) == 7


@pytest.mark.parametrize("entries, expected", [([-5], True), ([0], False), ([5], False)])
def test_overdrawn(entries, expected):
    assert ledger.is_overdrawn(entries) is expected


def test_largest():
    assert ledger.largest([1, 7, 3]) == 7


def test_largest_of_nothing():
    with pytest.raises(ValueError):
        ledger.largest([])
