"""Stops a program whose task was interrupted in its own code; prints the ms that it has taken."""

import asyncio
import time

from firmware.tasks import Tasks

from firmware.boards import Clock


class Board:
    """As much of a board as `Tasks` needs."""

    clock = Clock(time.ticks_ms, time.ticks_diff)
    guard = None
    problems = ()

    def start_network(self, log):
        pass


class Interrupted:
    async def run(self):
        # So Ctrl-C comes where a task is at work.
        raise KeyboardInterrupt


class Program(Tasks):
    def parts(self):
        yield "one", Interrupted()


program = Program({"log_interval": 0}, (), Board(), lambda line: None)
try:
    asyncio.run(program.run())
except KeyboardInterrupt:
    begin = time.ticks_ms()
    asyncio.run(program.stop())
    print(time.ticks_diff(time.ticks_ms(), begin))
