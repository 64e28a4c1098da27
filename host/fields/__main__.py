"""Write all that is made from the table of fields.

    PYTHONPATH=lib python -m host.fields

With --check nothing is written, and the exit code is 1 if a file is not what it should be.
"""

import argparse
import sys

from host import PYTHON, tree
from host.fields import FieldsError, homeassistant, numbers, page, prometheus

_MAKERS = (numbers, page, prometheus, homeassistant)


def main(argv=None, repo=tree.REPO):
    parser = argparse.ArgumentParser(
        prog="python -m host.fields",
        description="Write what is made from the table of fields, lib/dsmr/table.py.",
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit code 1 if a file is out of date"
    )
    args = parser.parse_args(argv)
    stale = []
    try:
        for maker in _MAKERS:
            for name, wanted in maker.made(repo).items():
                path = repo / name
                if path.is_file() and path.read_text(encoding="utf-8") == wanted:
                    continue
                stale.append(name)
                if not args.check:
                    path.write_text(wanted, encoding="utf-8")
    except (OSError, ValueError, FieldsError) as error:
        print(f"fields: {error}", file=sys.stderr)
        return 1
    if not stale:
        print("All that is made from the table of fields is up to date.")
        return 0
    if args.check:
        print(
            f"Out of date with lib/dsmr/table.py: {', '.join(stale)}. Write them anew: "
            f"make fields, or PYTHONPATH=lib {PYTHON} -m host.fields",
            file=sys.stderr,
        )
        return 1
    print(f"Written: {', '.join(stale)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
