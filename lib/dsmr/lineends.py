"""Gives files their line ends back: a telegram's CRC is over CR LF, and some programs turn that
into LF when they write it to a file."""

_HEADER = 14


class LineEnds:
    """Restores CR LF in telegrams whose first line ends in LF alone; leaves others as they are.

    Behind the header of an encrypted frame, see `dsmr.frames`, everything is left as it is.
    """

    def __init__(self):
        # None in a telegram's first line, whose end is to decide.
        self._restore = False
        self._last = b""
        self._encrypted = False
        # What has come last, as it came: a header may have begun in it.
        self._seen = b""

    def restored(self, chunk):
        """The next bytes of the stream, with their line ends restored."""
        if self._encrypted:
            return chunk
        seen = self._seen + chunk
        end = len(chunk)
        header = seen.find(b"\xdb\x08")
        while 0 <= header <= len(seen) - _HEADER:
            if seen[header + 10] == 0x82 and seen[header + 13] == 0x30:
                self._encrypted = True
                end = header + _HEADER - len(self._seen)
                break
            header = seen.find(b"\xdb\x08", header + 1)
        self._seen = seen[1 - _HEADER :]
        return self._restored(chunk[:end]) + chunk[end:]

    def _restored(self, chunk):
        parts = chunk.split(b"/")
        for number, part in enumerate(parts):
            if number:
                self._restore = None
                self._last = b"/"
            at = part.find(b"\n") if self._restore is None else -1
            if at >= 0:
                before = part[at - 1 : at] if at else self._last
                self._restore = before != b"\r"
            if self._restore:
                parts[number] = part.replace(b"\n", b"\r\n")
            self._last = part[-1:] or self._last
        return b"/".join(parts)
