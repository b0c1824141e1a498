import functools


def _twice(function):
    def inner(*args):
        return function(function(*args))

    return inner


def _times(count):
    def decorate(function):
        return lambda number: count * function(number)

    return decorate


class _Logged:
    def __init__(self, function):
        self.calls = 0
        self.function = function

    def __call__(self, number):
        self.calls += 1
        return self.function(number)


def called_at_once():
    result = (lambda x, y=2: x + y)(1)
    return result


def sort_key():
    words = ["bbb", "a"]
    words.sort(key=lambda word: len(word))
    return words


def mapped():
    doubled = list(map(lambda n: 2 * n, [1, 2]))
    kept = list(filter(lambda n: n > 2, doubled))
    return kept


def lambda_in_lambda():
    add = lambda x: lambda y: x + y
    return add(1)(2)


def decorated():
    @_twice
    def increase(number):
        return number + 1

    return increase(5)


def decorated_with_argument():
    @_times(3)
    def same(number):
        return number

    return same(2)


def two_decorators():
    @_twice
    @_times(2)
    def less_one(number):
        return number - 1

    return less_one(4)


def decorated_by_class():
    @_Logged
    def half(number):
        return number // 2

    half(8)
    return half.calls


def wrapped():
    def quiet(function):
        @functools.wraps(function)
        def inner():
            return function().lower()

        return inner

    @quiet
    def shout():
        return "HEY"

    return shout.__name__, shout()


def cached():
    @functools.lru_cache(maxsize=None)
    def square(number):
        return number * number

    return square(3) + square(3)
