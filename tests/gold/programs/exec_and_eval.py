def expression():
    x = 3
    result = eval("x * 2 + 1")
    return result


def with_names():
    names = {"__builtins__": {}, "a": 1}
    result = eval("a + b", names, {"b": 2})
    return result, len(names)


def statements():
    space = {"__builtins__": {}}
    exec("total = 0\nfor n in (1, 2):\n    total += n", space)
    return space["total"]


def locals_stay():
    x = 1
    exec("x = 2")
    return x


def function_made():
    space = {"__builtins__": {}}
    exec("def double(n):\n    return 2 * n", space)
    double = space.pop("double")
    return double(4)


def compiled_once():
    code = compile("n * n", "<text>", "eval")
    squares = []
    for n in (2, 3):
        squares.append(eval(code))
    return squares


def calls_back():
    log = []

    def note(text):
        log.append(text)
        return len(log)

    exec("note('a'); note('b')", {"note": note})
    return log


def syntax_error():
    try:
        eval("1 +")
    except SyntaxError as error:
        kind = type(error).__name__
    return kind


def raises_inside():
    try:
        exec("raise ValueError('inside')")
    except ValueError as error:
        return str(error)


def changes_a_list():
    items = [1]
    exec("items.append(2)")
    eval("items.append(items)")
    return items
