"""Workload b: growing lists, dicts and strings: n-queens, a parser and a table of dynamic programming.

A round makes about 35,000 line events.
"""

FIRST = "the quick brown fox jumps over the lazy dog"
SECOND = "a lazy quick dog jumps over the brown foxes"


def main(rounds):
    """Run the rounds and return a check sum."""
    total = 0
    for number in range(rounds):
        total += (
            len(queens(6)) + distance(FIRST, SECOND + "!" * number) + distance(SECOND, FIRST) + distance(FIRST, FIRST)
        )
        total += len(count_words(parse(document(number))))
    return total


def queens(size):
    """Return every way to place the queens, as lists of columns."""
    solutions: list[list[int]] = []
    place([], size, solutions)
    return solutions


def place(columns, size, solutions):
    """Place the next queen on each column that no other queen attacks."""
    row = len(columns)
    if row == size:
        solutions.append(list(columns))
        return
    for column in range(size):
        if all(column != c and abs(column - c) != row - r for r, c in enumerate(columns)):
            columns.append(column)
            place(columns, size, solutions)
            columns.pop()


def distance(first, second):
    """Return the edit distance of two strings, by the whole table."""
    table = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i in range(len(first) + 1):
        table[i][0] = i
    for j in range(len(second) + 1):
        table[0][j] = j
    for i in range(1, len(first) + 1):
        for j in range(1, len(second) + 1):
            change = 0 if first[i - 1] == second[j - 1] else 1
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + change)
    return table[-1][-1]


def document(number):
    """Return a text of nested lists, strings and numbers."""
    parts = []
    for i in range(40):
        parts.append(
            f'{{"id": {i}, "name": "item {i * number}", "tags": ["red", "green {i % 5}"], "size": [{i * i}, [{i % 3}]]}}'
        )
    return "[" + ", ".join(parts) + "]"


def parse(text):
    """Return the value of a text in a subset of JSON."""
    value, end = parse_value(text, 0)
    return value if end == len(text) else None


def parse_value(text, at):
    """Return the value that begins at a place, and where it ends."""
    if text[at] == "[":
        return parse_list(text, at + 1)
    if text[at] == "{":
        return parse_dict(text, at + 1)
    if text[at] == '"':
        return parse_string(text, at + 1)
    digits = ""
    while at < len(text) and text[at].isdigit():
        digits += text[at]
        at += 1
    return int(digits), at


def parse_list(text, at):
    """Return a list, and where it ends."""
    items = []
    while text[at] != "]":
        item, at = parse_value(text, at)
        items.append(item)
        while text[at] in ", ":
            at += 1
    return items, at + 1


def parse_dict(text, at):
    """Return a dict, and where it ends."""
    found = {}
    while text[at] != "}":
        key, at = parse_value(text, at)
        while text[at] in ": ":
            at += 1
        found[key], at = parse_value(text, at)
        while text[at] in ", ":
            at += 1
    return found, at + 1


def parse_string(text, at):
    """Return a string, and where it ends."""
    letters = ""
    while text[at] != '"':
        letters += text[at]
        at += 1
    return letters, at + 1


def count_words(items):
    """Return how often each word occurs in the names and tags."""
    counts: dict[str, int] = {}
    for item in items:
        words = item["name"].split()
        for tag in item["tags"]:
            words += tag.split()
        for word in words:
            counts[word] = counts.get(word, 0) + 1
    return counts
