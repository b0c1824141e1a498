def simple():
    class Point:
        dimensions = 2
        names = ["x", "y"]

    return Point.dimensions


def with_method():
    class Greeter:
        def greet(self):
            return "hi"

    return Greeter().greet()


def computed():
    class Table:
        size = 1
        for _ in range(2):
            size *= 3
        area = size * size

    return Table.area


def body_sees_function():
    base = 5

    class Scaled:
        factor = base + 1

    return Scaled.factor


def name_deleted():
    class Short:
        helper = 1
        value = helper + 1
        del helper

    return hasattr(Short, "helper"), Short.value


def nested_class():
    class Outer:
        class Inner:
            depth = 2

        depth = Inner.depth - 1

    return Outer.depth


def documented():
    class Note:
        """Say what it is."""

        count: int = 0
        name: str

    return Note.__doc__


def body_raises():
    try:

        class Broken:
            value = 1 / 0

    except ZeroDivisionError as error:
        return str(error)


def metaclass():
    class Named(type):
        def __new__(mcs, name, bases, space):
            space["label"] = name.lower()
            return super().__new__(mcs, name, bases, space)

    class Thing(metaclass=Named):
        pass

    return Thing.label


def subclass_hook():
    class Root:
        kinds = []

        def __init_subclass__(cls, **options):
            Root.kinds.append((cls.__name__, options))

    class Leaf(Root, colour="green"):
        pass

    return Root.kinds
