def _factorial(n):
    if n == 0:
        return 1
    return n * _factorial(n - 1)


def _fibonacci(n):
    return n if n < 2 else _fibonacci(n - 1) + _fibonacci(n - 2)


def _is_even(n):
    return n == 0 or _is_odd(n - 1)


def _is_odd(n):
    return n != 0 and _is_even(n - 1)


def _flat(tree):
    if not isinstance(tree, list):
        return [tree]
    leaves = []
    for branch in tree:
        leaves += _flat(branch)
    return leaves


def _hanoi(discs, source, target, spare, moves):
    if discs:
        _hanoi(discs - 1, source, spare, target, moves)
        moves.append(source + target)
        _hanoi(discs - 1, spare, target, source, moves)


def _walk(tree):
    if tree:
        left, value, right = tree
        yield from _walk(left)
        yield value
        yield from _walk(right)


def factorial():
    return _factorial(2)


def fibonacci():
    return _fibonacci(3)


def mutual():
    return _is_even(2)


def flattened():
    return _flat([1, [2, []]])


def towers():
    moves = []
    _hanoi(2, "a", "c", "b", moves)
    return moves


def in_order():
    tree = (None, 1, (None, 2, None))
    return list(_walk(tree))


def greatest_divisor():
    def gcd(a, b):
        return a if b == 0 else gcd(b, a % b)

    return gcd(12, 18)


def permutations():
    def arrange(rest, chosen):
        if not rest:
            found.append(chosen)
        for place, item in enumerate(rest):
            arrange(rest[:place] + rest[place + 1 :], chosen + item)

    found = []
    arrange("ab", "")
    return found


def remembered():
    known = {0: 0, 1: 1}

    def fibonacci(n):
        if n not in known:
            known[n] = fibonacci(n - 1) + fibonacci(n - 2)
        return known[n]

    return fibonacci(3)


def without_end():
    def down(depth):
        if depth == 3:
            raise RecursionError("deep enough")
        down(depth + 1)

    try:
        down(1)
    except RecursionError as error:
        return str(error)
