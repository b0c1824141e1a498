import sys


def not_a_number():
    nan = float("nan")
    values = [nan, float("inf"), -float("inf")]
    nan = float("nan")
    return nan == nan, values


def negative_zero():
    zero = 0.0
    zero = -0.0
    zero = 0
    zero = False
    return zero


def equal_but_other():
    mixed = {1: "int"}
    mixed[True] = "bool"
    mixed = [1, 1.0, True]
    mixed[0] = 1.0
    return mixed


def huge():
    big = 1 << 100
    huge = 1 << 3000
    return big % 1000, huge


def long_text():
    text = "ab" * 500
    text += "c"
    return len(text)


def surrogates():
    lone = "a\ud800"
    pair = "\U0001f600"
    return lone + pair


def contains_itself():
    loop = [1]
    loop.append(loop)
    table = {"me": None}
    table["me"] = table
    pair = (loop, table)
    return pair


def deep():
    nest = []
    for _ in range(6):
        nest = [nest]
    return nest


def many_items():
    many = list(range(40))
    many[35] = -1
    many[3] = -1
    many.append(0)
    return {n: n for n in many[:32]}


def special_objects():
    things = [None, ..., NotImplemented, range(3), len, sys, int, special_objects]
    things.append(frozenset([1]))
    things.append(slice(1, None))
    return things, set(), frozenset(), ()
