"""The firmware with some of its numbers changed, so that what takes minutes takes seconds.

They are changed in the sources, and the tree is built of these: on a board such a number stands in
the code, and not in a module.
"""

import hashlib
import re
import shutil

from host import build, tree
from sim.chip_build import alone


def tree_with(numbers, arch):
    """A folder with the tree for an architecture.

    numbers: {file in the repository: {a name at its top, or in its class: what it is to be}}.
    """
    name = hashlib.sha256(repr(sorted(numbers.items())).encode()).hexdigest()[:12]
    folder = tree.REPO / "build" / f"changed-{name}-{arch}"
    # Other tests may want the same at the same time.
    with alone(folder):
        copy_repo(folder / "repo", numbers)
        build.build(folder / "repo", folder / "tree", arch)
    return folder / "tree"


def copy_repo(repo, numbers=()):
    """Copy what the board's tree is made from to a folder, with changed numbers."""
    shutil.rmtree(repo, ignore_errors=True)
    for name in (*tree.our_files().values(), tree.MICRODOT_PIN):
        text = (tree.REPO / name).read_bytes()
        if name in numbers:
            text = changed(name, text.decode(), numbers[name]).encode()
        path = repo / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)


def changed(name, text, numbers):
    """A source with these numbers; each of them must be there, once."""
    for number, value in numbers.items():
        text, count = re.subn(rf"(?m)^( *){number} = .+$", rf"\g<1>{number} = {value}", text)
        assert count == 1, (name, number)
    return text
