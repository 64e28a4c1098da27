"""The manifest of a tree: which files it has, and what it needs. A text, of which each line ends
with LF:

    power-readout VERSION
    mpy FORMAT SUBFORMAT ARCH
    SUM SIZE PATH
    …

FORMAT, SUBFORMAT and ARCH are what `sys.implementation._mpy` says where the compiled files run;
ARCH 0 runs everywhere. SUM is the SHA-256 in hexadecimal digits, SIZE in bytes. PATH is relative
to the tree; the lines are in the order of their paths, so that none can come twice.

Both ends use this. Nothing here waits, and nothing raises on what has come in.
"""

#: Where a tree keeps its own.
NAME = "manifest.txt"

#: What a manifest has at most: bytes, files, and bytes of a file and of all of them.
MOST_BYTES = 32_768
MOST_FILES = 300
MOST_SIZE = 262_144
MOST_TOTAL = 1_048_576

_LONGEST_PATH = 96
_SUM = 64

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"


def fits(mpy, needed, subformat, arch):
    """Whether compiled files run where `sys.implementation._mpy` is `mpy`."""
    if needed != mpy & 0xFF:
        return False
    return arch == 0 or (arch == mpy >> 10 & 15 and subformat == mpy >> 8 & 3)


def parse_version(line):
    """The version that the first line names; None if it is no manifest's."""
    name, _, version = line.rstrip("\n").partition(" ")
    return version if name == "power-readout" and 0 < len(version) <= 32 else None


def parse_needs(line):
    """(format, subformat, arch) of the second line; None if it is not that."""
    words = line.split()
    if len(words) != 4 or words[0] != "mpy" or not all(_is_number(word) for word in words[1:]):
        return None
    return int(words[1]), int(words[2]), int(words[3])


def parse_file(line):
    """(path, size, sum) of a file's line; None if it is none, or its path would lead elsewhere."""
    words = line.rstrip("\n").split(" ")
    if len(words) != 3 or len(words[0]) != _SUM or not _is_number(words[1]):
        return None
    if words[0].strip("0123456789abcdef") or not _is_inside(words[2]):
        return None
    size = int(words[1])
    return (words[2], size, words[0]) if size <= MOST_SIZE else None


def _is_number(text):
    # int() also takes signs and blanks, and isdigit() other digits.
    return 0 < len(text) <= 7 and text.strip("0123456789") == ""


def _is_inside(path):
    """Whether it is a path below the tree, of letters that every file system takes."""
    parts = path.split("/")
    return (
        len(path) <= _LONGEST_PATH
        and path != NAME
        and "" not in parts
        and "." not in parts
        and ".." not in parts
        and path.strip(_LETTERS + "/") == ""
    )
