def _count(end):
    number = 0
    while number < end:
        yield number
        number += 1


def _echo():
    got = None
    while True:
        got = yield got


def _guarded():
    try:
        yield 1
        yield 2
    finally:
        done = True


def _mending():
    try:
        yield "start"
    except KeyError as error:
        yield "mended " + str(error)


def _total():
    total = 0
    while True:
        number = yield
        if number is None:
            return total
        total += number


def _outer():
    result = yield from _total()
    yield result


def looped():
    numbers = []
    for number in _count(2):
        numbers.append(number)
    return numbers


def stepped():
    counting = _count(1)
    first = next(counting)
    second = next(counting, "end")
    return first, second


def sent():
    echo = _echo()
    next(echo)
    one = echo.send("one")
    two = echo.send("two")
    return one, two


def thrown():
    mending = _mending()
    next(mending)
    return mending.throw(KeyError("lost"))


def thrown_through():
    counting = _count(3)
    next(counting)
    try:
        counting.throw(ValueError("stop"))
    except ValueError as error:
        return str(error)


def closed():
    guarded = _guarded()
    first = next(guarded)
    guarded.close()
    return first


def delegated():
    outer = _outer()
    next(outer)
    outer.send(2)
    outer.send(3)
    return outer.send(None)


def returned_value():
    total = _total()
    next(total)
    total.send(4)
    try:
        total.send(None)
    except StopIteration as stop:
        return stop.value


def from_a_list():
    def chain(*parts):
        for part in parts:
            yield from part

    return list(chain([1], "ab"))


def pipeline():
    def doubled(numbers):
        for number in numbers:
            yield 2 * number

    return sum(doubled(_count(3)))
