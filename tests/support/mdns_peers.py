"""The output as a task, and those that ask it: zeroconf, and plain sockets. On 127.0.0.1."""

import asyncio
import contextlib
import itertools
import os
import socket
import struct

from mdns_context import Context
from mdns_wire import Message
from zeroconf import IPVersion
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from firmware.outputs import discovery

HTTP, METER = "_http._tcp.local.", "_hwenergy._tcp.local."
GROUP = ("224.0.0.251", 5353)

#: Seconds after which what is waited for does not come.
PATIENCE = 20

#: Of Linux; Python has no name for it before 3.14.
_IP_RECVTTL = 12

_numbers = itertools.count()


def unique(name):
    """Other tests may run on the same interface at the same time."""
    return f"{name}-{os.getpid()}-{next(_numbers)}"


def run(scene):
    """Run a test's coroutine function; nothing may go wrong unseen."""
    problems = []

    async def watched():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, problem: problems.append(problem))
        return await scene()

    result = asyncio.run(watched())
    assert not problems, problems
    return result


class Output:
    """The output as a task of this loop. Its instances are called as its host."""

    def __init__(self, services=None, name=None, **more):
        self.name = name or unique("power-readout")
        if services is None:
            services = [
                ("_http._tcp", 8080, {"path": "/"}),
                ("_hwenergy._tcp", 8080, {"serial": "24a160c0ffee"}),
            ]
        self.context = Context(services, self.name, **more)
        self.said = self.context.log.said

    async def __aenter__(self):
        self.output = discovery.create(self.context)
        ((_, task),) = self.output.tasks
        self._task = asyncio.ensure_future(task.run())
        return self

    async def __aexit__(self, *_):
        await self.stop()

    async def stop(self):
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def until(self, holds, seconds=PATIENCE):
        end = asyncio.get_running_loop().time() + seconds
        while not holds():
            assert not self._task.done(), self._task.result()
            assert asyncio.get_running_loop().time() < end, (self.said, self.output.counters())
            await asyncio.sleep(0.01)

    async def until_up(self):
        await self.until(lambda: self.output.counters()["name"])


@contextlib.asynccontextmanager
async def zeroconf(address="127.0.0.1"):
    peer = AsyncZeroconf(interfaces=[address], ip_version=IPVersion.V4Only)
    try:
        yield peer
    finally:
        await peer.async_close()


class Browser:
    """What zeroconf sees of a type of services."""

    def __init__(self, peer, kind):
        self._peer = peer.zeroconf
        self._kind = kind
        self._seen = []
        self._news = asyncio.Event()
        self._browser = AsyncServiceBrowser(self._peer, [kind], [self._note])

    def _note(self, zeroconf, service_type, name, state_change):
        self._seen.append((name, state_change))
        self._news.set()

    async def change(self, change, instance):
        """Wait until an instance has come or gone; returns its full name."""
        wanted = f"{instance}.{self._kind}", change
        while wanted not in self._seen:
            self._news.clear()
            await asyncio.wait_for(self._news.wait(), PATIENCE)
        self._seen.remove(wanted)
        return wanted[0]

    async def next(self, change):
        """Wait until another instance has come or gone; returns its full name."""
        while not any(seen[1] == change for seen in self._seen):
            self._news.clear()
            await asyncio.wait_for(self._news.wait(), PATIENCE)
        found = next(seen for seen in self._seen if seen[1] == change)
        self._seen.remove(found)
        return found[0]

    async def find(self, instance, change):
        info = AsyncServiceInfo(self._kind, await self.change(change, instance))
        assert await info.async_request(self._peer, 5000)
        return info


class Client:
    """A plain socket: of an mDNS querier with port 5353, else of an ordinary DNS client."""

    def __init__(self, address="127.0.0.1", port=0):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        own = socket.inet_aton("127.0.0.1")
        for level, option, value in (
            (socket.SOL_SOCKET, socket.SO_REUSEADDR, 1),
            (socket.SOL_SOCKET, socket.SO_REUSEPORT, 1),
            (socket.IPPROTO_IP, _IP_RECVTTL, 1),
            (socket.IPPROTO_IP, socket.IP_MULTICAST_IF, own),
            (socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP[0]) + own),
        ):
            self._socket.setsockopt(level, option, value)
        self._socket.bind((address, port))
        self._socket.setblocking(False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def send(self, message, receiver=GROUP):
        self._socket.sendto(message, receiver)

    async def response(self, wanted=lambda found: True, seconds=PATIENCE):
        """The next response for which `wanted` holds, with its IP time to live; or None."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while loop.time() < end:
            try:
                octets, ((_, _, ttl),), _, _ = self._socket.recvmsg(9000, 100)
            except BlockingIOError:
                await asyncio.sleep(0.01)
                continue
            # Other tests send what is no message.
            if len(octets) >= 12 and octets[2] & 0x80:
                found = Message(octets)
                if wanted(found):
                    return found, struct.unpack("i", ttl)[0]
        return None
