class _Bag:
    def __init__(self):
        self.a = 1
        self.b = 2

    def __delitem__(self, key):
        self.a = None


def name():
    x = 1
    del x
    try:
        return x
    except NameError as error:
        return type(error).__name__


def name_bound_again():
    first = 1
    second = 2
    del first
    first = 3
    return first + second


def several():
    a = b = c = 0
    del a, c
    return b


def item():
    row = [1, 2, 3]
    del row[1]
    return row


def key():
    ages = {"a": 1, "b": 2}
    del ages["a"]
    ages["a"] = 3
    return ages


def attribute():
    bag = _Bag()
    del bag.b
    return bag


def own_method():
    bag = _Bag()
    del bag["x"]
    return bag


def argument():
    def forget(x):
        del x
        x = 5
        return x

    return forget(1)


def cell():
    shared = 1

    def look():
        return shared

    del shared
    try:
        look()
    except NameError:
        shared = 2
    return look()


def in_a_loop():
    for n in (1, 2):
        square = n * n
        del n
    return square
