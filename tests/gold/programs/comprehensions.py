def squares():
    numbers = [1, 2]
    result = [number * number for number in numbers]
    return result


def even_ones():
    numbers = [1, 4]
    even = [n for n in numbers if n % 2 == 0]
    return even


def letters():
    found = {letter for letter in "aa"}
    return found


def lengths():
    sizes = {word: len(word) for word in ("a", "bc")}
    return sizes


def nested_rows():
    rows = [[column * row for column in (1, 2)] for row in (3,)]
    return rows


def two_loops():
    points = [(x, y) for x in (0, 1) for y in (2,) if x != y]
    return points


def outer_name():
    factor = 10
    scaled = [factor * n for n in (1, 2)]
    factor = 0
    return scaled, factor


def same_name():
    n = "kept"
    squares = [n for n in range(2)]
    return n, squares


def summed_lazily():
    numbers = (1, 2)
    lazy = (n + 1 for n in numbers)
    total = sum(lazy)
    return total


def over_several_lines():
    result = [
        first + second
        for first in "ab"
        for second in "c"
        if first != second
    ]  # fmt: skip
    return result
