class _Refused(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code

    def __str__(self):
        return "refused with %d" % self.code


class _Closing:
    def __init__(self, log, swallow):
        self.log = log
        self.swallow = swallow

    def __enter__(self):
        return self

    def __exit__(self, kind, error, where):
        self.log.append(kind and kind.__name__)
        return self.swallow


def _divide(a, b):
    return a / b


def caught():
    try:
        result = _divide(1, 0)
    except ZeroDivisionError as error:
        result = str(error)
    return result


def not_caught():
    numbers = []
    try:
        numbers[0] = _divide(1, 2)
    finally:
        numbers.append(2)
    return numbers


def raised_again():
    log = []
    try:
        try:
            int("x")
        except ValueError:
            log.append("inner")
            raise
    except ValueError as error:
        log.append(str(error))
    return log


def finally_always():
    log = []
    try:
        log.append("try")
        return log
    finally:
        log.append("finally")


def finally_on_the_way_out():
    log = []

    def fail():
        try:
            raise KeyError("k")
        finally:
            log.append("cleaned")

    try:
        fail()
    except KeyError:
        log.append("caught")
    return log


def chained():
    try:
        try:
            {}["a"]
        except KeyError as error:
            raise ValueError("bad") from error
    except ValueError as error:
        return repr(error.__cause__)


def else_and_several():
    log = []
    for text in ("1", "x", None):
        try:
            number = int(text)
        except ValueError:
            log.append("value")
        except (TypeError, KeyError) as error:
            log.append(type(error).__name__)
        else:
            log.append(number)
    return log


def from_c_code():
    def key(item):
        if item == 2:
            raise LookupError(item)
        return item

    try:
        sorted([1, 2, 3], key=key)
    except LookupError as error:
        return error.args


def with_context_managers():
    log = []
    with _Closing(log, True):
        raise OSError(2, "gone")
    try:
        with _Closing(log, False):
            raise _Refused(7)
    except _Refused as error:
        log.append(error.code)
    return log


def left_by_return_and_break():
    for turn in (1, 2):
        try:
            if turn == 1:
                continue
            break
        finally:
            turn = -turn
    try:
        raise IndexError
    except IndexError:
        return turn
    finally:
        turn = 0
