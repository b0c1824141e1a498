import collections
import dataclasses
import enum
import typing


@dataclasses.dataclass
class _Item:
    name: str
    price: int = 2
    tags: list = dataclasses.field(default_factory=list)

    def cost(self, count):
        return self.price * count


@dataclasses.dataclass(frozen=True)
class _Fixed:
    x: int

    def __post_init__(self):
        if self.x < 0:
            raise ValueError("below zero")


class _Colour(enum.Enum):
    RED = 1
    BLUE = 2

    def mixed(self):
        return self.name.lower()


class _Level(enum.IntEnum):
    LOW = 1
    HIGH = 10


class _Row(typing.NamedTuple):
    key: str
    value: int = 0

    def twice(self):
        return self.value * 2


_Pair = collections.namedtuple("_Pair", "left right")


def dataclass_made():
    item = _Item("tea")
    item.tags.append("hot")
    return item.cost(3)


def dataclass_replaced():
    item = _Item("tea", 3)
    other = dataclasses.replace(item, name="milk")
    return other.name, item == other


def dataclass_checked():
    try:
        _Fixed(-1)
    except ValueError as error:
        return str(error)


def dataclass_frozen():
    fixed = _Fixed(1)
    try:
        fixed.x = 2
    except dataclasses.FrozenInstanceError as error:
        return str(error)


def enum_member():
    colour = _Colour.RED
    same = _Colour(1) is colour
    return colour.mixed(), same


def enum_listed():
    values = []
    for colour in _Colour:
        values.append(colour.value)
    return values


def whole_number_enum():
    level = _Level.LOW
    higher = level + 1
    return higher < _Level.HIGH


def named_tuple():
    pair = _Pair(1, right=2)
    left, right = pair
    pair = pair._replace(left=5)
    return pair.left + right


def typed_named_tuple():
    row = _Row("k", 4)
    return row.twice(), row[0]


def ordered_and_default():
    groups = collections.defaultdict(list)
    for word in ("ab", "c"):
        groups[len(word)].append(word)
    queue = collections.deque([1, 2], maxlen=2)
    queue.append(3)
    return dict(groups), list(queue)
