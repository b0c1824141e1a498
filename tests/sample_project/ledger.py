"""A small ledger: what tests build, trace, break and repair."""


def balance(entries):
    total = 0
    for amount in entries:
        total += amount
    return total


def is_overdrawn(entries, limit=0):
    return balance(entries) < -limit


def largest(entries):
    if not entries:
        raise ValueError("no entries")
    best = entries[0]
    for amount in entries[1:]:
        if amount > best:
            best = amount
    return best
