"""Build one archive for each architecture of board, for who updates without a checkout.

    python -m host.update.release

`python -m host.update HOST --from FILE` sends one.
"""

import argparse
import sys
from pathlib import Path

from host import build, tree
from host.update import package

#: xtensawin: ESP32, S2, S3; rv32imc: C3, C6; bytecode: any other, more slowly.
ARCHES = ("xtensawin", "rv32imc", "bytecode")


def release(out, repo=tree.REPO):
    """Write the archives into a folder; yields the path and the package of each."""
    for arch in ARCHES:
        made = package.from_checkout(arch, repo)
        path = Path(out) / f"power-readout-{made.version}-{arch}.zip"
        package.write_archive(made, path)
        yield path, made


def main(argv=None, repo=tree.REPO):
    parser = argparse.ArgumentParser(
        prog="python -m host.update.release",
        description="Build an archive of this version for each architecture of board.",
    )
    parser.add_argument(
        "--out", metavar="DIR", default=str(repo / "build/release"), help="default: build/release"
    )
    args = parser.parse_args(argv)
    try:
        for path, made in release(args.out, repo):
            print(f"{path}: {made.version}, {len(made.files)} files, {made.size():,} bytes")
    except (build.BuildError, tree.TreeError, package.PackageError, OSError) as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
