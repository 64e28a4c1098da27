"""Measures the heap that the output takes, under MicroPython. Argument: the folder of its tree.

Prints bytes: the most while it claims its names, and what stays when it is idle.
"""

import asyncio
import gc
import io
import sys

sys.path[:0] = [sys.argv[1], sys.argv[1] + "/lib"]

# What the program has in memory anyway.
for name in ("array", "errno", "random", "select", "struct", "firmware"):
    __import__(name)

_POLL = 3  # MP_STREAM_POLL


class Silence(io.IOBase):
    """A socket at which nothing comes."""

    def ioctl(self, request, argument):
        return 0 if request == _POLL else -1

    def setsockopt(self, *_):
        pass

    bind = sendto = setblocking = setsockopt


class Sockets:
    AF_INET = SOCK_DGRAM = IP_ADD_MEMBERSHIP = 0

    def socket(self, *_):
        return Silence()


class Clock:
    """Goes ten times as fast as it should."""

    ms = 0

    def now(self):
        self.ms += 500
        return self.ms


class Empty:
    pass


def context():
    made = Empty()
    made.board = Empty()
    made.board.clock = Clock()
    made.board.network = Empty()
    made.board.network.address = "192.168.1.20"
    made.board.networks = lambda: [("192.168.1.20", "255.255.255.0")]
    made.log = Empty()
    made.log.say = lambda sentence: None
    made.settings = {"hostname": "power-readout"}
    made.admits = None
    made.services = [
        ("_http._tcp", 80, {"path": "/"}, "power-readout-c0ffee"),
        (
            "_hwenergy._tcp",
            80,
            {
                "api_enabled": "1",
                "path": "/api/v1",
                "serial": "24a160c0ffee",
                "product_name": "P1 Meter",
                "product_type": "HWE-P1",
            },
            "p1meter-c0ffee",
            "p1meter-c0ffee",
        ),
    ]
    return made


def in_use():
    gc.collect()
    return gc.mem_alloc()


async def main():
    given = context()
    sys.modules["socket"] = Sockets()
    await asyncio.sleep(0)
    before = most = in_use()
    from firmware.outputs import discovery

    output = discovery.create(given)
    task = asyncio.create_task(output.run())
    while output.zone is None:
        await asyncio.sleep(0.01)
        most = max(most, in_use())
    # The announcements, and then nothing.
    turns = output.turns
    while output.turns < turns + 40:
        await asyncio.sleep(0.01)
    print(most - before, in_use() - before)
    task.cancel()


asyncio.run(main())
