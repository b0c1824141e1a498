_count = 0
_items = []


def _raise_count():
    global _count
    _count += 1
    return _count


def read_global():
    size = len(_items)
    return size


def written():
    global _count
    _count = 5
    copy = _count
    _count = 0
    return copy


def written_elsewhere():
    before = _count
    _raise_count()
    after = _count
    globals()["_count"] = 0
    return before, after


def shadowed():
    _count = "local"
    _raise_count()
    del globals()["_count"]
    globals()["_count"] = 0
    return _count


def mutated():
    _items.append(1)
    taken = _items.pop()
    return taken


def before_assignment():
    try:
        value = _items
        _missing_name
    except NameError as error:
        return str(error), value


def local_before_assignment():
    def early():
        try:
            return late
        except UnboundLocalError as error:
            kind = type(error).__name__
        late = 1
        return kind, late

    return early()


def builtin_shadowed():
    len = lambda items: -1
    return len([1, 2])


def imported():
    import math
    from os import path as places

    return math.floor(2.5), places.join("a", "b")


def own_locals():
    a = 1
    known = locals()
    b = 2
    return sorted(known)[0], a + b
