def in_a_condition():
    text = "abc"
    if (size := len(text)) > 2:
        return size
    return 0


def in_a_loop():
    rest = [3, 2, 1]
    while (last := rest.pop()) < 3:
        total = last
    return last, rest, total


def in_a_comprehension():
    squares = [square for n in (1, 2) if (square := n * n) > 1]
    return squares, square


def twice_on_a_line():
    pair = (a := 1, b := a + 1)
    return pair


def in_a_call():
    return max(x := 5, 3) + x


def in_a_string():
    shown = f"{(n := 7)} and {n + 1}"
    return shown, n


def short_circuit():
    (first := 0) and (second := 1)
    found = "second" in locals()
    return first, found


def running_total():
    total = 0
    sums = [total := total + n for n in (1, 2)]
    return sums


def captured_by_function():
    def show():
        return seen

    (seen := 1)
    return show()


def any_witness():
    numbers = [1, 4, 5]
    if any((found := n) % 2 == 0 for n in numbers):
        return found
