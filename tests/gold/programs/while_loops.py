def countdown():
    left = 2
    while left > 0:
        left -= 1
    return left


def never_entered():
    turns = 0
    while turns:
        turns += 1
    return turns


def halving():
    number, steps = 12, 0
    while number % 2 == 0:
        number //= 2
        steps += 1
    return number, steps


def until_break():
    number = 5
    while True:
        number += 3
        if number % 4 == 0:
            break
    return number


def skipping():
    number, kept = 0, []
    while number < 4:
        number += 1
        if number % 2:
            continue
        kept.append(number)
    return kept


def else_after_the_end():
    tries = 0
    while tries < 2:
        tries += 1
    else:
        tries = -tries
    return tries


def else_left_out():
    tries = 0
    while tries < 2:
        tries += 1
        if tries == 1:
            break
    else:
        tries = -tries
    return tries


def one_in_another():
    outer, log = 2, ""
    while outer:
        inner = outer
        while inner:
            log += str(inner)
            inner -= 1
        outer -= 1
    return log


def return_from_within():
    queue = [1, 2, 3]
    while queue:
        item = queue.pop()
        if item == 2:
            return item, queue


# fmt: off
def on_one_line():
    number = 3
    while number > 1: number -= 1
    while number: number -= 1; number *= 1
    return number
# fmt: on
