"""Download the history of a reader into one CSV file.

    python -m host.history power-readout.local --out history.csv

The same command adds later what has come since.
"""

import argparse
import base64
import csv
import http.client
import json
import netrc
import os
import sys
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone
from urllib.parse import unquote, urlencode, urlsplit

from firmware import VERSION
from host.ports import network_error

#: Where a password may stand in the environment.
PASSWORD = "POWER_READOUT_PASSWORD"

#: What is asked for, by resolution. The first one tells which rows there are.
SERIES = {
    "day": ("energy", "gas", "water", "peaks"),
    "quarter": ("energy", "gas", "water"),
}

#: Quarter-hours are asked for in parts that a board makes in some seconds, so that others are
#: answered meanwhile; and as far back as it has them.
_PART = timedelta(days=4)
_QUARTERS = timedelta(days=41)

#: Seconds in which something must come; and how often, and after how many seconds, it is asked for
#: again where somebody else is being answered.
_DEADLINE = 30
_TRIES = 12
_PAUSE = 5


class DownloadError(Exception):
    """The history cannot be downloaded; the text is for the person and says what to do."""


class Source:
    """A reader. address: its name, its IP address, or a URL."""

    def __init__(self, address, password=None, pause=_PAUSE):
        url = address if "://" in address else "http://" + address
        try:
            parts = urlsplit(url)
            fits = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            fits = False
        if not fits:
            raise DownloadError(f"{address} is no address of a reader, such as 192.168.1.5.")
        self._host = parts.hostname
        self._pause = pause
        self._root = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._headers = {"User-Agent": f"power-readout/{VERSION}", "Accept": "application/json"}
        password = password or unquote(parts.password or "") or _kept_password(self._host)
        if password:
            pair = base64.b64encode(f"power-readout:{password}".encode()).decode()
            self._headers["Authorization"] = f"Basic {pair}"

    def history(self, resolution, begin=None, end=None):
        """(columns, rows) of all series of a resolution: the rows are dicts, in order of time."""
        columns = ["time"]
        rows: dict = {}
        for series in SERIES[resolution]:
            answer = self._ask(series, resolution, begin, end)
            found = answer["rows"]
            if series == SERIES[resolution][0]:
                rows = {row[0]: {"time": row[0], "gap": False} for row in found}
            if found:
                columns += answer["columns"][1:-1]
            for row in found:
                # The newest one may have come since the first series was asked for.
                if row[0] in rows:
                    values = dict(zip(answer["columns"], row))
                    values["gap"] = values["gap"] or rows[row[0]]["gap"]
                    rows[row[0]].update(values)
        return [*columns, "gap"], list(rows.values())

    def _ask(self, series, resolution, begin, end):
        query = {"series": series, "resolution": resolution}
        if begin:
            query["from"] = f"{begin:%Y-%m-%dT%H:%MZ}"
            query["to"] = f"{end:%Y-%m-%dT%H:%MZ}"
        for _ in range(_TRIES):
            answer = self._get(f"{self._root}/history?{urlencode(query)}")
            if answer is not None:
                return answer
            time.sleep(self._pause)
        raise DownloadError(f"{self._root} is answering others all the time; try it again later.")

    def _get(self, url):
        """The answer at a URL; None while the reader has no time for it."""
        request = urllib.request.Request(url, headers=self._headers)
        try:
            with urllib.request.urlopen(request, timeout=_DEADLINE) as response:
                answer = json.load(response)
            if not isinstance(answer, dict) or "rows" not in answer:
                raise ValueError
            return answer
        except urllib.error.HTTPError as error:
            if error.code == http.HTTPStatus.SERVICE_UNAVAILABLE:
                return None
            raise DownloadError(self._refusal(error)) from None
        except urllib.error.URLError as error:
            reason = error.reason if isinstance(error.reason, OSError) else error
            raise DownloadError(str(network_error(reason, self._root, self._host))) from None
        except (OSError, http.client.HTTPException):
            raise DownloadError(
                f"{self._root}: the answer broke off. The same command goes on from there."
            ) from None
        except ValueError:
            raise DownloadError(
                f"{self._root} answers with something else than a history; is it a power-readout?"
            ) from None

    def _refusal(self, error):
        """A sentence about an answer that is an error."""
        if error.code == http.HTTPStatus.UNAUTHORIZED:
            return (
                f"{self._root} asks for the password: give it in {PASSWORD}, in ~/.netrc, or with "
                "--password."
            )
        try:
            return f"{self._root}: {json.load(error)['error']}"
        except (OSError, ValueError, LookupError, TypeError):
            return f"{self._root} answers {error.code} {error.reason}; is it a power-readout?"


