"""Random programs for the tracer: they end by themselves, print what they did, and need nothing but the interpreter."""

import random

_NAMES = ("a", "b", "c", "d", "e")
_VALUES = (
    "0", "1", "-7", "2.5", "-0.0", "True", "None", "'x'", "'it\\'s \\n'", "b'\\x00y'", "10 ** 40", "(1, 'z')", "[1, 2]",
    "[[], {}]", "{'k': [0]}", "{1, 2}", "frozenset({3})", "range(4)", "1j", "float('nan')", "len", "lambda q: q", "Box(1)",
    "Sly()", "SHARED", "SHARED", "(1, [2])", "((1, 'u'), (2.0, (None,)))", "[[[[[1]]]]]", "list(range(40))", "[[0] * 40] * 5",
    "{i: [i] for i in range(35)}", "2 ** 2100", "'y' * 3000", "(Box(3), SHARED)", "[SHARED, (SHARED,)]", "Box(SHARED)", "0.0",
    "Odd()", "[Box([2])]", "iter([1])", "'\\udc80'", "'\\u2603' * 9", "Slots()", "slice(1, None)", "...",
    "Slots(SHARED)", "Both([3])", "Rows([1, [2]])", "Table(k=SHARED)", "Text('t' * 70)",
)  # fmt: skip
_PRELUDE = '''import sys
import threading
class Box:
    """Plain attributes."""
    kind = "class"
    def __init__(self, item):
        self.item = item
        self.more = [item]
    def put(self, item):
        self.item = item
        self.more.append(item)
        return self
class Odd:
    """Every method that a careless tracer might call says so."""
    def __repr__(self): print("repr called"); return "odd"
    def __eq__(self, other): print("eq called"); return True
    def __hash__(self): print("hash called"); return 1
    def __len__(self): print("len called"); return 0
    def __bool__(self): print("bool called"); return True
    def __iter__(self): print("iter called"); return iter(())
    def __getattr__(self, name): print("getattr called", name); raise AttributeError(name)
SHARED = []
class Sly:
    """Every operation that looks harmless changes a list that somebody may show."""
    def touch(self, other=None):
        SHARED.append(len(SHARED))
        if len(SHARED) > 5: SHARED.clear()
        return self
    __add__ = __radd__ = __sub__ = __mul__ = __neg__ = __getitem__ = __call__ = touch
    def __eq__(self, other): self.touch(); return False
    __lt__ = __gt__ = __contains__ = __eq__
    __hash__ = None
    def __bool__(self): self.touch(); return True
    def __iter__(self): self.touch(); return iter((1, 2))
    if sys.version_info >= (3, 13):  # before, reading f_locals keeps what was rebound until the next line
        def __del__(self): self.touch()
    def __enter__(self): return self.touch()
    def __exit__(self, *error): self.touch()
    item = property(touch)
class Other(Box):
    pass
class Slots:
    __slots__ = ("x", "y")
    def __init__(self, *given):
        if given: self.x, = given
class Both(Slots):
    __slots__ = ("z", "x", "__dict__")
class Rows(list):
    def __iter__(self): print("iter called"); return iter(())
    def __len__(self): print("len called"); return 0
class Table(dict):
    kind = "table"
class Text(str):
    __slots__ = ()
THREADS = []
def run(work):
    n = len(THREADS)
    THREADS.append(threading.Thread(target=work, name="t%04d" % n))
    THREADS[n].start()
    THREADS[n].join()
def here(text): return compile(text, main.__code__.co_filename, "exec")
def deep(n, most):
    return n if n == most else deep(n + 1, most)
def reach(n):
    try:
        return reach(n + 1)
    except RecursionError:
        return n
def number(value): return value if type(value) is int else 3
def items(value): return list(value)[:5] if type(value) in (list, tuple, str, range) else [value]
def count(n):
    for i in range(n % 5):
        got = yield i
        if got: yield got
'''


