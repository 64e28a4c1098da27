"""Send a new version to a board over WiFi: only what changed, tried before it stays.

python -m host.update power-readout.local
"""

import argparse
import sys

from host import build, tree
from host.update import keys, package
from host.update.client import Client, UpdateError, split
from host.update.send import Update, arch_of


def update(host, key_file=None, archive=None, only_status=False, repo=tree.REPO):
    """All of it; prints what it does."""
    client = Client(split(host))
    print(f"Asking {client.place} what it runs ...", flush=True)
    hello = client.hello()
    sending = Update(client, keys.find(hello["board"], key_file))
    status = sending.status()
    arch = arch_of(hello["mpy"])
    print(
        f"Board {hello['board']}, {arch}: version {status['version']}"
        f"{', on trial' if status['trial'] else ''}, {_meter(status)}"
    )
    if status["rolled_back"]:
        print(f"Its last update, to {status['tried']}, was rolled back: {status['rolled_back']}.")
    if only_status:
        return
    made = package.from_archive(archive) if archive else package.from_checkout(arch, repo)
    print(f"Version {made.version}: {len(made.files)} files, {made.size():,} bytes", flush=True)
    sending.run(made)


def _meter(status):
    return "and it reads a meter" if status["fresh"] else "and no telegram has come lately"


def main(argv=None, repo=tree.REPO):
    parser = argparse.ArgumentParser(
        prog="python -m host.update",
        description="Send a new version to a board over WiFi: only what changed. It is tried, and "
        "rolled back unless it answers and reads the meter. Settings stay as they are.",
    )
    parser.add_argument("host", help="the board's name or address, such as power-readout.local")
    parser.add_argument(
        "--from", dest="archive", metavar="FILE", help="an archive of a release, not the checkout"
    )
    parser.add_argument("--key", metavar="FILE", help=f"the board's key; default: {keys.FOLDER}")
    parser.add_argument("--status", action="store_true", help="say what the board runs, no more")
    args = parser.parse_args(argv)
    try:
        update(args.host, args.key, args.archive, args.status, repo)
    except (
        *(UpdateError, keys.MissingKey, package.PackageError),
        *(build.BuildError, tree.TreeError),
    ) as error:
        print(f"update: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "\nupdate: stopped. The board keeps the version that it runs; one on trial is "
            "rolled back five minutes after its start.",
            file=sys.stderr,
        )
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
