"""Workload c: classes, recursion and a small interpreter; a round makes about 45,000 line events."""

from dataclasses import dataclass
from typing import Any


class Halted(Exception):
    """The interpreted program divided by zero."""


class Scope:
    """The names of one call, and the scope around it."""

    def __init__(self, parent=None):
        self.parent = parent
        self.values = {}

    def find(self, name):
        """Return the value of a name."""
        if name in self.values:
            return self.values[name]
        return self.parent.find(name)


@dataclass
class Number:
    """A literal."""

    value: int

    def run(self, scope):
        """Return the value."""
        return self.value


@dataclass
class Name:
    """A variable."""

    name: str

    def run(self, scope):
        """Return the value of the variable."""
        return scope.find(self.name)


@dataclass
class Binary:
    """An operation on two expressions."""

    operator: str
    left: Any
    right: Any

    def run(self, scope):
        """Return the result."""
        left = self.left.run(scope)
        right = self.right.run(scope)
        if self.operator == "+":
            return left + right
        if self.operator == "-":
            return left - right
        if self.operator == "<":
            return left < right
        if right == 0:
            raise Halted(f"{left} {self.operator} 0")
        return left // right


@dataclass
class Choice:
    """A condition and its two branches."""

    condition: Any
    then: Any
    otherwise: Any

    def run(self, scope):
        """Return the value of the branch that is chosen."""
        branch = self.then if self.condition.run(scope) else self.otherwise
        return branch.run(scope)


@dataclass
class Call:
    """A call of a named function with one argument."""

    name: str
    argument: Any

    def run(self, scope):
        """Return what the function returns."""
        parameter, body = scope.find(self.name)
        inner = Scope(scope)
        inner.values[parameter] = self.argument.run(scope)
        return body.run(inner)


class Node:
    """A node of a binary search tree."""

    def __init__(self, key):
        self.key = key
        self.left = None
        self.right = None

    def insert(self, key):
        """Insert a key below this node."""
        side = "left" if key < self.key else "right"
        child = getattr(self, side)
        if child is None:
            setattr(self, side, Node(key))
        else:
            child.insert(key)

    def keys(self):
        """Yield the keys in order."""
        if self.left is not None:
            yield from self.left.keys()
        yield self.key
        if self.right is not None:
            yield from self.right.keys()

    def depth(self):
        """Return the depth of the tree below."""
        below = [child.depth() for child in (self.left, self.right) if child is not None]
        return 1 + max(below, default=0)


def fibonacci():
    """Return the interpreted program: a recursive function and its call."""
    n = Name("n")
    smaller = Call("fib", Binary("-", n, Number(1)))
    smallest = Call("fib", Binary("-", n, Number(2)))
    body = Choice(Binary("<", n, Number(2)), n, Binary("+", smaller, smallest))
    return "n", body


def halted(scope):
    """Return what a program that divides by zero says."""
    try:
        return Binary("/", Number(7), Binary("-", Name("one"), Number(1))).run(scope)
    except Halted as error:
        return str(error)


@dataclass
class Machine:
    """A stack machine: its program, stack, memory and place."""

    program: list
    stack: list
    memory: dict
    place: int = 0

    def run(self):
        """Run to the end and return the memory."""
        while self.place < len(self.program):
            name, argument = self.program[self.place]
            self.place += 1
            if name == "push":
                self.stack.append(argument)
            elif name == "load":
                self.stack.append(self.memory[argument])
            elif name == "store":
                self.memory[argument] = self.stack.pop()
            elif name == "jump":
                self.place = argument
            elif name == "unless":
                self.place = self.place if self.stack.pop() else argument
            else:
                self.compute(name)
        return self.memory

    def compute(self, name):
        """Replace the two topmost values by the result of an operation."""
        right = self.stack.pop()
        left = self.stack.pop()
        if name == "add":
            self.stack.append(left + right)
        elif name == "less":
            self.stack.append(left < right)
        else:
            self.stack.append(left * right % 1009)


def counting(limit):
    """Return a machine that sums products up to a limit."""
    program = [("push", 0), ("store", "i"), ("push", 1), ("store", "sum")]
    program += [("load", "i"), ("push", limit), ("less", None), ("unless", 19)]
    program += [("load", "i"), ("load", "sum"), ("multiply", None), ("push", 3), ("add", None), ("store", "sum")]
    program += [("load", "i"), ("push", 1), ("add", None), ("store", "i"), ("jump", 4)]
    return Machine(program, [], {})


def grow(seed, count):
    """Return a tree of drawn keys."""
    root = Node(500)
    key = seed
    for _ in range(count):
        key = (key * 137 + 71) % 1009
        root.insert(key)
    return root


def main(rounds):
    """Run the rounds and return a check sum."""
    total = 0
    for number in range(rounds):
        scope = Scope()
        scope.values = {"fib": fibonacci(), "one": 1}
        total += Call("fib", Number(12)).run(scope) + len(halted(scope))
        tree = grow(number, 250)
        total += tree.depth() + sum(tree.keys()) + counting(90 + number).run()["sum"]
    return total
