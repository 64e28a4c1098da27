"""Looks up the address of another host: loaded when somebody asks for one."""

import asyncio

from dsmr.const import const
from firmware import load
from mdns import GROUP

#: Milliseconds until the question is asked again; they double each time (RFC 6762, clause 5.2).
_AGAIN = const(1000)


async def resolve(discovery, host, timeout):
    """See `Discovery.resolve`."""
    clock = discovery.clock
    if not discovery.resolver:
        load_mdns = load("outputs.discovery.loader").load_mdns
        discovery.resolver = load_mdns("resolver").Resolver()
    resolver = discovery.resolver
    pause = 0
    now = due = clock.now()
    end = now + timeout * 1000
    while now < end:
        address = resolver.address(host, now)
        if address:
            return address
        if now >= due and discovery.socket:
            # Who has the name answers to us; if that goes astray, to all.
            question = resolver.question(host, not pause, now)
            if not question:
                return None
            discovery.send(question, GROUP)
            pause = 2 * pause or _AGAIN
            due = now + pause
        await asyncio.sleep(discovery.look)
        now = clock.now()
    return resolver.address(host, now)
