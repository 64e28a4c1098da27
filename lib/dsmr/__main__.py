"""Reads captures of a P1 port and prints one line of JSON for each telegram or rejection."""

import sys

from dsmr.asdict import items
from dsmr.lineends import LineEnds
from dsmr.parser import TelegramParser
from dsmr.telegram import Telegram

_HELP = """\
usage: python -m dsmr [OPTION ...] [FILE ...]
       python -m dsmr --anonymise [FILE ...]

Reads captures of a P1 port from files, or from standard input ("-", or no FILE), and prints one
line of JSON for each event:

  {"event": "telegram", "crc": "6797", "fields": {name: {"value": …, "unit": …}, …},
   "problems": [{"obis": …, "reason": …}, …]}
  {"event": "rejected", "reason": "crc", "bytes": 812}

  --no-crc   also accept telegrams of DSMR 4 and later that carry no CRC; one that is there is
             still checked
  --decryption-key KEY
             decrypt the frames of an encrypted meter: the key that its operator gives out, 32
             hexadecimal digits
  --authentication-key KEY
             the key that its frames are authenticated with, if it is not Luxembourg's; or "none"
  --anonymise  print the telegrams instead, to show them to others: each identifier is replaced by
             a made-up one of the same form, the messages' letters and digits by X and 0, and a
             CRC that is there by the right one. Readings and times stay
  --help     show this text

Line ends that were turned into LF are restored. The exit code is 0 if all was read, 1 if anything
was rejected or no telegram was found, 2 if a file cannot be read.
"""

_CHUNK = 1024

# The members of lists' entries in the order in which they are printed, as MicroPython's dicts keep
# none; and those that are texts.
_MEMBERS = (
    "month",
    "time",
    "end",
    "duration",
    "channel",
    "type",
    "id",
    "ean",
    "value",
    "unit",
    "timestamp",
    "valve",
)
_TEXTS = ("month", "time", "end", "id", "ean", "unit", "timestamp")


class Closed(Exception):
    """Nobody reads what is printed any more."""


class Command:
    """Turns streams into lines of JSON and counts what was rejected."""

    def __init__(self, crc_required, gcm=None):
        self._crc_required = crc_required
        self._gcm = gcm
        self.telegrams = 0
        self.rejected = 0

    def read(self, read):
        """Print the events of the stream that `read(size)` returns in chunks, b"" at its end."""
        parser = TelegramParser(crc_required=self._crc_required)
        if self._gcm:
            parser.expect_frames(self._gcm)
        ends = LineEnds()
        chunk = b"-"
        while chunk:
            chunk = ends.restored(read(_CHUNK))
            parser.receive_data(chunk)
            event = parser.next_event()
            while event is not None:
                if isinstance(event, Telegram):
                    self.telegrams += 1
                    _print(_telegram(event))
                else:
                    self.rejected += 1
                    _print(_rejected(event))
                event = parser.next_event()


class Anonymising:
    """Prints the telegrams of streams with made-up identifiers."""

    def __init__(self):
        from dsmr.anonymise import Anonymiser

        self._anonymiser = Anonymiser()
        self.telegrams = 0
        self.rejected = 0

    def read(self, read):
        """Print the telegrams of the stream that `read(size)` returns, as they are or damaged."""
        from dsmr.anonymise import Telegrams

        telegrams = Telegrams()
        ends = LineEnds()
        chunk = b"-"
        while chunk:
            chunk = ends.restored(read(_CHUNK))
            for telegram in telegrams.cut(chunk):
                self.telegrams += 1
                _write(self._anonymiser.telegram(telegram))


def _print(line):
    # As bytes, since the locale need not be UTF-8.
    _write(line.encode() + b"\n")


def _write(octets):
    try:
        # At once, since the port may be live.
        sys.stdout.buffer.write(octets)
        sys.stdout.buffer.flush()
    except OSError:
        raise Closed() from None


def _telegram(telegram):
    fields = [
        '%s:{"value":%s,"unit":"%s"}' % (_string(name), _value(value, unit), unit)
        for name, value, unit in items(telegram)
    ]
    problems = [
        '{"obis": %s, "reason": "%s"}' % (_string(obis), reason)
        for obis, reason in telegram.problems
    ]
    return '{"event": "telegram", "crc": %s, "fields": {%s}, "problems": [%s]}' % (
        "null" if telegram.crc is None else '"%04X"' % telegram.crc,
        ", ".join(fields),
        ", ".join(problems),
    )


def _rejected(event):
    return '{"event": "rejected", "reason": "%s", "bytes": %d}' % (event.reason, event.size)


def _value(value, unit):
    """The JSON of a field's value; numbers are the text that they are, digit for digit."""
    if isinstance(value, list):
        return "[%s]" % ",".join([_entry(members) for members in value])
    return _scalar(value, unit == "String" or unit == "Timestamp")


def _entry(members):
    """The JSON of an entry of a list."""
    return "{%s}" % ",".join(
        [
            '"%s":%s' % (name, _scalar(members[name], name in _TEXTS))
            for name in _MEMBERS
            if name in members
        ]
    )


def _scalar(value, is_text):
    if isinstance(value, bool):
        return "true" if value else "false"
    return _string(value) if is_text else str(value)


def _string(text):
    """The JSON of a text: what must be escaped is, and nothing else."""
    for char in '\\"':
        text = text.replace(char, "\\" + char)
    if any(char < " " for char in text):
        text = "".join("\\u%04x" % ord(char) if char < " " else char for char in text)
    return '"%s"' % text


def main(arguments):
    try:
        return _main(arguments)
    except Closed:
        # Python would want to write the rest when it ends.
        try:
            sys.stdout.close()
        except (AttributeError, OSError):
            pass
        return 1


def _main(arguments):
    files = []
    crc_required = True
    keys = {}
    name = None
    anonymise = False
    for argument in arguments:
        if name:
            keys[name] = argument
            name = None
        elif argument in ("--decryption-key", "--authentication-key"):
            name = argument
        elif argument in ("-h", "--help"):
            print(_HELP)
            return 0
        elif argument == "--no-crc":
            crc_required = False
        elif argument in ("--anonymise", "--anonymize"):
            anonymise = True
        elif argument.startswith("-") and argument != "-":
            print("dsmr: there is no option %s; --help lists them" % argument, file=sys.stderr)
            return 2
        else:
            files.append(argument)
    if name:
        print("dsmr: %s must be followed by a key" % name, file=sys.stderr)
        return 2
    gcm = None
    if keys:
        from dsmr.keys import LUXEMBOURG, make

        try:
            gcm = make(
                keys.get("--decryption-key", ""), keys.get("--authentication-key", LUXEMBOURG)
            )
        except ValueError:
            print("dsmr: a key has 32 hexadecimal digits", file=sys.stderr)
            return 2
    command = Anonymising() if anonymise else Command(crc_required, gcm)
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