class _Writer:
    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.lines: list[str] = []
        self.functions = 0

    def put(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def name(self) -> str:
        return self.draw.choice(_NAMES)

    def value(self) -> str:
        kind = self.draw.randrange(10)
        if kind < 5:
            return self.draw.choice(_VALUES)
        if kind < 8:
            return self.name()
        if kind == 8:
            return f"[{self.name()}, {self.value()}]"
        return f"{{'p': {self.name()}, 2: {self.value()}}}"

    def block(self, depth: int, room: int) -> None:
        for _ in range(self.draw.randint(1, 4)):
            self.statement(depth, room)

    def statement(self, depth: int, room: int) -> None:
        plain = (
            self._assign,
            self._change,
            self._change,
            self._delete,
            self._print,
            self._comprehend,
            self._operate,
            self._operate,
        )
        nested = (
            self._loop,
            self._branch,
            self._protect,
            self._define,
            self._generate,
            self._while,
            self._share,
            self._body,
            self._thread,
            self._recurse,
            self._execute,
        )
        self.draw.choice(plain if room <= 0 else plain + nested)(depth, room)

    def _assign(self, depth: int, room: int) -> None:
        one, two = self.name(), self.name()
        forms = (f"{one} = {self.value()}", f"{one} = {two} = {self.value()}", f"{one}, {two} = {two}, {self.value()}")
        self.put(depth, self.draw.choice(forms))

    def _change(self, depth: int, room: int) -> None:
        name = self.name()
        forms = (
            f"if type({name}) is list: {name}.append({self.value()})",
            f"if type({name}) is list and {name}: {name}[0] = {self.value()}",
            f"if type({name}) is list: {name} += [{self.value()}]",
            f"if type({name}) is list: {name}.append({name})",
            f"if type({name}) is dict: {name}['n'] = {self.value()}",
            f"if type({name}) is dict: {name}.pop('k', None)",
            f"if type({name}) is set: {name}.add(9)",
            f"if type({name}) is Box: {name}.put({self.value()})",
            f"if type({name}) is Box: {name}.extra = {self.value()}",
            f"if type({name}) is Box: {name}.__dict__.pop('item', None)",
            f"{name} = number({name}) * 2 - 1",
            f"if type({name}) is tuple and type({name}[-1]) is list: {name}[-1].append({self.value()})",
            f"if type({name}) is list and {name} and type({name}[0]) is list: {name}[0].append({self.value()})",
            f"if type({name}) is Box: {name}.item = {name}",
            f"if type({name}) is Box: {name}.__class__ = Other",
            f"if type({name}) is Box: {name}.__dict__ = {{'item': {self.value()}, 'n': 1}}",
            f"if isinstance({name}, Slots): {name}.y = {self.value()}",
            f"if isinstance({name}, Slots) and hasattr({name}, 'x'): del {name}.x",
            f"if type({name}) is Table: {name}['n'] = {self.value()}; {name}.w = 1",
            f"if type({name}) is Rows: {name}.append({self.value()}); list.reverse({name})",
            f"if type({name}) is Both: {name}.z = {self.value()}; {name}.w = {self.value()}",
            f"SHARED.append({self.draw.choice(_VALUES[:12])}); del SHARED[3:]",
        )
        self.put(depth, self.draw.choice(forms))

    def _delete(self, depth: int, room: int) -> None:
        name, two = self.name(), self.name()
        self.put(depth, f"{name} = 5; del {name}; {name} = {self.draw.choice(_VALUES)}")
        if name != two and self.draw.random() < 0.4:
            self.put(depth, f"del {name}, {two}")
            self.put(depth, f"{two} = {name} = {self.draw.choice(_VALUES)}")

    def _operate(self, depth: int, room: int) -> None:
        one, two, three = self.name(), self.name(), self.name()
        pad = "    " * depth
        forms = (
            f"{one} = {two}",
            f"{one} = {two} == {three}",
            f"{one} = not {two}",
            f"{one} = ({two} if {three}\n{pad}    else {one}) == 0",
            f"{one} = (0 if {two} == {three}\n{pad}    else\n{pad}    {one})",
            f"{one}, {two} = {three}, {one}",
            f"{one} = 1\n{pad}{one} = True\n{pad}{one} = 1.0",
            f"if {one} == {two}: {one} = {self.draw.choice(_VALUES)}",
            f"{one} = {one} is {two} or {two} == {three}",
            f"{one} = Sly()\n{pad}{one} = {self.draw.choice(_VALUES)}",
            f"if type({one}) is Sly: {one} = {one} + {two}",
            f"if type({one}) is Sly: {two} = {one}.item",
            f"{one} = [number({two})]\n{pad}{one} = [number({two})]",
            f"if type({one}) is int and -9 < {one} < 9: {two} = {one} + 1; {one} = -{two}",
        )
        self.put(depth, self.draw.choice(forms))

    def _share(self, depth: int, room: int) -> None:
        self.functions += 1
        name, shared = f"s{self.functions}", self.name()
        self.put(depth, f"def {name}():")
        self.put(depth + 1, f"nonlocal {shared}")
        self.put(depth + 1, f"{shared} = {self.value()}")
        self.put(depth, f"{self.name()} = {self.name()}")
        self.put(depth, f"{name}()")
        self.put(
            depth,
            self.draw.choice((f"with Sly() as {shared}: {name}()", f"{shared} = 0", f"{self.name()} = 1; {name}()")),
        )

    def _body(self, depth: int, room: int) -> None:
        self.put(depth, "class Body:")
        self.put(depth + 1, f"p = q = {self.draw.choice(_VALUES)}")
        self.put(depth + 1, "r = [q]")
        self.put(depth + 1, "r.append(p); del p, q")
        self.put(depth + 1, f"p = {self.draw.choice(_VALUES)}")

    def _thread(self, depth: int, room: int) -> None:
        self.functions += 1
        name = f"work{self.functions}"
        self.put(depth, f"def {name}(n=1):")
        self.put(depth + 1, f"a = b = c = d = e = {self.draw.choice(_VALUES[:12])}")
        self.put(depth + 1, "try:")
        self.block(depth + 2, room - 1)
        self.put(depth + 1, "except Exception as error:")
        self.put(depth + 2, "print('in a thread', type(error).__name__)")
        self.put(depth, f"run({name})")

    def _recurse(self, depth: int, room: int) -> None:
        name = self.name()
        forms = (
            f"sys.setrecursionlimit(2000); {name} = deep(0, 40); sys.setrecursionlimit(1000)",
            f"{name} = reach(0)",
        )
        self.put(depth, self.draw.choices(forms, (9, 1))[0])

    def _execute(self, depth: int, room: int) -> None:
        name, value = self.name(), self.draw.choice(_VALUES[:12])
        lines = f"x = [{value}]\ny = x\nx.append(y)\ndel x"
        forms = (
            f"exec(here({lines!r}), {{}})",
            "exec(here('def f(p):\\n q = [p]\\n return q\\nz = f(1)'), dict(Box=Box))",
            f"exec('x = 1\\nfor i in range(3): x += i'); {name} = eval('[v for v in (1, 2)]')",
            f"{name} = {{}}; exec(here('r = 2\\ns = [r]'), {name}); {name}.clear()",
        )
        self.put(depth, self.draw.choice(forms))

    def _print(self, depth: int, room: int) -> None:
        self.put(depth, f"print(type({self.name()}).__name__, number({self.name()}))")

    def _comprehend(self, depth: int, room: int) -> None:
        name = self.name()
        forms = (
            f"{name} = [number(v) for v in items({self.name()})]",
            f"{name} = {{k: {self.name()} for k in 'uv'}}",
            f"{name} = sum(number(v) for v in items({self.name()}))",
            f"{name} = [\n{'    ' * depth}    v\n{'    ' * depth}    for v in range(3)\n{'    ' * depth}    if v != 1\n"
            f"{'    ' * depth}]",
        )
        self.put(depth, self.draw.choice(forms))

    def _loop(self, depth: int, room: int) -> None:
        self.put(depth, f"for {self.name()} in items({self.value()}):")
        self.block(depth + 1, room - 1)
        if self.draw.random() < 0.3:
            self.put(depth + 1, self.draw.choice(("break", "continue")))
        if self.draw.random() < 0.3:
            self.put(depth, "else:")
            self.block(depth + 1, room - 1)

    def _while(self, depth: int, room: int) -> None:
        self.put(depth, "w = 3")
        self.put(depth, "while w: w -= 1")

    def _branch(self, depth: int, room: int) -> None:
        self.put(depth, f"if number({self.name()}) > {self.draw.randint(-3, 3)}:")
        self.block(depth + 1, room - 1)
        self.put(depth, "else:")
        self.block(depth + 1, room - 1)

    def _protect(self, depth: int, room: int) -> None:
        self.put(depth, "try:")
        self.block(depth + 1, room - 1)
        fault = ("raise ValueError('bad', 1)", "[][1]", "{}['no']", "1 // 0", "raise KeyError", "int('x')", "pass")
        self.put(depth + 1, self.draw.choice(fault))
        kind = self.draw.choice(("(ValueError, IndexError)", "ZeroDivisionError", "Exception"))
        self.put(depth, f"except {kind} as error:")
        self.put(depth + 1, self.draw.choice(("print('caught', type(error).__name__)", "raise", "pass")))
        if self.draw.random() < 0.5:
            self.put(depth, "finally:")
            self.block(depth + 1, 0)

    def _define(self, depth: int, room: int) -> None:
        self.functions += 1
        name = f"f{self.functions}"
        shared = self.name()
        self.put(depth, f"def {name}(n, {self.name()}=0, *rest, key=None, **others):")
        self.put(depth + 1, "a = b = c = d = e = n")
        self.block(depth + 1, room - 1)
        if self.draw.random() < 0.4:
            self.put(depth + 1, f"def inner(): return [{shared}, n]")
            self.put(depth + 1, "inner()")
        self.put(depth + 1, f"if n > 0: return {name}(n - 1, {self.value()}, 1, 2, key='k', other=3)")
        self.put(depth + 1, f"return {self.value()}")
        self.put(depth, f"{self.name()} = {name}({self.draw.randint(0, 2)})")

    def _generate(self, depth: int, room: int) -> None:
        forms = (
            "for g in count(4): pass",
            "g = count(3); next(g); g.send('s'); g.close(); del g",
            "list(count(2))",
            "sys.settrace(sys.gettrace())",
            "with_ = count(1); next(with_, None); next(with_, None); with_ = None",
        )
        self.put(depth, self.draw.choice(forms))


def random_program(seed: int) -> str:
    """Return a program whose `main()` the tracer can follow; equal seeds give equal programs."""
    writer = _Writer(seed)
    writer.put(0, "def main():")
    writer.put(1, f"a = b = {writer.draw.choice(_VALUES)}; c = d = {writer.draw.choice(_VALUES)}; e = [1]")
    for _ in range(3):
        writer.block(1, 3)
    writer.put(1, "return a")
    return _PRELUDE + "\n".join(writer.lines) + "\n"