def _kept_password(host):
    """The password of the environment, or of ~/.netrc."""
    if os.environ.get(PASSWORD):
        return os.environ[PASSWORD]
    try:
        found = netrc.netrc().authenticators(host)
    except (OSError, netrc.NetrcParseError):
        return None
    return found[2] if found else None


class Table:
    """The file. last: by resolution, the moment of the last row that it has, or None.

    columns: what the reader has; a file that is there already must have the same.
    """

    def __init__(self, path, columns):
        self.count = 0
        self.last = dict.fromkeys(SERIES)
        self._columns = ["resolution", *columns]
        try:
            is_new = not os.path.exists(path) or not os.path.getsize(path)
            if not is_new:
                self._resume(path)
            self._file = open(path, "a", newline="", encoding="utf-8")  # noqa: SIM115 (see close)
        except OSError as error:
            raise DownloadError(f"{path}: {error.strerror}.") from None
        self._writer = csv.writer(self._file, lineterminator="\n")
        if is_new:
            self._writer.writerow(self._columns)

    def _resume(self, path):
        with open(path, "r+b") as file:
            data = file.read()
            # A download that was broken off may have left a part of a row.
            whole = data.rfind(b"\n") + 1
            lines = data[:whole].decode("utf-8", "replace").splitlines()
            rows = csv.reader(lines)
            if next(rows, None) != self._columns:
                raise DownloadError(
                    f"{path} has not the columns of this reader ({', '.join(self._columns)}); "
                    "give another file with --out."
                )
            file.truncate(whole)
        for row in rows:
            if len(row) > 1 and row[0] in self.last:
                self.last[row[0]] = _moment(row[1])

    def add(self, resolution, rows):
        """Append the rows that it has not yet."""
        for row in rows:
            moment = _moment(row["time"])
            if self.last[resolution] is None or moment > self.last[resolution]:
                cells = [resolution, *(_cell(row.get(name)) for name in self._columns[1:])]
                self._writer.writerow(cells)
                self.last[resolution] = moment
                self.count += 1
        self._file.flush()

    def close(self):
        self._file.close()


def _cell(value):
    if value is None:
        return ""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value


def _moment(text):
    try:
        return datetime.fromisoformat(text).astimezone(timezone.utc)
    except ValueError:
        raise DownloadError(f"{text!r} is no time of a history.") from None


def download(source, path, resolutions, say):
    """Add to a file what it has not yet, and return how many rows; say(sentence) tells how far.

    The row that is still running is left out: it comes when it has ended.
    """
    columns, days = source.history("day")
    table = Table(path, columns)
    try:
        if "day" in resolutions:
            table.add("day", days[:-1])
            say(f"{table.count} days")
        if "quarter" in resolutions and days:
            newest = _moment(days[-1]["time"])
            begin = max(newest - _QUARTERS, table.last["quarter"] or _moment(days[0]["time"]))
            # The last one that has come may be the running one: it is added with the next.
            held: list = []
            while begin <= newest + timedelta(days=1):
                _, rows = source.history("quarter", begin, begin + _PART)
                held += rows
                table.add("quarter", held[:-1])
                held = held[-1:]
                begin += _PART
                say(f"{table.count} rows" + (f", up to {rows[-1]['time']}" if rows else ""))
    finally:
        table.close()
    return table.count


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m host.history",
        description="Download the history of a reader into one CSV file: the days of up to three "
        "years, and the quarter-hours of 40 days. If the file is there already, what has come "
        "since is added to it.",
        epilog="Amounts are in Wh, for gas and water in dm3, peaks in W; `time` is when a row "
        "begins. `gap` is true where it is known how much was used and not when. The row that is "
        f"still running is left out. The password may be in the environment as {PASSWORD}, or in "
        "~/.netrc. Exit code 1: not all of it has come; the same command goes on from there.",
    )
    parser.add_argument("address", metavar="HOST|URL", help="the reader, such as 192.168.1.5")
    parser.add_argument("--out", required=True, metavar="FILE", help="such as history.csv")
    parser.add_argument(
        "--resolution", choices=tuple(SERIES), help="only the days, or only the quarter-hours"
    )
    parser.add_argument("--password", help="that of the setting http_password")
    parser.add_argument("--quiet", action="store_true", help="do not tell how far it is")
    options = parser.parse_args(argv)
    resolutions = (options.resolution,) if options.resolution else tuple(SERIES)

    def say(sentence):
        if not options.quiet:
            print(sentence, file=sys.stderr, flush=True)

    try:
        source = Source(options.address, options.password)
        count = download(source, options.out, resolutions, say)
    except DownloadError as error:
        print(f"history: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("history: ended; the same command goes on from there.", file=sys.stderr)
        return 1
    say(f"{options.out}: {count} rows were added." if count else f"{options.out}: nothing is new.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
