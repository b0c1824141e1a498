import asyncio


class _Pause:
    def __init__(self, value):
        self.value = value

    def __await__(self):
        got = yield self.value
        return got


async def _value():
    return 4


async def _asks(question):
    answer = await _Pause(question)
    return answer + "!"


async def _fails():
    await _Pause("wait")
    raise LookupError("no")


async def _both():
    first = await _value()
    second = await _value()
    return first + second


def run_to_the_end():
    coroutine = _value()
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value


def driven_by_hand():
    coroutine = _asks("name?")
    asked = coroutine.send(None)
    try:
        coroutine.send("Ada")
    except StopIteration as stop:
        return asked, stop.value


def thrown_into():
    coroutine = _asks("name?")
    coroutine.send(None)
    try:
        coroutine.throw(RuntimeError("late"))
    except RuntimeError as error:
        return str(error)


def closed():
    coroutine = _asks("name?")
    coroutine.send(None)
    coroutine.close()
    return coroutine


def never_awaited():
    coroutine = _value()
    coroutine.close()
    return coroutine.cr_running


def run_by_asyncio():
    return asyncio.run(_both())


def slept():
    async def nap(log):
        log.append("before")
        await asyncio.sleep(0)
        log.append("after")
        return log

    return asyncio.run(nap([]))


def two_tasks():
    async def step(name, log):
        log.append(name + "1")
        await asyncio.sleep(0)
        log.append(name + "2")

    async def both():
        log = []
        await asyncio.gather(step("a", log), step("b", log))
        return log

    return asyncio.run(both())


def caught_in_a_coroutine():
    async def careful():
        try:
            await _fails()
        except LookupError as error:
            return "caught " + str(error)

    coroutine = careful()
    coroutine.send(None)
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value


def async_with():
    class Door:
        async def __aenter__(self):
            return "open"

        async def __aexit__(self, *error):
            return True

    async def through():
        async with Door() as state:
            raise KeyError(state)
        return "out"

    return asyncio.run(through())
