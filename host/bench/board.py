"""Runs scripts under MicroPython, on words of 64 bits and of 32: see `sim.interpreter`.

A `Stage` is a folder with the firmware's tree as a board gets it, the scripts of on_micropython/
and what they are to work on. A script reads `job.json` and prints its result as one line of JSON.
The same scripts run under CPython on the sources, where a table is to have both.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from host import build, tree
from sim.interpreter import words32, words64

SCRIPTS = Path(__file__).with_name("on_micropython")
CPYTHON = "CPython"
UNIX = "MicroPython, 64 bits"
WORDS32 = "MicroPython, 32 bits"

_HEAP = "24m"
_TIMEOUT = 300  # seconds

_CODE = "import sys; sys.path[:0] = %r; import bench, %s; bench.out(%s.main())"


class ScriptError(Exception):
    """A script failed; the text is what it printed."""


class Stage:
    """A folder with a tree and the scripts.

    kind: the Python that runs them, CPYTHON, UNIX or WORDS32; arch: what the tree is built for, if
    it is MicroPython; source: whether the tree has our modules as source.
    """

    def __init__(self, folder, arch=None, kind=UNIX, source=False):
        self.folder = Path(folder)
        self.kind = kind
        # Without those that are programs of their own.
        ignored = shutil.ignore_patterns("__pycache__", "bare.py", "probe.py")
        shutil.copytree(SCRIPTS, self.folder / "bench", ignore=ignored)
        root = str(self.folder)
        if kind == CPYTHON:
            self._paths = [f"{root}/bench", str(tree.REPO), str(tree.REPO / "lib")]
        else:
            # Built where it is found again: the next run compiles only what has changed.
            form = "source-" if source else ""
            built = tree.REPO / "build" / f"bench-{form}{arch}"
            self.built = build.build(tree.REPO, built, arch, source)
            shutil.copytree(built, self.folder, dirs_exist_ok=True)
            self._paths = [f"{root}/bench", f"{root}/app", f"{root}/app/lib"]
        self._sizes = {}

    def put(self, name, telegrams):
        """Give the scripts a file with telegrams."""
        (self.folder / "bench" / name).write_bytes(b"".join(telegrams))
        self._sizes[name] = [len(telegram) for telegram in telegrams]

    def run(self, script, heap=_HEAP, **job):
        """Run a script with this job; returns its result."""
        job["sizes"] = self._sizes
        (self.folder / "bench" / "job.json").write_text(json.dumps(job))
        code = _CODE % (self._paths, script, script)
        if self.kind == CPYTHON:
            command = [sys.executable, "-c", code]
        else:
            python = words64() if self.kind == UNIX else words32()
            command = [*python.command, "-X", f"heapsize={heap}", "-c", code]
        done = subprocess.run(
            command, cwd=tree.REPO, capture_output=True, text=True, timeout=_TIMEOUT
        )
        if done.returncode:
            raise ScriptError(f"{script}, {self.kind}:\n{done.stderr}{done.stdout}")
        return json.loads(done.stdout.strip().rpartition("\n")[2])
