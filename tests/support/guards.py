"""A guard under CPython, in front of an app of the test's own."""

import asyncio
import contextlib

import contexts
from microdot import Microdot

from firmware.http.guard import Guard
from sim.ports import free_port


def guard(app=None, **given):
    """A guard on a port of its own; `guard.failures` has the errors that it counted.

    app: microdot's, by default one without pages; given: settings.
    """
    context = contexts.context(http_port=free_port(), **given)
    one = Guard(app or Microdot(), context)
    one.failures, one.clock = context.failures, context.board.clock
    return one


@contextlib.asynccontextmanager
async def serving(one):
    """The guard while it serves."""
    tasks = [asyncio.create_task(one.run()), asyncio.create_task(_watch(one))]
    while not await listens(one.port):
        assert not tasks[0].done(), tasks[0].exception()
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _watch(one):
    """What the supervisor does."""
    while True:
        await asyncio.sleep(1)
        one.turn(one.clock.now())


async def listens(port):
    """Whether somebody accepts connections there; else it takes a moment."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        await asyncio.sleep(0.01)
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def ask(port, request):
    """What a client is answered, to the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    return answer
