def counter():
    count = 0

    def step():
        nonlocal count
        count += 1
        return count

    step()
    return step() + count


def adder():
    def make(amount):
        def add(number):
            return number + amount

        return add

    add_two = make(2)
    return add_two(5)


def seen_after_change():
    name = "old"

    def show():
        return name

    name = "new"
    return show()


def late_binding():
    shown = []
    for number in range(2):
        shown.append(lambda: number)
    return [show() for show in shown]


def bound_early():
    shown = []
    for number in range(2):
        shown.append(lambda number=number: number)
    return shown[0](), shown[1]()


def shared_list():
    log = []

    def note(text):
        log.append(text)

    note("a")
    note("b")
    return log


def three_levels():
    top = 1

    def middle():
        def bottom():
            nonlocal top
            top = top + 1

        bottom()
        return top

    return middle()


def argument_in_a_cell():
    def outer(x):
        def inner():
            nonlocal x
            x *= 2

        inner()
        return x

    return outer(4)


def not_bound_yet():
    def early():
        return later

    try:
        early()
    except NameError as error:
        kind = type(error).__name__
    later = 1
    return kind, early()


def calls_itself():
    def factorial(n):
        return 1 if n < 2 else n * factorial(n - 1)

    return factorial(3)
