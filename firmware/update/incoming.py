"""The tree that comes in, beside the one that runs: its manifest first, then its files.

Loaded at the beginning of an update, and dropped at its end.
"""

import asyncio
import hashlib
import sys

from dsmr.const import const
from firmware import load

# Modules that are imported stay in memory, and those that are loaded go with this one.
_manifest = load("update.manifest")
_trees = load("update.trees")

# Bytes of a file that are read at once.
_PIECE = const(512)

# Blocks of the flash that stay free, and bytes of those that a message counts in: a board's.
_FREE_BLOCKS = const(6)
_BLOCK = const(4096)


class Incoming:
    """update: see `firmware.update.service`; refused: raised with a status and a sentence.

    tree: the folder that it goes into; version: what its manifest says, None before it has come.
    """

    def __init__(self, update, refused):
        self._update = update
        self._refused = refused
        self._context = update.context
        self.tree = _trees.other(update.tree)
        self.version = None
        # Bytes of the manifest, and its SHA-256.
        self._size = 0
        self._sum = ""
        # The file that is being written, with its size as yet.
        self._file = None
        self._written = 0
        # How many files there are to be, and where in the manifest the line of the next begins.
        self._files = 0
        self._at = 0
        # The one that is asked for: its number, (path, size, SHA-256), and whether it is right.
        self._index = -1
        self._entry = None
        self._is_right = True
        self._piece = bytearray(_PIECE)
        self._view = memoryview(self._piece)

    async def begin(self, digest, numbers, client):
        """A tree is to come: the SHA-256 of its manifest, and its size; bytes, blocks and folders
        of the tree, and what its compiled files need. Says no before anything is sent.
        """
        size, total, blocks, folders, *needs = numbers
        if not _manifest.fits(sys.implementation._mpy, *needs):
            raise self._refused(
                409,
                "The update is made for another kind of chip or another MicroPython. MicroPython "
                "itself is brought up to date with a cable: make flash.",
            )
        if max(size * 32, total) > _manifest.MOST_TOTAL:
            raise self._refused(409, "The update is too large for any board.")
        block, free = _trees.room()
        # A folder takes two.
        needed = -(-blocks * _BLOCK // block) - (-size // block) + 2 * folders + _FREE_BLOCKS
        free += _trees.blocks(self.tree, block)
        if needed > free:
            raise self._refused(
                507,
                "The update needs %d KB of the flash, and %d KB are free: remove files of "
                "yours, or of the history." % (needed * block // 1024, free * block // 1024),
            )
        for _ in _trees.remove(self.tree):
            await _pause(client)
        self._open(_manifest.NAME)
        self._size, self._sum = size, digest
        self._context.log.say("An update of %d KB comes in." % (total // 1024), True)
        return {"free": free * block, "needed": needed * block}

    async def list(self, numbers, data, client):
        """A piece of the manifest, from this byte on. With the last it is checked."""
        if not self._size or self.version:
            raise self._refused(409, "The manifest comes after begin, and once.")
        self._write(numbers[0], data, self._size)
        if self._written < self._size:
            return {}
        self.close()
        path = self._path(_manifest.NAME)
        if not await self._is(path, self._size, self._sum, client):
            raise self._refused(409, "The manifest is not the one that was announced.")
        with open(path) as file:
            version = _manifest.parse_version(file.readline())
            if version is None or _manifest.parse_needs(file.readline()) is None:
                raise self._refused(409, "That is no manifest.")
            self._at = file.tell()
            before = ""
            line = file.readline()
            while line:
                entry = _manifest.parse_file(line)
                if entry is None or entry[0] <= before or self._files >= _manifest.MOST_FILES:
                    raise self._refused(
                        409, "Line %d of the manifest is not allowed." % (self._files + 3)
                    )
                before = entry[0]
                self._files += 1
                await _pause(client)
                line = file.readline()
        self.version = version
        return {"files": self._files}

    async def have(self, numbers, data, client):
        """Whether a file is right: "there", or "missing". One that the tree that runs has, too, is
        copied. They are asked for in the order of the _manifest.
        """
        self.close()
        index = numbers[0]
        if index == self._index + 1 and index < self._files and self._is_right:
            with open(self._path(_manifest.NAME)) as file:
                file.seek(self._at)
                self._entry = _manifest.parse_file(file.readline())
                self._at = file.tell()
            self._index = index
            self._is_right = False
        elif index != self._index or index < 0:
            raise self._refused(409, "The files are asked for in their order.")
        path, size, digest = self._entry
        target = self._path(path)
        if not await self._is(target, size, digest, client):
            source = self._update.tree + "/" + path
            if not await self._is(source, size, digest, client):
                return {"file": "missing"}
            await self._copy(source, target, client)
            if not await self._is(target, size, digest, client):
                raise OSError("it gives back other bytes than were written")
        self._is_right = True
        return {"file": "there"}

    async def put(self, numbers, data, client):
        """A piece of the file that is missing, from this byte on."""
        index, offset = numbers
        if index != self._index or self._is_right:
            raise self._refused(409, "This is not the file that is missing.")
        path, size, _ = self._entry
        if offset == 0:
            self.close()
            self._open(path)
        self._write(offset, data, size)
        return {}

    def switch(self):
        """Restart the board with the tree, on trial, if each of its files is there and right."""
        if self.version is None or not self._is_right or self._index + 1 != self._files:
            raise self._refused(409, "The new tree is not complete.")
        update = self._update
        update.note = {
            "run": self.tree,
            "back": update.tree,
            "trial": "due",
            "version": self.version,
            "reads": update.reads(),
        }
        _trees.write_note(update.note)
        self._context.log.say("The update is complete; the board restarts with it.", True)
        load("alone").restart(self._context.board)
        return {}

    def close(self):
        """Close the file that is being written."""
        if self._file:
            self._file.close()
            self._file = None

    def _path(self, path):
        return self.tree + "/" + path

    def _open(self, path):
        path = self._path(path)
        _trees.make_folders(path)
        self._file = open(path, "wb")  # noqa: SIM115 (the messages that follow write it)
        self._written = 0

    def _write(self, offset, data, size):
        """Write a piece of a file that has `size` bytes in the end."""
        if self._file is None or offset != self._written or offset + len(data) > size:
            raise self._refused(409, "The pieces of a file come in their order.")
        self._file.write(data)
        self._written += len(data)

    async def _is(self, path, size, digest, client):
        """Whether a file has this size and this SHA-256."""
        found = hashlib.sha256()
        try:
            with open(path, "rb") as file:
                count = file.readinto(self._piece)
                while count:
                    found.update(self._view[:count])
                    size -= count
                    await _pause(client)
                    count = file.readinto(self._piece)
        except OSError:
            return False  # it is not there
        return size == 0 and found.digest().hex() == digest

    async def _copy(self, source, target, client):
        _trees.make_folders(target)
        with open(source, "rb") as old, open(target, "wb") as new:
            count = old.readinto(self._piece)
            while count:
                new.write(self._view[:count])
                await _pause(client)
                count = old.readinto(self._piece)


async def _pause(client):
    """Let others run amid what takes long; the client that waits for it is not late."""
    client.since = None
    await asyncio.sleep(0)
