class _Point:
    __match_args__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


def literals():
    names = []
    for code in (200, 404, 1):
        match code:
            case 200:
                names.append("fine")
            case 404 | 410:
                names.append("gone")
            case _:
                names.append("?")
    return names


def captured():
    match ["go", "north"]:
        case ["stop"]:
            way = None
        case ["go", way]:
            way = way.upper()
    return way


def rest_of_sequence():
    match (1, 2, 3):
        case [first, *rest]:
            return first, rest


def mapping():
    match {"kind": "circle", "r": 2, "fill": True}:
        case {"kind": "square", "a": a}:
            return a
        case {"kind": "circle", "r": r, **others}:
            return r, others


def guarded():
    found = []
    for number in (-1, 5):
        match number:
            case n if n < 0:
                found.append("negative")
            case n:
                found.append(n)
    return found


def class_pattern():
    match _Point(0, 3):
        case _Point(x=1):
            return "one"
        case _Point(0, y):
            return y


def alternatives_with_as():
    match 7.0:
        case int() | float() as number:
            return number


def nested():
    match {"points": [_Point(1, 2)]}:
        case {"points": [_Point(x, y)]}:
            total = x + y
    return total


def nothing_matches():
    result = "before"
    match None:
        case True:
            result = 1
        case [] | {}:
            result = 2
    return result


def bound_though_refused():
    match (1, "x"):
        case (number, int()):
            kind = "two numbers"
        case (number, str(text)):
            kind = "number and text"
    return number, text, kind
