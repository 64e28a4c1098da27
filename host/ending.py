"""Runs a coroutine until it returns or a signal asks for the end."""

import asyncio
import signal


async def until_signal(run):
    """What run() returns; None when SIGINT or SIGTERM has ended it."""
    task = asyncio.ensure_future(run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return None
