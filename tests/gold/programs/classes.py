class _Account:
    rate = 2

    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance

    def pay(self, amount):
        self.balance += amount
        return self

    def __eq__(self, other):
        return self.balance == other.balance


class _Savings(_Account):
    def pay(self, amount):
        super().pay(amount)
        self.balance += amount * self.rate // 100
        return self


class _Circle:
    def __init__(self, radius):
        self._radius = radius

    @property
    def radius(self):
        return self._radius

    @radius.setter
    def radius(self, value):
        if value < 0:
            raise ValueError("negative")
        self._radius = value

    @classmethod
    def unit(cls):
        return cls(1)

    @staticmethod
    def area(radius):
        return 3 * radius * radius


class _Slotted:
    __slots__ = ("x",)

    def __init__(self, x):
        self.x = x


class _Loud:
    def __init__(self, value):
        self.value = value

    def __repr__(self):
        return "LOUD"

    def __getattr__(self, name):
        return name.upper()

    def __len__(self):
        return self.value

    def __getitem__(self, key):
        return (key, self.value)


def made_and_used():
    account = _Account("Ada")
    account.pay(5)
    return account.balance


def inherited():
    savings = _Savings("Bob", 100)
    savings.pay(50)
    return savings.balance


def read_property():
    circle = _Circle(2)
    return circle.radius


def set_property():
    circle = _Circle(2)
    circle.radius = 3
    try:
        circle.radius = -1
    except ValueError:
        pass
    return circle


def class_and_static_methods():
    circle = _Circle.unit()
    return _Circle.area(circle.radius)


def class_attribute():
    one, other = _Account("a"), _Account("b")
    one.rate = 5
    return one.rate, other.rate, _Account.rate


def slots():
    point = _Slotted(1)
    point.x += 1
    return point.x


def special_methods():
    loud = _Loud(3)
    size = len(loud)
    missing = loud.missing
    item = loud["k"]
    return size, missing, item


def compared():
    same = _Account("a", 1) == _Account("b", 1)
    return same


def instance_in_instance():
    outer = _Loud(_Account("c", 9))
    outer.value.pay(1)
    outer.me = outer
    del outer.value.owner
    return outer
