"""Imports from one file: the program's compiled modules, one behind the other.

In files of their own they are slow to load from a board's flash. An import asks for four paths,
and LittleFS walks through all folders of each: 640 reads for a module three folders deep, of which
5 are the module's own. Here an import takes some 10 reads more than the module's.

The file `modules` is made by host/archive.py: the modules as they are, one behind the other. Then
come the CRC-32 of each one's name, such as "/firmware/http" (4 bytes); where each begins (4 bytes)
and how long it is (4 bytes, of which the first bit says that it is a package); and their number
(2 bytes). All numbers are big-endian. They stand at the end, since LittleFS finds the end of a
file at once and its beginning by way of several blocks.
"""

import binascii
import io
import sys

import vfs
from micropython import const

_NAME = const("modules")

_ENOENT = const(2)
_FOLDER = const(0x4000)
_FILE = const(0x8000)

# MicroPython's MP_STREAM_GET_BUFFER_SIZE, and how much it is to read at once.
_GET_BUFFER_SIZE = const(11)
_PIECE = const(128)

# How many keys are read at once.
_KEYS = const(16)

# In the first byte of a size: it is a package.
_PACKAGE = const(128)

#: Where it is mounted: this is in memory once for each module.
_PLACE = const("/m")


#: The folder of the tree that runs.
root = ""


def mount(folder):
    """Import from the archive in that folder, in the place of the folder's own files."""
    global root
    root = folder
    try:
        vfs.umount(_PLACE)
    except OSError:
        pass  # main.py runs for the first time
    vfs.mount(Archive(folder), _PLACE)
    sys.path[:] = [_PLACE] + [path for path in sys.path if not path.startswith(folder)]


class Archive:
    """A file system for MicroPython's import, see its docs on file systems.

    What is no module is opened beside the archive.
    """

    def __init__(self, folder):
        self._folder = folder
        self._file = open(folder + "/" + _NAME, "rb")  # noqa: SIM115 (as long as the program runs)
        self._keys = bytearray(4 * _KEYS)
        end = self._file.seek(-2, 2)
        self._file.readinto(self._keys, 2)
        self._count = int.from_bytes(self._keys[:2], "big")
        self._index = end - 12 * self._count
        # What was looked for last, where it begins, its size, 0 if it is not there, and whether it
        # is a package.
        self._name = None
        self._at = self._size = 0
        self._is_package = False
        # One is open at a time: MicroPython reads a module to its end before it runs it.
        self._module = _Module(self._file)

    def mount(self, *how):
        pass

    umount = mount

    def stat(self, path):
        # All modules are compiled.
        is_file = path[-4:] == ".mpy"
        if path[-3:] == ".py" or not self._find(path, is_file):
            raise OSError(_ENOENT)
        return (_FILE if is_file else _FOLDER, 0, 0, 0, 0, 0, self._size, 0, 0, 0)

    def open(self, path, mode):
        if path[-4:] != ".mpy" or not self._find(path, True):
            return open(self._folder + path, mode)
        module = self._module
        module.at = self._at
        module.end = self._at + self._size
        return module

    def _find(self, path, is_file):
        """Whether there is a module's file of that path, or a package's folder, and where."""
        name = path[:-4] if is_file else path
        is_package = not is_file
        if name[-9:] == "/__init__":
            name = name[:-9]
            is_package = True
        if name != self._name:
            # In pieces, into the same bytes: where memory is short, MicroPython would take what
            # fails here for a module that is not there.
            key = binascii.crc32(name).to_bytes(4, "big")
            file = self._file
            keys = self._keys
            at = size = 0
            file.seek(self._index)
            for first in range(0, self._count, _KEYS):
                count = file.readinto(keys, 4 * min(_KEYS, self._count - first))
                place = keys.find(key, 0, count)
                while place > 0 and place % 4:
                    place = keys.find(key, place + 1, count)
                if place >= 0:
                    file.seek(self._index + 4 * self._count + 8 * first + 2 * place)
                    file.readinto(keys, 8)
                    at = int.from_bytes(keys[:4], "big")
                    self._is_package = bool(keys[4] & _PACKAGE)
                    keys[4] &= ~_PACKAGE
                    size = int.from_bytes(keys[4:8], "big")
                    break
            # Only now: before, it may have failed for want of memory.
            self._name = name
            self._at = at
            self._size = size
        return self._size and self._is_package == is_package


class _Module(io.IOBase):
    """A module in the archive, for MicroPython to read."""

    def __init__(self, file):
        self._file = file
        self.at = self.end = 0

    def readinto(self, buffer):
        self._file.seek(self.at)
        size = self._file.readinto(buffer, min(len(buffer), self.end - self.at))
        self.at += size
        return size

    def ioctl(self, request, argument):
        return _PIECE if request == _GET_BUFFER_SIZE else 0
