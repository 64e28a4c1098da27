"""The firmware with some of its numbers changed, so that what takes minutes takes seconds.

They are changed in the sources, and the tree is built of these: on a board such a number stands in
the code, and not in a module.
"""

import fcntl
import hashlib
import re
import shutil

from host import build, tree


def tree_with(numbers):
    """A folder with the tree for this machine's MicroPython.

    numbers: {file in the repository: {a name at its top: what it is to be}}.
    """
    name = hashlib.sha256(repr(sorted(numbers.items())).encode()).hexdigest()[:12]
    folder = tree.REPO / "build" / f"changed-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        # Other tests may want the same at the same time.
        fcntl.flock(lock, fcntl.LOCK_EX)
        _copy(folder / "repo", numbers)
        build.build(folder / "repo", folder / "tree", build.arch_of_this_machine())
    return folder / "tree"


def _copy(repo, numbers):
    shutil.rmtree(repo, ignore_errors=True)
    for name in (*tree.our_files().values(), tree.MICRODOT_PIN):
        text = (tree.REPO / name).read_text(encoding="utf-8")
        for number, value in numbers.get(name, {}).items():
            text, count = re.subn(rf"(?m)^{number} = .+$", f"{number} = {value}", text)
            assert count == 1, (name, number)
        path = repo / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
