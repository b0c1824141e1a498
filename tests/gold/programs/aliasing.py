def _append(items, item):
    items.append(item)


class _Box:
    def __init__(self):
        self.inside = []


def two_names():
    one = [1]
    other = one
    other.append(2)
    return one


def in_an_argument():
    row = []
    _append(row, 1)
    return row


def rows_of_one_list():
    grid = [[0] * 2] * 2
    grid[0][1] = 5
    return grid


def copy_is_apart():
    one = [1, [2]]
    shallow = list(one)
    one.append(3)
    one[1].append(4)
    return shallow


def inner_dictionary():
    settings = {"a": {}}
    inner = settings["a"]
    inner["x"] = 1
    return settings


def augmented():
    one = other = [1]
    one += [2]
    pair = mate = (1,)
    pair += (2,)
    return other, mate


def attribute():
    box = _Box()
    inside = box.inside
    inside.append("x")
    boxes = [box, box]
    boxes[0].inside = None
    return boxes, inside


def through_an_iterator():
    numbers = [1, 2]
    walking = iter(numbers)
    next(walking)
    numbers.append(3)
    return list(walking)


def set_and_bytearray():
    kept = {1}
    same = kept
    same |= {2}
    data = bytearray(b"ab")
    view = memoryview(data)
    view[0] = 90
    return kept, data[:1]


def same_value_again():
    x = [1]
    x = [1]
    x[0] = 1
    x[0] = True
    return x
