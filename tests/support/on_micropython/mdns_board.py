"""Runs the output under MicroPython, as a board does: arguments are ADDRESS NETMASK HOSTNAME PORT.

It prints what the program says. Of what comes in on standard input, "resolve NAME" prints an
address, "counters" prints the counters, "memory" prints the heap in use, and "stop", or the end,
stops it.
"""

import asyncio
import gc
import json
import sys

from mdns_context import Context

from firmware.outputs import discovery

address, netmask, hostname, port = sys.argv[1:]
SERVICES = [
    ("_http._tcp", int(port), {"path": "/"}),
    ("_hwenergy._tcp", int(port), {"serial": "24a160c0ffee"}, hostname, hostname),
]


async def main():
    output = discovery.create(Context(SERVICES, hostname, address, netmask))
    ((_, task),) = output.tasks
    running = asyncio.create_task(task.run())
    commands = asyncio.StreamReader(sys.stdin)
    while True:
        command = (await commands.readline()).decode().split()
        if not command or command[0] == "stop":
            break
        if command[0] == "resolve":
            print(await output.resolve(command[1], 10))
        elif command[0] == "counters":
            print(json.dumps(output.counters()))
        elif command[0] == "memory":
            gc.collect()
            print(gc.mem_alloc())
    running.cancel()
    try:
        await running
    except asyncio.CancelledError:
        print("stopped")


asyncio.run(main())
