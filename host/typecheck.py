"""Check the types of the sources with mypy, for each of the two Pythons that they run on.

    python -m host.typecheck

What a board runs is checked against the types of MicroPython for the ESP32 (host/typings.txt),
what a PC runs against those of Python; most of the firmware is both. So a keyword that
`machine.UART` does not know is found here, and an `asyncio.sleep_ms` that a PC does not have.
How mypy goes about it is in pyproject.toml.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from host import PYTHON, tree

TYPINGS_PIN = "host/typings.txt"

#: Where a board's types are, below the repository.
TYPINGS = Path("build", "typings")

#: The classes of viper's pointers. A viper function takes whatever has a buffer for a ptr8, but no
#: argument is of such a class: without this every call of one is a mistake.
_POINTER = re.compile(r"^class (ptr\d*)\(.*\n(?:(?: .*)?\n)*", re.MULTILINE)

#: Run on a board, or on the PC's MicroPython that stands in for one, and nowhere else.
BOARD_ONLY = (
    "main.py",
    "boot.py",
    "trial.py",
    "firmware/console.py",
    "firmware/prompt.py",
    "firmware/starting.py",
    "firmware/supervisor/safe_mode.py",
    "firmware/supervisor/starts.py",
    "firmware/supervisor/watchdog.py",
    "firmware/boards/*.py",
    "firmware/setup/attempt.py",
    "firmware/setup/door.py",
    "firmware/setup/opening.py",
    "firmware/setup/program.py",
    "lib/archive.py",
    "lib/dsmr/native/*.py",
    "host/on_board/*.py",
)

#: Run under CPython only.
PC_ONLY = (
    *("host/*.py", "host/bench/*.py", "host/fields/*.py"),
    *("host/update/*.py", "host/setup/*.py"),
    *("sim/*.py", "sim/soak/*.py", "src/**/*.py"),
    *("lib/dsmr/aes.py", "lib/dsmr/openssl.py"),
)

#: Run on both, but for those above.
BOTH = ("firmware/**/*.py", "lib/**/*.py")

#: Not checked: what the types describe, and scripts that run in a folder made for them.
UNCHECKED = ("sim/chip/*.py", "host/bench/on_micropython/*.py")


class CheckError(Exception):
    """The check cannot be made; the text is for the person and says what to do."""


def board_files(repo=tree.REPO):
    """What is checked as MicroPython: paths in the repository, sorted."""
    both = _matching(repo, BOTH) - _matching(repo, PC_ONLY)
    return sorted(_matching(repo, BOARD_ONLY) | both)


def pc_files(repo=tree.REPO):
    """What is checked as CPython."""
    return sorted(_matching(repo, (*PC_ONLY, *BOTH)) - _matching(repo, BOARD_ONLY))


def _matching(repo, patterns):
    return {path.relative_to(repo) for pattern in patterns for path in repo.glob(pattern)}


def check_board(files, repo=tree.REPO):
    """Check files as MicroPython for the ESP32; returns (whether all is well, what mypy says)."""
    typings = _typings(repo)
    flags = ["--platform", "esp32", "--no-site-packages", "--custom-typeshed-dir", str(typings)]
    return _mypy(repo, files, "board", flags, typings)


def check_pc(files, repo=tree.REPO):
    """Check files as CPython; returns (whether all is well, what mypy says)."""
    return _mypy(repo, files, "pc", [])


def _mypy(repo, files, name, flags, *path):
    command = [sys.executable, "-m", "mypy", *flags]
    command += ["--cache-dir", str(repo / "build" / f"mypy-{name}")]
    environment = {**os.environ, "MYPYPATH": os.pathsep.join(map(str, path))}
    done = subprocess.run(
        [*command, *map(str, files)], cwd=repo, env=environment, capture_output=True, text=True
    )
    said = done.stdout + done.stderr
    # 1 is mistakes found; anything else is a check that did not take place.
    if done.returncode not in (0, 1):
        raise CheckError(_why_not(said))
    return done.returncode == 0, said.strip()


def _why_not(said):
    if "No module named mypy" in said:
        return f"mypy is not installed: {PYTHON} -m pip install -r host/tools.txt"
    return f"mypy did not do its work; it said:\n{said.strip()}"


def _typings(repo):
    """The folder with a board's types; installs them if they are not those that are pinned."""
    folder = repo / TYPINGS
    record = folder / "installed.txt"
    pins = _pins(repo / TYPINGS_PIN)
    if record.is_file() and record.read_text() == pins:
        return folder
    print(f"Installing the types of MicroPython into {TYPINGS} (once) ...", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, "--target", str(folder), "-r", str(repo / TYPINGS_PIN)])
    if done.returncode:
        raise CheckError(
            "The types of MicroPython could not be installed; pip says why above. They come from "
            "PyPI: is there a connection to the internet?"
        )
    builtins = folder / "stdlib" / "builtins.pyi"
    builtins.write_text(_POINTER.sub(r"\1: Any\n\n", builtins.read_text()))
    record.write_text(pins)
    return folder


def _pins(path):
    """What a requirements file names, with what it includes."""
    text = path.read_text()
    included = re.findall(r"^-r (\S+)", text, re.MULTILINE)
    return text + "".join(_pins(path.parent / name) for name in included)


def main(argv=None, repo=tree.REPO):
    parser = argparse.ArgumentParser(
        prog="python -m host.typecheck",
        description="Check the types of the sources, as a board runs them and as a PC does.",
    )
    parser.parse_args(argv)
    clean = True
    try:
        for where, check, files in (
            ("a board (MicroPython)", check_board, board_files(repo)),
            ("a PC (Python)", check_pc, pc_files(repo)),
        ):
            well, said = check(files, repo)
            clean = clean and well
            if well:
                print(f"Types on {where}: all right in {len(files)} files.")
            else:
                print(f"Types on {where}: there are mistakes.\n{said}")
    except CheckError as error:
        print(f"typecheck: {error}", file=sys.stderr)
        return 2
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
