def _raise_two():
    raise ExceptionGroup("two", [ValueError("v"), KeyError("k")])


def one_kind():
    try:
        raise ExceptionGroup("one", [ValueError("v")])
    except* ValueError as group:
        size = len(group.exceptions)
    return size


def two_kinds():
    log = []
    try:
        _raise_two()
    except* ValueError:
        log.append("value")
    except* KeyError:
        log.append("key")
    return log


def rest_goes_on():
    try:
        try:
            _raise_two()
        except* KeyError:
            pass
    except ExceptionGroup as group:
        return group.exceptions[0].args


def plain_exception():
    try:
        raise OSError("plain")
    except* OSError as group:
        kind = type(group).__name__
    return kind


def nothing_raised():
    try:
        value = 1
    except* ValueError:
        value = 2
    else:
        value = 3
    finally:
        value = -value
    return value


def note_added():
    error = ValueError("v")
    error.add_note("seen")
    try:
        raise error
    except ValueError as caught:
        return caught.__notes__


def split():
    group = ExceptionGroup("g", [TypeError(1), ValueError(2)])
    kept, rest = group.split(TypeError)
    return kept.exceptions, rest.exceptions


def raised_in_a_handler():
    try:
        try:
            _raise_two()
        except* ValueError:
            raise LookupError("new")
    except ExceptionGroup as group:
        return len(group.exceptions)


def nested_groups():
    inner = ExceptionGroup("in", [KeyError(1)])
    try:
        raise ExceptionGroup("out", [inner, ValueError(2)])
    except* KeyError:
        seen = "key"
    except* ValueError:
        seen += "value"
    return seen


def not_caught():
    try:
        _raise_two()
    except* KeyError:
        seen = True
    return seen
