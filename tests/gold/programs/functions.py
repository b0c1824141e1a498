def _power(base, exponent=2):
    result = base**exponent
    return result


def _described(name, /, size, *, colour="red"):
    return f"{size} {colour} {name}"


def _without_return(items):
    items.append(len(items))


def _collect(item, into=[]):
    into.append(item)
    return into


def default_used():
    small = _power(3)
    return small


def default_given():
    return _power(2, exponent=5)


def by_keyword():
    text = _described("box", size=3, colour="blue")
    return text


def none_returned():
    items = []
    result = _without_return(items)
    return items, result


def one_inside_another():
    return _power(_power(2), _power(1))


def default_kept_between_calls():
    del _collect.__defaults__[0][:]
    first = _collect(1)
    second = _collect(2)
    return first is second, second


def early_return():
    def sign(number):
        if number < 0:
            return -1
        return 1

    return sign(-4) + sign(4)


def default_of_outer_value():
    base = 10

    def add(number, to=base):
        return number + to

    base = 20
    return add(1)


def annotated():
    def half(number: int) -> "float":
        share: float = number / 2
        unused: int
        return share

    return half(3)


def over_several_lines():
    return _described(
        "chair",
        size=_power(
            2,
        ),
    )
