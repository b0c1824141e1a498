import asyncio


async def _count(end):
    for number in range(end):
        yield number


async def _slow():
    yield "one"
    await asyncio.sleep(0)
    yield "two"


async def _guarded(log):
    try:
        yield 1
    finally:
        log.append("closed")


async def _echo():
    got = None
    while got != "stop":
        got = yield got


class _Range:
    def __init__(self, end):
        self.at = 0
        self.end = end

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.at == self.end:
            raise StopAsyncIteration
        self.at += 1
        return self.at


def by_hand():
    steps = _count(1)
    one = steps.__anext__()
    try:
        one.send(None)
    except StopIteration as stop:
        return stop.value


def end_by_hand():
    steps = _count(0)
    try:
        steps.__anext__().send(None)
    except StopAsyncIteration as stop:
        return stop.args


def looped():
    async def collect():
        found = []
        async for number in _count(2):
            found.append(number)
        return found

    return asyncio.run(collect())


def comprehended():
    async def collect():
        return [number async for number in _count(2)]

    return asyncio.run(collect())


def slept_between():
    async def collect():
        text = ""
        async for word in _slow():
            text += word
        return text

    return asyncio.run(collect())


def sent():
    async def talk():
        echo = _echo()
        await echo.asend(None)
        answer = await echo.asend("hello")
        await echo.aclose()
        return answer

    return asyncio.run(talk())


def closed_early():
    async def first():
        log = []
        steps = _guarded(log)
        async for number in steps:
            log.append(number)
            break
        await steps.aclose()
        return log

    return asyncio.run(first())


def thrown_into():
    async def break_it():
        log = []
        steps = _guarded(log)
        await steps.__anext__()
        try:
            await steps.athrow(ValueError("stop"))
        except ValueError as error:
            log.append(str(error))
        return log

    return asyncio.run(break_it())


def of_a_class():
    async def collect():
        total = 0
        async for number in _Range(2):
            total += number
        else:
            total = -total
        return total

    return asyncio.run(collect())


def lazily():
    async def collect():
        doubled = (2 * number async for number in _count(1))
        return [number async for number in doubled]

    return asyncio.run(collect())
