"""Puts the compiled modules of a board's tree into one file; `lib/archive.py` imports from it."""

import binascii

NAME = "modules"

#: What imports from it is a file of its own.
_APART = "lib/archive.mpy"

#: In a size: it is a package.
_PACKAGE = 1 << 31


class ArchiveError(Exception):
    """The modules cannot be put together."""


def pack(files: dict[str, bytes], prefix: str = "") -> dict[str, bytes]:
    """The files of a tree with its modules in one; paths and contents.

    prefix: what is before the paths of the tree's own files, such as "app/". A tree without what
    imports from it stays as it is.
    """
    if prefix + _APART not in files:
        return files
    modules = {
        path: data
        for path, data in files.items()
        if path.startswith(prefix) and path.endswith(".mpy") and path != prefix + _APART
    }
    packed = {path: data for path, data in files.items() if path not in modules}
    shown = {
        "/" + path.removeprefix(prefix).removeprefix("lib/"): data
        for path, data in modules.items()
    }
    packed[prefix + NAME] = join(shown)
    return packed


def join(modules: dict[str, bytes]) -> bytes:
    """The archive of modules by their paths, see `lib/archive.py`."""
    keys: dict[int, str] = {}
    contents = places = b""
    for path, data in modules.items():
        name = path.removesuffix(".mpy").removesuffix("/__init__")
        key = binascii.crc32(name.encode())
        if key in keys:
            raise ArchiveError(f"{path} and {keys[key]} have the same CRC-32: rename one of them.")
        keys[key] = path
        kind = _PACKAGE if path.endswith("/__init__.mpy") else 0
        places += len(contents).to_bytes(4, "big") + (len(data) | kind).to_bytes(4, "big")
        contents += data
    names = b"".join(key.to_bytes(4, "big") for key in keys)
    return contents + names + places + len(keys).to_bytes(2, "big")
