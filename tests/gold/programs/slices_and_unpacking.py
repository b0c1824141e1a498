def parts():
    text = "abcdef"
    head, tail = text[:2], text[-2:]
    every_other = text[::2]
    return head, tail, every_other, text[::-1]


def replaced_part():
    row = [0, 1, 2, 3]
    row[1:3] = ["x"]
    row[:0] = [9, 9]
    return row


def deleted_part():
    row = list(range(6))
    del row[::2]
    del row[-1]
    return row


def stepped_assignment():
    row = [0] * 4
    row[1::2] = 7, 8
    return row


def swap():
    left, right = 1, 2
    left, right = right, left
    return left - right


def rest():
    first, *middle, last = "abcd"
    *start, end = [1]
    return first, middle, last, start, end


def nested():
    (name, (x, y)), [flag] = ("p", (1, 2)), [True]
    return name, x, y, flag


def joined():
    left = [1, 2]
    both = [*left, *range(2)]
    merged = {**{"a": 1}, "b": 2, **{"a": 3}}
    return both, merged, {*left}


def slice_objects():
    middle = slice(1, 3)
    row = "wxyz"
    ends = slice(None, None, -1)
    return row[middle] + row[ends]


def too_many():
    pair = (1, 2, 3)
    try:
        first, second = pair
    except ValueError as error:
        first = str(error)
    return first
