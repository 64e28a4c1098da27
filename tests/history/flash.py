"""A board's flash in memory, under MicroPython: what is written is counted, and can be cut off."""

import vfs

#: As on a board with 4 MB, of which 2 are for files.
BLOCK = 4096
BLOCKS = 512

_SIZES = {"readsize": 32, "progsize": 32, "lookahead": 32}


class Cut(OSError):
    """The power is gone."""


class Flash:
    """Blocks in memory.

    erased, written: blocks erased and bytes written so far; wear: by block, how often it was
    erased. After `left` writes and erasures the power is gone, amid the next one; None: never.
    What is no longer `on` does nothing: the collector may close a file later.
    """

    def __init__(self, blocks=BLOCKS, block=BLOCK, data=None):
        self.block = block
        self.blocks = blocks
        self.data = bytearray(data) if data else bytearray(b"\xff" * (block * blocks))
        self.erased = self.written = 0
        self.wear = {}
        self.left = None
        self.on = True

    def format(self):
        vfs.VfsLfs2.mkfs(self, **_SIZES)

    def system(self):
        """The file system, to be mounted."""
        return vfs.VfsLfs2(self, **_SIZES)

    def readblocks(self, number, buffer, offset=0):
        if self.on:
            at = number * self.block + offset
            buffer[:] = memoryview(self.data)[at : at + len(buffer)]

    def writeblocks(self, number, buffer, offset=0):
        if self.on:
            self.written += len(buffer)
            self._put(number * self.block + offset, buffer)

    def ioctl(self, operation, number):
        if operation == 4:
            return self.blocks
        if operation == 5:
            return self.block
        if operation == 6 and self.on:
            self.erased += 1
            self.wear[number] = self.wear.get(number, 0) + 1
            self._put(number * self.block, b"\xff" * self.block)
        return 0

    def _put(self, at, data):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                # The one that was under way has done half of it, and no further one is.
                half = len(data) // 2 if self.left == -1 else 0
                self.data[at : at + half] = memoryview(data)[:half]
                raise Cut(5)
        self.data[at : at + len(data)] = data
