"""Serve the page with a made-up house, for whoever works on it: python tests/page/serve.py

Then open http://localhost:8090/. The sources are put together anew at each request, so that a
reload shows what was changed.
"""

import argparse
import sys
from datetime import datetime
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO), str(REPO / "tests")]

from host.page import PageError, make  # noqa: E402
from page.house import House  # noqa: E402
from page.mock import Server  # noqa: E402
from sim.meter import KINDS  # noqa: E402


class Reloading(Server):
    """A server whose page is that of the sources as they are now."""

    @property
    def page(self):
        try:
            self._page = make()
        except PageError as error:
            print(error)
        return self._page

    @page.setter
    def page(self, page):
        self._page = page


def main():
    parser = argparse.ArgumentParser(description="Serve the page with a made-up house.")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--meter", choices=KINDS, default="t211")
    parser.add_argument("--start", type=datetime.fromisoformat, help="such as 2026-06-14T13:20")
    parser.add_argument("--no-peaks", action="store_true", help="the meter sends no peaks")
    parser.add_argument("--stale", metavar="SENTENCE", help="why there are no values")
    args = parser.parse_args()
    start = {"start": args.start} if args.start else {}
    house = House(args.meter, peaks=not args.no_peaks, **start)
    with Reloading(house, port=args.port, places=4) as server:
        server.stale = args.stale
        print(f"{server.url} (Ctrl-C ends it)")
        try:
            while server.wait(3600):
                pass
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
