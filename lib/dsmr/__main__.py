"""Reads captures of a P1 port and prints one line of JSON for each telegram or rejection."""

import sys

from dsmr.lineends import LineEnds
from dsmr.metrics import MetricsSink
from dsmr.parser import TelegramParser
from dsmr.telegram import Telegram
from dsmr.writer import Writer

_HELP = """\
usage: python -m dsmr [--no-crc] [FILE ...]

Reads captures of a P1 port from files, or from standard input ("-", or no FILE), and prints one
line of JSON for each event:

  {"event": "telegram", "crc": "6797", "fields": {name: {"value": …, "unit": …}, …},
   "problems": [{"obis": …, "reason": …}, …]}
  {"event": "rejected", "reason": "crc", "bytes": 812}

  --no-crc   also accept telegrams of DSMR 4 and later that carry no CRC; one that is there is
             still checked
  --help     show this text

Line ends that were turned into LF are restored. The exit code is 0 if all was read, 1 if anything
was rejected or no telegram was found, 2 if a file cannot be read.
"""

_CHUNK = 1024


class Command:
    """Turns streams into lines of JSON and counts what was rejected."""

    def __init__(self, crc_required):
        self._crc_required = crc_required
        self._out = Writer()
        self._fields = MetricsSink(self._out, separator=b", ")
        self.telegrams = 0
        self.rejected = 0

    def read(self, read):
        """Print the events of the stream that `read(size)` returns in chunks, b"" at its end."""
        parser = TelegramParser(crc_required=self._crc_required)
        ends = LineEnds()
        chunk = b"-"
        while chunk:
            chunk = ends.restored(read(_CHUNK))
            parser.receive_data(chunk)
            event = parser.next_event()
            while event is not None:
                self._out.clear()
                if isinstance(event, Telegram):
                    self._telegram(event)
                else:
                    self._rejected(event)
                self._print()
                event = parser.next_event()

    def _print(self):
        # As bytes, since the locale need not be UTF-8; at once, since the port may be live.
        self._out.write(b"\n")
        sys.stdout.buffer.write(self._out.getvalue())
        sys.stdout.buffer.flush()

    def _telegram(self, telegram):
        out = self._out
        self.telegrams += 1
        out.write('{"event": "telegram", "crc": ')
        out.write("null" if telegram.crc is None else '"%04X"' % telegram.crc)
        out.write(', "fields": {')
        self._fields.render(telegram)
        out.write('}, "problems": [')
        separator = ""
        for obis, reason in telegram.problems:
            out.write(separator)
            separator = ", "
            out.write('{"obis": ')
            out.json_string(obis)
            out.write(', "reason": "%s"}' % reason)
        out.write("]}")

    def _rejected(self, event):
        self.rejected += 1
        self._out.write(
            '{"event": "rejected", "reason": "%s", "bytes": %d}' % (event.reason, event.size)
        )


def main(arguments):
    files = []
    crc_required = True
    for argument in arguments:
        if argument in ("-h", "--help"):
            print(_HELP)
            return 0
        if argument == "--no-crc":
            crc_required = False
        elif argument.startswith("-") and argument != "-":
            print("dsmr: there is no option %s; --help lists them" % argument, file=sys.stderr)
            return 2
        else:
            files.append(argument)
    command = Command(crc_required)
    for name in files or ["-"]:
        if name == "-":
            stdin = sys.stdin.buffer
            # Where it exists, read1 returns what has come, so that a live port can be piped in.
            command.read(getattr(stdin, "read1", stdin.read))
            continue
        try:
            with open(name, "rb") as file:
                command.read(file.read)
        except OSError as error:
            print("dsmr: cannot read %s: %s" % (name, error), file=sys.stderr)
            return 2
    if not command.telegrams and not command.rejected:
        print("dsmr: no telegram found", file=sys.stderr)
        return 1
    return 1 if command.rejected else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
