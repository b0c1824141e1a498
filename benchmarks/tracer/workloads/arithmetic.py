"""Workload a: an arithmetic loop with few integers; a round makes about 33,000 line events."""


def main(rounds):
    """Run the rounds and return a check sum."""
    total = 0
    for seed in range(rounds):
        total = (total + walk(seed)) % 1000003
    return total


def walk(seed):
    """Sum what a short recurrence gives."""
    x, y, total = seed, 1, 0
    for step in range(6600):
        x += step
        y = x % 97
        if y > 48:
            total += y
        else:
            total -= 1
    return total
