"""The tests of lib/mdns under MicroPython: the same files as under CPython."""

import ast
import os
import subprocess
from pathlib import Path

import pytest
from under_micropython import ROOT, SCRIPTS, command

HERE = Path(__file__).parent

#: By module, its tree: of those whose first lines say that they run under both Pythons.
MODULES = {
    path.stem: tree
    for path in sorted(HERE.glob("test_*.py"))
    for tree in [ast.parse(path.read_text(encoding="utf-8"))]
    if "under both Pythons" in ast.get_docstring(tree)
}


def names(tree):
    """The tests of a module."""
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    return {node.name for node in functions if node.name.startswith("test_")}


@pytest.mark.parametrize("module", MODULES)
def test_micropython_passes_the_same_tests(module):
    done = subprocess.run(
        [command(), str(SCRIPTS / "run_tests.py"), module],
        cwd=ROOT,
        env={**os.environ, "MICROPYPATH": f"{ROOT / 'lib'}:{HERE}:{SCRIPTS.parent}:.frozen"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = {line.split()[2] for line in done.stdout.splitlines() if line.startswith("ok ")}
    assert passed == names(MODULES[module]) and passed


def test_there_are_such_modules():
    assert "test_message" in MODULES
