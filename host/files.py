"""Writes files that others read meanwhile: they see the old one or the new one, never a half."""

import os
from pathlib import Path


def replace(path, data):
    """Write data to a file and put it in the place of `path`; raises OSError and then changes
    nothing.

    The file is written beside the other, since only within a file system a rename is one step, and
    reaches the disk first, since a rename may overtake it.
    """
    path = Path(path)
    # Always the same name, so that what a killed run leaves behind is used up by the next.
    new = path.with_name(f".{path.name}.new")
    try:
        with open(new, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
