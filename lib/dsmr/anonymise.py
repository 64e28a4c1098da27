"""Makes telegrams that can be shown to others: identifiers are replaced by made-up ones.

A made-up identifier has the form of the other: its first character and up to three letters stay,
which say what sort of device it is and who made it; then come zeros for digits, an X for letters,
and a number at the end, the same one for the same identifier. Messages lose their letters and
digits. What stands in lines that are not known is replaced where it may be an identifier. Readings
and times stay: they are what a report is about.
"""

from binascii import hexlify, unhexlify

from dsmr.backend import crc16, scan
from dsmr.const import const
from dsmr.fields import KINDS

# Those of `dsmr.scan`, by `make fields`.
_AT = const(0)
_NEXT_LINE = const(256)

# Those of `dsmr.table`, by `make fields`.
_OCTETS = const(4)
_MESSAGE = const(5)

#: Characters from which on something that is not known may be an identifier.
_LEAST = const(6)

_CODE = b":"
_UNIT = b"*"
_POINT = b"."


class Anonymiser:
    """Replaces identifiers; knows those that it has replaced."""

    def __init__(self):
        self._numbers: dict = {}

    def telegram(self, data):
        """A telegram from "/" to the end of its last line, with made-up identifiers.

        A CRC that is there becomes that of the new telegram.
        """
        lines = bytes(data).split(b"\n")
        mark = 1
        while mark < len(lines) and lines[mark][:1] != b"!":
            mark += 1
        # The three letters and the baud rate's digit stay.
        found = [lines[0][:5] + self._runs(lines[0][5:])]
        for line in lines[1:mark]:
            end = line[len(line.rstrip(b"\r")) :]
            found.append(self._line(line[: len(line) - len(end)]) + end)
        found.append(b"!")
        text = b"\n".join(found)
        end = b"".join(lines[mark : mark + 1])[1:]
        digits = end.lstrip(b"0123456789ABCDEFabcdef")
        if len(digits) < len(end):
            text += b"%04X" % crc16(0, text, 0, len(text))
        return text + b"\r\n"

    def _runs(self, text):
        """Replace long runs of digits, which are a serial number, but for Sagemcom's types."""
        found = b""
        at = 0
        while at < len(text):
            end = at
            while end < len(text) and 48 <= text[end] <= 57:
                end += 1
            run = text[at:end]
            # (field) "253769484_A" is the type of all T211.
            if len(run) >= _LEAST and not (run[:3] == b"253" and text[end : end + 1] == b"_"):
                run = self._made_up(run, 0)
            found += run + text[end : end + 1]
            at = end + 1
        return found

    def _line(self, line):
        """A data line without its end."""
        places = scan.new_scan()
        slot = scan.find_slot(line, 0, len(line), places)
        start = places[_AT] + 1
        end = line.rfind(b")")
        if end < start:
            end = len(line)
        if slot >= _NEXT_LINE or line[:1] == b"(":
            return line
        if start > len(line):
            return self._runs(line)
        if slot < 0:
            return line[:start] + b"(".join([self._group(g) for g in line[start:].split(b"(")])
        if KINDS[slot] == _OCTETS:
            return line[:start] + self._octets(line[start:end], True) + line[end:]
        if KINDS[slot] == _MESSAGE:
            return line[:start] + self._octets(line[start:end], False) + line[end:]
        return line

    def _group(self, group):
        """What follows a "(" in a line that is not known."""
        text, close, rest = group.partition(b")")
        if _UNIT in text or _POINT in text or _CODE in text or len(text) < _LEAST:
            return group
        if scan.scan_time(text, 0, len(text)):
            return group
        return self._octets(text, True) + close + rest

    def _octets(self, written, is_identifier):
        """What is written as it stands, or as the hexadecimal digits of its characters."""
        try:
            text = unhexlify(written)
            is_hex = 2 * len(text) == len(written) and bool(text)
        except ValueError:
            is_hex = False
        if is_hex:
            for byte in text:
                is_hex = is_hex and 32 <= byte < 127
        if is_hex and not (len(written) == 8 and written.isdigit()):
            made_up = self._made_up(text, 4) if is_identifier else _blank(text)
            found = hexlify(made_up)
            return found.upper() if written == written.upper() else found
        return self._made_up(written, 4) if is_identifier else _blank(written)

    def _made_up(self, text, most):
        """Another identifier; most: how many characters at its beginning may stay."""
        text = bytes(text)
        if not text:
            return text
        kept = min(1, most)
        while kept and kept < min(most, len(text)) and text[kept : kept + 1].isalpha():
            kept += 1
        if text not in self._numbers:
            self._numbers[text] = len(self._numbers) + 1
        found = bytearray(text[:kept] + _blank(text[kept:]))
        number = self._numbers[text]
        at = len(found) - 1
        while number and at >= kept:
            if found[at] == 48:
                found[at] = 48 + number % 10
                number //= 10
            at -= 1
        return bytes(found)


def _blank(text):
    """The text with a 0 for each digit and an X or x for each letter."""
    found = bytearray(text)
    for at, byte in enumerate(found):
        if 48 <= byte <= 57:
            found[at] = 48
        elif 65 <= byte <= 90:
            found[at] = 88
        elif 97 <= byte <= 122 or byte > 127:
            found[at] = 120
    return bytes(found)


class Telegrams:
    """Cuts a stream into telegrams, good ones or not: from "/" to the end of the "!" line."""

    #: Bytes of a telegram at the most; what is longer is none.
    LIMIT = 11520

    def __init__(self):
        self._data = b""

    def cut(self, chunk):
        """Yield the telegrams that are whole with the next bytes of the stream, b"" at its end."""
        self._data += chunk
        while True:
            start = self._data.find(b"/")
            if start < 0:
                self._data = b""
                return
            self._data = self._data[start:]
            following = self._data.find(b"/", 1)
            mark = self._data.find(b"\n!")
            if following > 0 and (mark < 0 or following < mark):
                self._data = self._data[following:]
                continue
            end = self._data.find(b"\n", mark + 1) + 1 if mark > 0 else 0
            if mark > 0 and not end and not chunk:
                end = len(self._data)
            if not end:
                if len(self._data) > self.LIMIT:
                    self._data = self._data[1:]
                    continue
                return
            yield self._data[:end]
            self._data = self._data[end:]
