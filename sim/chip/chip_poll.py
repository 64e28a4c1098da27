"""The PC's poll(), which loses what a chip's does not."""

import asyncio

from micropython import const

# How many descriptors there are at most.
_DESCRIPTORS = const(20)

# The asyncio loop's poll() that has room for them.
_poller = None


def make_room():
    """Let the loop's poll() have room for all descriptors, before anything is waited for.

    On a PC it loses what has no descriptor when its list of them grows (MicroPython's
    extmod/modselect.c, poll_set_add_fd): that is never ready any more, or the process ends. A
    silent UART and a full connection have none. A chip has no such list.
    """
    global _poller
    poller = asyncio.core._io_queue.poller
    if poller is not _poller:
        for number in range(_DESCRIPTORS):
            poller.register(number, 0)
        for number in range(_DESCRIPTORS):
            poller.unregister(number)
        _poller = poller
