"""Which files make up the board's file system, where they stand there and where they come from.

The board's tree is what `host.build` makes, `host.deploy` sends and `host.package` lists:

    boot.py, main.py, trial.py  at the root; small, and the same for years
    app/firmware/...            the application
    app/lib/dsmr/...            the parser
    app/lib/microdot/...        the web server's two files, from PyPI

Paths on the board are written without the leading "/".
"""

import importlib.metadata
import importlib.util
import re
from pathlib import Path

from host import PYTHON

REPO = Path(__file__).resolve().parents[1]

#: Everything below this folder of the board is ours: what is not in the tree is removed from it.
APP = "app"
#: The tree that an update over WiFi goes into while app runs, and what says which of them runs.
APP2 = "app2"
POINTER = "tree.json"
BOOT = "boot.py"
MAIN = "main.py"
#: Which of the two trees runs, see there.
TRIAL = "trial.py"
ROOT_FILES = (BOOT, TRIAL, MAIN)
OUR_FOLDERS = ("firmware", "lib")

#: Modules that only a PC runs: the parser's command line, and the CRC and AES for CPython.
HOST_ONLY = (
    "lib/dsmr/__main__.py",
    "lib/dsmr/aes.py",
    "lib/dsmr/anonymise.py",
    "lib/dsmr/folding.py",
    "lib/dsmr/lineends.py",
    "lib/dsmr/openssl.py",
)

#: What the live page is made of; a board gets it as one file, see `host.page`.
PAGE_FOLDER = "firmware/http/page/"

#: Beside modules, what the firmware may read at run time.
DATA_SUFFIXES = (".fields", ".form", ".gz", ".headers", ".keys", ".prom", ".tsv")

#: Of microdot's modules, those that the firmware imports.
MICRODOT_FILES = ("__init__.py", "microdot.py")
MICRODOT_FOLDER = APP + "/lib/microdot"
MICRODOT_PIN = "lib/requirements.txt"


class TreeError(Exception):
    """The files cannot be put together; the text is for the person and says what to do."""


def our_files(repo=REPO):
    """Our own files: a dict from the path on the board to the path in the repository."""
    files = {}
    for name in ROOT_FILES:
        if not (repo / name).is_file():
            raise TreeError(f"There is no {name} in {repo}: run this in a complete checkout.")
        files[name] = name
    for folder in OUR_FOLDERS:
        for path in sorted((repo / folder).rglob("*")):
            name = path.relative_to(repo).as_posix()
            wanted = path.suffix == ".py" or path.suffix in DATA_SUFFIXES
            if (
                wanted
                and path.is_file()
                and name not in HOST_ONLY
                and not name.startswith(PAGE_FOLDER)
            ):
                files[f"{APP}/{name}"] = name
    return files


def microdot_version(repo=REPO):
    """The version of microdot that the firmware is written for."""
    try:
        text = (repo / MICRODOT_PIN).read_text()
    except OSError:
        text = ""
    pin = re.search(r"^microdot==(\S+)", text, re.MULTILINE)
    if not pin:
        raise TreeError(f"{MICRODOT_PIN} must name microdot's version: a line `microdot==2.7.0`.")
    return pin.group(1)


def microdot_files(repo=REPO):
    """microdot's files: a dict from the path on the board to the installed file."""
    wanted = microdot_version(repo)
    install = f'{PYTHON} -m pip install "microdot=={wanted}"'
    try:
        installed = importlib.metadata.version("microdot")
        spec = importlib.util.find_spec("microdot")
    except importlib.metadata.PackageNotFoundError:
        raise TreeError(f"microdot is not installed; install it: {install}") from None
    if installed != wanted:
        raise TreeError(
            f"microdot {installed} is installed, and {MICRODOT_PIN} pins {wanted}; "
            f"install that: {install}"
        )
    if spec is None or not spec.submodule_search_locations:
        raise TreeError(f"microdot cannot be found by this Python; install it again: {install}")
    folder = Path(spec.submodule_search_locations[0])
    return {f"{MICRODOT_FOLDER}/{name}": folder / name for name in MICRODOT_FILES}
