"""Programs that the decoding benchmark traces: a loop of arithmetic, growing containers, and the standard library.

`arithmetic` and `containers` take a number of rounds and a seed, `library` a seed.
"""

import difflib
import random
import shlex
import string
import textwrap
from configparser import ConfigParser
from fractions import Fraction

LIBRARY = (difflib, shlex, string, textwrap)


def arithmetic(rounds: int, seed: int) -> int:
    """Return a number that depends on every step of a linear congruential generator."""
    total = 0
    state = seed
    for i in range(rounds):
        state = (state * 1103515245 + 12345) % 2147483648
        if state % 3 == 0:
            total += state % 1000
        else:
            total -= i
    return total


def containers(rounds: int, seed: int) -> list[int]:
    """Fill a list, a dictionary and a string, and begin anew when they are long."""
    items: list[int] = []
    table: dict[str, int] = {}
    text = ""
    for i in range(rounds):
        items.append(i * seed)
        table[str(i)] = i * seed % 1009
        text += chr(97 + i * seed % 26)
        if len(items) > 25:
            items = []
            table = {}
            text = ""
    return items


def library(seed: int) -> None:
    """Compare, wrap, split, fill in, parse and reckon with random words."""
    draw = random.Random(seed)
    words = ["".join(draw.choices("abcdeiorstn", k=draw.randint(2, 9))) for _ in range(20)]
    lines = [" ".join(draw.choices(words, k=6)) for _ in range(6)]
    list(difflib.unified_diff(lines, [*lines[:3], words[0], *lines[4:]], "a", "b"))
    textwrap.fill(" ".join(lines), width=draw.randint(20, 40))
    shlex.split(f"{words[1]} '{lines[0]}' --{words[2]}={words[3]}")
    string.Template(f"$a {words[4]} ${{b}}").substitute(a=lines[1], b=seed)
    parser = ConfigParser()
    parser.read_string("\n".join(["[s]", *(f"{name} = {draw.randint(0, 999)}" for name in set(words))]))
    sum((Fraction(draw.randint(1, 99), draw.randint(1, 99)) for _ in range(4)), Fraction(0))
