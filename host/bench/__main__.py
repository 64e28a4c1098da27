"""The command; see `host.bench`."""

import sys

from host.bench.command import main

if __name__ == "__main__":
    sys.exit(main())
