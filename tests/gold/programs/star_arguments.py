def _all(*numbers, start=0):
    for number in numbers:
        start += number
    return start


def _named(first, **rest):
    rest["first"] = first
    return rest


def _passed_on(*items, **names):
    return _named(*items, **names)


def several():
    return _all(1, 2)


def none_at_all():
    return _all()


def keyword_after_star():
    return _all(1, start=5)


def spread_list():
    numbers = [3, 4]
    return _all(*numbers, *numbers)


def spread_dictionary():
    options = {"start": 7}
    return _all(*(1,), **options)


def collected_names():
    return _named("x", b=1, a=2)


def names_are_a_copy():
    given = {"b": 1}
    taken = _named(0, **given)
    return given, taken


def passed_on():
    return _passed_on("x", y=1)


def wrong_name():
    try:
        return _all(1, stop=2)
    except TypeError as error:
        return str(error)


def lambda_with_stars():
    gather = lambda *items, **names: (items, names)
    return gather(1, a=2)
