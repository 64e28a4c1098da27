"""Write package.json, by which `mpremote mip install` puts power-readout on a board.

    python -m mpremote mip install --target / github:OWNER/power-readout

It is a second way, for those who have no checkout: everything is source, which the board compiles
at each start, and what an older version left there stays. Names of our files are relative, so that
a fork and a tag install their own.
"""

import argparse
import json
import re
import sys

from host import PYTHON, tree

PACKAGE = "package.json"
VERSION_FILE = "firmware/__init__.py"
MICRODOT_URL = "https://raw.githubusercontent.com/miguelgrinberg/microdot/v{version}/src/microdot/"


def urls(repo=tree.REPO):
    """A list of [path on the board, where it is fetched], main.py last."""
    ours = tree.our_files(repo)
    base = MICRODOT_URL.format(version=tree.microdot_version(repo))
    listed = [[path, name] for path, name in ours.items() if path != tree.MAIN]
    listed += [[f"{tree.MICRODOT_FOLDER}/{name}", base + name] for name in tree.MICRODOT_FILES]
    # What starts all the others arrives when they are there.
    return [*listed, [tree.MAIN, ours[tree.MAIN]]]


def text(repo=tree.REPO):
    """The content of package.json, a line for each file."""
    lines = ",\n".join("    " + json.dumps(pair) for pair in urls(repo))
    version = _version(repo)
    return f'{{\n  "version": "{version}",\n  "urls": [\n{lines}\n  ],\n  "deps": []\n}}\n'


def _version(repo):
    found = re.search(r'^VERSION = "([^"]+)"', (repo / VERSION_FILE).read_text(), re.MULTILINE)
    if not found:
        raise tree.TreeError(f'{VERSION_FILE} must have the version: a line `VERSION = "1.2.3"`.')
    return found.group(1)


def main(argv=None, repo=tree.REPO):
    parser = argparse.ArgumentParser(
        prog="python -m host.package",
        description="Write package.json, which lists the board's files for mpremote's mip.",
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit code 1 if it is out of date"
    )
    args = parser.parse_args(argv)
    path = repo / PACKAGE
    try:
        wanted = text(repo)
    except tree.TreeError as error:
        print(f"package: {error}", file=sys.stderr)
        return 1
    current = path.read_text() if path.is_file() else ""
    if current == wanted:
        print(f"{PACKAGE} is up to date.")
        return 0
    if args.check:
        print(f"{PACKAGE} is out of date: run {PYTHON} -m host.package", file=sys.stderr)
        return 1
    path.write_text(wanted)
    print(f"{PACKAGE}: {len(json.loads(wanted)['urls'])} files.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
