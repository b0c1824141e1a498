def _positive(number):
    assert number > 0
    return number


def holds():
    number = 3
    assert number == 3
    return number


def fails():
    number = 3
    assert number == 4
    return number


def fails_with_message():
    number = 3
    assert number > 5, "too small: %d" % number
    return number


def fails_with_value():
    items = []
    assert items, ("no items", len(items))
    return items


def caught():
    try:
        assert False, "never"
    except AssertionError as error:
        return str(error)


def in_a_called_function():
    good = _positive(1)
    try:
        _positive(-1)
    except AssertionError:
        good = -good
    return good


def message_not_made():
    calls = []
    assert not calls, calls.append("made")
    return calls


def message_raises():
    try:
        assert 0, 1 / 0
    except ZeroDivisionError as error:
        return type(error.__context__)


def over_several_lines():
    value = 2
    assert (
        value > 1
        and value < 5
    ), "out of range"  # fmt: skip
    return value


def tuple_is_true():
    pair = (False, "message")
    assert pair
    return pair
