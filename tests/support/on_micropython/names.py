"""Runs main.py, and says once a second how many names MicroPython has beside its own."""

import asyncio

import micropython


async def say():
    while True:
        await asyncio.sleep(1)
        micropython.qstr_info()


def start():
    # In the event loop that the program is going to run.
    saying = asyncio.create_task(say())
    with open("main.py") as file:
        code = file.read()
    exec(code, {"__name__": "__main__", "__file__": "main.py"})
    saying.cancel()


start()
