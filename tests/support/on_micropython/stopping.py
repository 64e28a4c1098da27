"""Stops a program whose task was interrupted in its own code; prints the ms that it has taken."""

import asyncio
import time

from firmware.boards import Clock
from firmware.supervisor import Supervisor


class Board:
    """As much of a board as a supervisor needs."""

    clock = Clock(time.ticks_ms, time.ticks_diff)
    watchdog = None


class Interrupted:
    async def run(self):
        # So Ctrl-C comes where a task is at work.
        raise KeyboardInterrupt


async def run():
    supervisor.start("one", Interrupted())
    await supervisor.watch()


supervisor = Supervisor(Board(), None)
try:
    asyncio.run(run())
except KeyboardInterrupt:
    begin = time.ticks_ms()
    asyncio.run(supervisor.stop())
    print(time.ticks_diff(time.ticks_ms(), begin))
