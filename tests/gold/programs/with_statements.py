import contextlib
import io


class _Tag:
    def __init__(self, name):
        self.name = name

    def __enter__(self):
        return "<" + self.name

    def __exit__(self, *error):
        self.name = None


@contextlib.contextmanager
def _lent(items):
    items.append("in")
    try:
        yield items
    finally:
        items.append("out")


def plain():
    with _Tag("a") as text:
        text += ">"
    return text


def without_name():
    tag = _Tag("b")
    with tag:
        inside = tag.name
    return inside, tag.name


def two_at_once():
    with _Tag("x") as x, _Tag("y") as y:
        both = x + y
    return both


def nested():
    with _Tag("o") as outer:
        with _Tag("i") as inner:
            pass
        outer += inner
    return outer


def return_inside():
    tag = _Tag("r")
    with tag:
        return tag


def break_inside():
    for turn in range(2):
        with _Tag("t"):
            break
    return turn


def from_generator():
    items = []
    with _lent(items) as same:
        same.append("during")
    return items


def exception_through_generator():
    items = []
    try:
        with _lent(items):
            raise ValueError("v")
    except ValueError:
        items.append("caught")
    return items


def suppressed():
    with contextlib.suppress(KeyError):
        {}["missing"]
        unreached = True
    return "after"


def redirected():
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        print("hidden")
    return output.getvalue()
