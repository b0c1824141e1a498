# fmt: off
def semicolons():
    a = 1; b = a + 1; a = b
    return a, b


def branch():
    x = 3
    if x > 2: x = 0
    if x: x = 9
    else: x = 4
    return x


def conditional():
    x = 5
    sign = "pos" if x > 0 else "neg"
    return sign


def try_inline():
    try: value = 1 / 0
    except ZeroDivisionError: value = None
    finally: done = True
    return value, done


def one_line_function():
    def double(n): return 2 * n
    return double(double(1))


def one_line_class():
    class Point: x = 1; y = 2
    return Point.x + Point.y


def expression_over_lines():
    total = (
        1
        + 2
        + len("abc")
    )
    return total


def call_over_lines():
    value = max(
        [1, 2],
        key=lambda n:
            -n,
    )
    return value


def dictionary_over_lines():
    table = {
        "a": 1,
        "b":
            2 + 3,
    }
    return table[
        "b"
    ]


def condition_over_lines():
    x = 3
    if (
        x > 1
        and x < 3
        or x == 3
    ):
        x = 0
    return x
# fmt: on
