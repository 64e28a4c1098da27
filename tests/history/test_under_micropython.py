"""The same tests under MicroPython, and those that need a board's file system."""

import os
import subprocess
from pathlib import Path

import pytest

from host import build
from host.tree import REPO
from sim.chip_build import alone

HERE = Path(__file__).parent
MODULES = ["littlefs_cases", *sorted(path.stem for path in HERE.glob("test_rules_*.py"))]

#: What MicroPython's collector says when it closes a file of a flash that is off.
_CLOSING = b"OSError: "


@pytest.mark.parametrize("module", MODULES)
def test_under_micropython(interpreter, module):
    # Compiled, as on a board: the stack is small for a compiler amid so many imports.
    arch = build.arch_of(interpreter.command)
    root = REPO / "build" / f"apart-{arch}"
    with alone(REPO / "build"):
        build.build(REPO, root, arch)
    path = (root / "app" / "lib", root / "app", REPO / "tests", ".frozen")
    done = subprocess.run(
        [*interpreter.command, "-X", "heapsize=16m", HERE / "on_micropython.py", module],
        env={**os.environ, "MICROPYPATH": ":".join(map(str, path))},
        capture_output=True,
        timeout=300,
    )
    lines = (done.stdout + done.stderr).splitlines()
    said = b"\n".join(line for line in lines if not line.startswith(_CLOSING)).decode()
    assert done.returncode == 0, said
    assert said.endswith(" ran, 0 failed")
